"""Braze: messages as API-triggered campaigns and Canvases, as custom events, or with text of ours.

Braze knows no keys, except for its transactional e-mail: there ``external_send_id`` is remembered
for 24 hours. Of two recipients with the same id or address in one request it drops one, so they
never share a request. What is in its documentation: recipients, errors, limits. What is not: the
status that a repeated ``external_send_id`` is answered with, so its words are looked for under any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from operator import attrgetter
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from core.conditions import Frozen
from deliver.answers import but_for, by_status, document, every, said
from deliver.chunks import (
    Item,
    Unfit,
    cut,
    framed,
    grouped,
    intent_ids,
    items,
    moment,
    properties,
    theirs,
)
from deliver.endpoints import Endpoint, Key, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptSecret
from deliver.wire import Capabilities, Outcome, Plan, Rate, Request, Response

MOST_RECIPIENTS = 50
MOST_EVENTS = 75
MOST_ITEM_BYTES = 50_000
MOST_BYTES = 4_000_000
_ROOM = 1_000
"""Bytes of a body that are not items."""
_HOURLY = Rate(burst=250, per_second=250_000 / 3600)
RATES = {"messages": _HOURLY, "track": Rate(burst=1_000, per_second=1_000)}
_PATHS = {"campaign": "/campaigns/trigger/send", "canvas": "/canvas/trigger/send"}
_REMEMBERED = "has been queued"
_SAME = (attrgetter("user_id"), attrgetter("address"))
"""By what Braze takes two recipients of a request for one."""


class Braze(Frozen):
    """Settings of a Braze workspace, and what is sent there."""

    kind: Literal["braze"] = "braze"
    url: Endpoint = "https://rest.iad-01.braze.com"
    """The REST endpoint of the instance."""
    api_key: Key
    receipt_secret: ReceiptSecret | None = None
    """The token that Currents shows when it tells what became of messages."""
    send: Literal["campaign", "canvas", "event", "message", "transactional"] = "campaign"
    templates: Mapping[str, str] = {}
    """Our template or action → the id of the campaign or Canvas."""
    canvas_properties: Literal["canvas_entry_properties", "context"] = "canvas_entry_properties"
    """What the Canvas calls the properties that it is entered with."""
    event_name: str = "pilothouse_message"
    most_events: int = Field(default=MOST_EVENTS, ge=1, le=MOST_EVENTS)
    """Events in one request; 50 on plans by monthly active users."""
    app_id: str = ""
    sender: str = ""
    """``Name <address>``, for e-mail with text of ours."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    @property
    def capabilities(self) -> Capabilities:
        """Keys for transactional e-mail, errors by index for events, neither for the rest."""
        if self.send == "transactional":
            return Capabilities(timedelta(hours=24))
        return Capabilities(None, "index" if self.send == "event" else "none")

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """Requests of up to 50 recipients or 75 events; one message each for the other ways."""

        def item(message: Message) -> Mapping[str, Any] | Unfit:
            if not message.user_id:
                return Unfit("The user has no id, by which Braze would know them.")
            return self._item(message, now)

        fit, refused = items(messages, item, most_bytes=MOST_ITEM_BYTES)
        return Plan(tuple(self._requests(fit)), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status, then by ``message``: anything but success is the failure of all."""
        if self.send == "transactional" and _REMEMBERED in said(response):
            return every(request, "accepted")
        if response.status == 404 and self.send != "transactional":
            return every(request, "retry_after", f"404: {said(response)}", pauses=True)
        answer = document(response)
        if response.status == 400 and self.send == "event" and isinstance(answer, dict):
            wrong = by_index(answer.get("errors"), "events", len(request.intent_ids))
            if wrong:
                return but_for(request, wrong)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        if not isinstance(answer, dict):
            return every(request, "ambiguous", "The answer is not JSON.")
        if self.send == "transactional":
            return _transactional(request, answer)
        return self._told(request, answer)

    def _item(self, message: Message, now: datetime) -> Mapping[str, Any] | Unfit:
        if self.send == "event":
            return self._event(message, now)
        if self.send == "message":
            return self._message(message)
        campaign = theirs(message, self.templates)
        if isinstance(campaign, Unfit):
            return campaign
        who, told = {"external_user_id": message.user_id}, properties(message)
        if self.send == "transactional":
            return {
                "external_send_id": message.intent_id,
                "trigger_properties": told,
                "recipient": who,
            }
        name = "trigger_properties" if self.send == "campaign" else self.canvas_properties
        return {**who, name: told, "send_to_existing_only": True}

    def _event(self, message: Message, now: datetime) -> Mapping[str, Any]:
        return {
            "external_id": message.user_id,
            "name": self.event_name,
            "time": f"{moment(message, now).isoformat()}Z",
            "properties": properties(message),
        }

    def _message(self, message: Message) -> Mapping[str, Any] | Unfit:
        content = self._content(message)
        if isinstance(content, Unfit):
            return content
        transactional = message.message_class == "transactional"
        return {
            "external_user_ids": [message.user_id],
            "recipient_subscription_state": "all" if transactional else "subscribed",
            "override_frequency_capping": transactional,
            "messages": content,
        }

    def _content(self, message: Message) -> Mapping[str, Any] | Unfit:
        subject, body = _verbatim(message.subject), _verbatim(message.body)
        html = _verbatim(message.html or escape(message.body).replace("\n", "<br>\n"))
        if subject is None or body is None or html is None:
            return Unfit("Its text has an {% endraw %}, which Braze would carry out.")
        told = {"intent_id": message.intent_id}
        if message.channel == "email":
            if not (self.app_id and self.sender):
                return Unfit("E-mail with text of ours needs app_id and sender in the settings.")
            mail = {"subject": subject, "body": html, "plaintext_body": body, "extras": told}
            return {"email": {"app_id": self.app_id, "from": self.sender, **mail}}
        if message.channel == "push":
            apple = {"alert": {"title": subject, "body": body}, "extra": told}
            android = {"title": subject, "alert": body, "extra": told}
            return {"apple_push": apple, "android_push": android}
        return Unfit(f"Text for {message.channel} cannot be sent: set send to campaign or canvas.")

    def _requests(self, fit: Sequence[Item]) -> Iterator[Request]:
        if self.send in _PATHS:
            for campaign, group in grouped(fit, lambda one: theirs(one, self.templates)):
                yield from self._triggers(campaign, group)
        elif self.send == "event":
            size = MOST_BYTES - _ROOM
            for chunk in cut(fit, count=self.most_events, size=size):
                yield self._post("/users/track", framed({}, "events", chunk), chunk, "track")
        else:
            for one in fit:
                yield self._post(self._path(one.message), one.body, [one], "messages")

    def _triggers(self, campaign: str, group: Sequence[Item]) -> Iterator[Request]:
        around = {f"{self.send}_id": campaign, "broadcast": False}
        size = MOST_BYTES - _ROOM
        for chunk in cut(group, count=MOST_RECIPIENTS, size=size, apart=_SAME):
            body = framed(around, "recipients", chunk)
            yield self._post(_PATHS[self.send], body, chunk, "messages")

    def _path(self, message: Message) -> str:
        if self.send == "message":
            return "/messages/send"
        campaign = quote(str(theirs(message, self.templates)), safe="")
        return f"/transactional/v1/campaigns/{campaign}/send"

    def _post(self, path: str, body: bytes, chunk: Sequence[Item], limit: str) -> Request:
        headers = {
            "authorization": f"Bearer {self.api_key.get_secret_value()}",
            "content-type": "application/json",
        }
        return Request("POST", f"{self.url}{path}", headers, body, intent_ids(chunk), limit)

    def _told(self, request: Request, answer: Mapping[str, Any]) -> list[Outcome]:
        message, errors = answer.get("message"), answer.get("errors") or []
        named = answer.get("dispatch_id")
        dispatch = named if isinstance(named, str) else None
        if not isinstance(message, str):
            return every(request, "ambiguous", "The answer does not say whether it succeeded.")
        if message not in ("success", "queued"):
            return every(request, "rejected", f"{message}: {errors!s:.300}")
        many = len(request.intent_ids)
        wrong = by_index(errors, "events", many) if self.send == "event" else None
        if errors and not wrong:
            return every(request, "ambiguous", f"Taken, with errors: {errors!s:.300}")
        return [
            Outcome(one, "rejected", wrong[place])
            if wrong and place in wrong
            else Outcome(one, "accepted", provider_id=dispatch)
            for place, one in enumerate(request.intent_ids)
        ]


def _transactional(request: Request, answer: Mapping[str, Any]) -> list[Outcome]:
    dispatch = answer.get("dispatch_id")
    if isinstance(dispatch, str):
        return every(request, "accepted", provider_id=dispatch)
    return every(request, "ambiguous", f"The answer names no send: {answer!s:.300}")


def by_index(errors: Any, array: str, many: int) -> dict[int, str] | None:
    """Place in an array of the request → what is wrong; None where an error names no place."""
    found: dict[int, str] = {}
    for one in errors if isinstance(errors, list) else [errors]:
        if not isinstance(one, dict) or one.get("input_array") != array:
            return None
        place = one.get("index")
        if not isinstance(place, int) or not 0 <= place < many:
            return None
        found.setdefault(place, str(one.get("type") or "Braze does not say why."))
    return found


def _verbatim(text: str) -> str | None:
    """Text that Braze shows as it is instead of carrying out its Liquid; None if it cannot."""
    if "{{" not in text and "{%" not in text:
        return text
    return None if "endraw" in text else f"{{% raw %}}{text}{{% endraw %}}"
