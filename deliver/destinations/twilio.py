"""Twilio: one SMS a request.

Twilio knows no keys: a request that is made again is a second message, so after a lost answer
nobody can tell. Its list of messages has neither the intent nor the callback address in it, and
two messages may have the same text: it is no way to look one up.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote, urlencode, urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from core.conditions import Frozen
from deliver.answers import by_status, document, every
from deliver.chunks import Unfit, encoded, theirs
from deliver.endpoints import Endpoint, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptSecret
from deliver.wire import Capabilities, Outcome, Plan, Rate, Request, Response

MOST_CHARACTERS = 1_600
OPTED_OUT = 21610
QUEUE_FULL = 21611
SENDER_UNUSABLE = frozenset({20404, 21212, 21603, 21660, 21701, 21704})
"""The account, the number or the Messaging Service cannot send, whoever the message is to."""
RATES = {"messages": Rate(burst=20, per_second=20)}
"""Not documented as a number: 429 is about requests side by side, and each sender has a queue."""
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9]{2,64}", re.ASCII)
_CAME_TO_NOTHING = frozenset({"failed", "undelivered", "canceled"})


def _hostname(url: str) -> str:
    if "_" in (urlsplit(url).hostname or ""):
        raise ValueError("must have a host without _: Twilio does not call others")
    return url


class Twilio(Frozen):
    """Settings of a Twilio account, and what is sent there."""

    kind: Literal["twilio"] = "twilio"
    url: Endpoint = "https://api.twilio.com"
    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr
    """The account's token, or the secret of ``api_key_sid``."""
    api_key_sid: str | None = Field(default=None, pattern=r"^SK[0-9a-fA-F]{32}$")
    messaging_service_sid: str | None = Field(default=None, pattern=r"^MG[0-9a-fA-F]{32}$")
    sender: str | None = Field(default=None, min_length=1)
    """A number of the account, a short code or a name; or else a Messaging Service."""
    status_callback: Annotated[Endpoint, AfterValidator(_hostname)] | None = None
    """Where Twilio reports what became of a message; ``intent_id`` is added to it."""
    receipt_secret: ReceiptSecret | None = None
    """The account's token, with which Twilio signs reports, where ``auth_token`` is another one."""
    validity_seconds: int = Field(default=14_400, ge=1, le=36_000)
    """A message that still waits in Twilio's queue after that is not sent."""
    templates: Mapping[str, str] = {}
    """Our template or action → the id (``HX…``) of a content template; else the text is ours."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    capabilities: ClassVar[Capabilities] = Capabilities(remembers_key=None)

    @model_validator(mode="after")
    def _has_one_sender(self) -> Self:
        if (self.sender is None) == (self.messaging_service_sid is None):
            raise ValueError("needs a sender or a messaging_service_sid, and not both")
        return self

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """One request a message."""
        requests: list[Request] = []
        refused: list[Outcome] = []
        for message in messages:
            content = self._content(message)
            if isinstance(content, Unfit):
                refused.append(Outcome(message.intent_id, "rejected", content.reason))
            else:
                requests.append(self._request(message, content))
        return Plan(tuple(requests), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By Twilio's code where the recipient or the sender is meant, else by status."""
        told = document(response)
        answer = told if isinstance(told, dict) else {}
        if 400 <= response.status < 500:
            by_code = _by_code(request, answer)
            return by_code or by_status(request, response, now=now) or []
        return by_status(request, response, now=now) or _taken(request, answer)

    def _content(self, message: Message) -> Mapping[str, str] | Unfit:
        if not _PHONE.fullmatch(message.address):
            return Unfit("The address is not a phone number such as +15551234567.")
        template = theirs(message, self.templates)
        try:
            if isinstance(template, str):
                variables = encoded({**message.variables}).decode()
                return {"ContentSid": template, "ContentVariables": variables}
            message.body.encode()
        except ValueError as error:
            return Unfit(f"It cannot be written: {error}.")
        if not message.body.strip():
            return Unfit("The message has no text.")
        if len(message.body) > MOST_CHARACTERS:
            return Unfit(
                f"The text has {len(message.body):,} characters; "
                f"Twilio takes {MOST_CHARACTERS:,} at most."
            )
        return {"Body": message.body}

    def _request(self, message: Message, content: Mapping[str, str]) -> Request:
        form = {**content, "To": message.address, "ValidityPeriod": str(self.validity_seconds)}
        if self.messaging_service_sid:
            form["MessagingServiceSid"] = self.messaging_service_sid
        else:
            form["From"] = str(self.sender)
        if self.status_callback:
            intent = quote(message.intent_id, safe="")
            form["StatusCallback"] = f"{self.status_callback}?intent_id={intent}"
        body = urlencode(sorted(form.items())).encode()
        return Request(
            "POST",
            f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages.json",
            self._headers(),
            body,
            (message.intent_id,),
            "messages",
        )

    def _headers(self) -> Mapping[str, str]:
        user = self.api_key_sid or self.account_sid
        credentials = b64encode(f"{user}:{self.auth_token.get_secret_value()}".encode()).decode()
        return {
            "authorization": f"Basic {credentials}",
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }


def _by_code(request: Request, answer: Mapping[str, Any]) -> list[Outcome] | None:
    code, why = answer.get("code"), f"{answer.get('code')}: {answer.get('message')}"
    if code == OPTED_OUT:
        return [one._replace(opted_out=True) for one in every(request, "rejected", why)]
    if code == QUEUE_FULL:
        return every(request, "retry_after", why)
    if isinstance(code, int) and code in SENDER_UNUSABLE:
        return every(request, "retry_after", why, pauses=True)
    return None


def _taken(request: Request, answer: Mapping[str, Any]) -> list[Outcome]:
    sid = answer.get("sid")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        return every(request, "ambiguous", "The answer names no message.")
    if str(answer.get("status")) not in _CAME_TO_NOTHING:
        return every(request, "accepted", provider_id=sid)
    code = answer.get("error_code")
    why = f"{answer.get('status')}: {code} {answer.get('error_message')}"
    outcomes = every(request, "rejected", why, provider_id=sid)
    return [one._replace(opted_out=str(code) == str(OPTED_OUT)) for one in outcomes]
