"""OneSignal: push, e-mail and SMS to one user a request, under a key that it remembers for 30 days.

The key is a UUID made of the intent's id, in the form of version 4, which is the only one that
every edition of its documentation takes. A message that is still going out can be taken back, by
the name that OneSignal gave it. In its documentation: requests, errors beside a 2xx, the key,
limits, taking back. Not there: whether another body under the same key is noticed (its clients say
that the first answer comes back), what status an app has that was disabled, and what is answered
about a message that was taken back before. That 400 means "already sent" is from its clients.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import AfterValidator

from core.conditions import Frozen
from deliver.answers import by_status, cancel_by_status, document, every, every_back, said
from deliver.chunks import Unfit, items, properties, theirs
from deliver.endpoints import Endpoint, Key, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptSecret
from deliver.wire import (
    CancelOutcome,
    CancelPlan,
    Capabilities,
    Handed,
    Outcome,
    Plan,
    Rate,
    Request,
    Response,
)

MOST_BYTES = 1_000_000
MOST_NAME = 80
"""Of an action's key in the name of a message, which also has the intent's id."""
RATES = {"messages": Rate(burst=150, per_second=150)}
CHANNELS = ("email", "push", "sms")
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
"""Of a message, in its answers: anything else would name something else in a URL."""


class OneSignal(Frozen):
    """Settings of a OneSignal app, and what is sent there."""

    kind: Literal["onesignal"] = "onesignal"
    url: Endpoint = "https://api.onesignal.com"
    app_id: str
    api_key: Key
    receipt_secret: ReceiptSecret | None = None
    """The token that event streams show when they tell what became of messages."""
    send: Literal["template", "message"] = "template"
    templates: Mapping[str, str] = {}
    """Our template or action → the id of the template there."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES
    """150 requests a second on free plans, 6,000 on paid ones; taking back counts too."""
    capabilities: ClassVar[Capabilities] = Capabilities(
        timedelta(days=30), per_item_errors="value", cancel=True
    )

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """One request a message: its text and its key are its own."""
        fit, refused = items(messages, self._notification, most_bytes=MOST_BYTES)
        requests = (
            Request(
                "POST",
                f"{self.url}/notifications?c={one.message.channel}",
                self._headers(),
                one.body,
                (one.message.intent_id,),
                "messages",
            )
            for one in fit
        )
        return Plan(tuple(requests), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status, then by ``id``: without one no message was made, whatever the status is."""
        if response.status == 404 or (response.status == 400 and "app_id" in said(response)):
            return every(request, "retry_after", f"No such app: {said(response)}", pauses=True)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        if not isinstance(answer, dict):
            return every(request, "ambiguous", "The answer is not JSON.")
        named, errors = answer.get("id"), answer.get("errors")
        if isinstance(errors, dict) and any(errors.values()):
            # The user is the only one of the request: what is said of anybody is said of them.
            return every(request, "rejected", f"OneSignal does not know the user: {errors!s:.300}")
        if isinstance(named, str) and named:
            return every(request, "accepted", provider_id=named)
        if errors or named == "":
            return every(request, "rejected", f"Nobody was reached: {errors!s:.300}")
        return every(request, "ambiguous", f"The answer names no message: {answer!s:.300}")

    def plan_cancel(self, messages: Sequence[Handed], *, now: datetime) -> CancelPlan:
        """One request a message, by OneSignal's name for it."""
        named = [one for one in messages if _NAME.fullmatch(one.provider_id or "")]
        why = "OneSignal's name for it is not known here: it cannot be asked for."
        refused = [
            CancelOutcome(one.intent_id, "too_late", why) for one in messages if one not in named
        ]
        return CancelPlan(tuple(map(self._cancel, named)), tuple(refused))

    def classify_cancel(
        self, request: Request, response: Response, *, now: datetime
    ) -> list[CancelOutcome]:
        """By status, then by ``success``; 400 says that it was sent already, 404 that it is gone.

        What is on its way to the user when it is stopped may arrive: a receipt tells then.
        """
        if response.status == 400 and "app_id" in said(response):
            return every_back(request, "uncertain", f"No such app: {said(response)}", pauses=True)
        failed = cancel_by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        if isinstance(answer, dict) and answer.get("success") in (True, "true"):
            return every_back(request, "taken_back")
        why = f"The answer does not say whether it was taken back: {answer!s:.300}"
        return every_back(request, "uncertain", why)

    def _cancel(self, one: Handed) -> Request:
        query = f"app_id={quote(self.app_id, safe='')}"
        url = f"{self.url}/notifications/{one.provider_id}?{query}"
        return Request("DELETE", url, self._headers(), b"", (one.intent_id,), "messages")

    def _notification(self, message: Message) -> Mapping[str, Any] | Unfit:
        if not message.user_id:
            return Unfit("The user has no id, by which OneSignal would know them.")
        if message.channel not in CHANNELS:
            return Unfit(
                f"OneSignal has no channel {message.channel}: it has {', '.join(CHANNELS)}."
            )
        content = self._content(message)
        if isinstance(content, Unfit):
            return content
        about = {"intent_id": message.intent_id, "decision_id": message.decision_id}
        return {
            "app_id": self.app_id,
            "include_aliases": {"external_id": [message.user_id]},
            "target_channel": message.channel,
            "idempotency_key": key_of(message.intent_id),
            "name": f"{message.action_key[:MOST_NAME]} {message.intent_id}".strip(),
            **content,
            **({"data": about} if message.channel == "push" else {}),
        }

    def _content(self, message: Message) -> Mapping[str, Any] | Unfit:
        if self.send == "template":
            template = theirs(message, self.templates)
            if isinstance(template, Unfit):
                return template
            return {"template_id": template, "custom_data": properties(message)}
        whole = f"{message.subject}\n{message.body}\n{message.html or ''}"
        if "{{" in whole or "{%" in whole:
            return Unfit("Its text has {{ or {%, which OneSignal would carry out: use a template.")
        if message.channel == "email":
            html = message.html or escape(message.body).replace("\n", "<br>\n")
            transactional = message.message_class == "transactional"
            mail = {"email_subject": message.subject, "email_body": html}
            return {**mail, "include_unsubscribed": transactional}
        text = {"contents": {"en": message.body}}
        return text if message.channel == "sms" else {**text, "headings": {"en": message.subject}}

    def _headers(self) -> Mapping[str, str]:
        return {
            "authorization": f"Key {self.api_key.get_secret_value()}",
            "content-type": "application/json",
        }


def key_of(intent_id: str) -> str:
    """The key of an intent: a UUID in the form of version 4, always the same."""
    digest = hashlib.sha256(intent_id.encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
