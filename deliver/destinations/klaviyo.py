"""Klaviyo: each message is an event of a profile, which starts a flow there.

``unique_id`` is the key: of events of one profile and metric that share it, the first one counts.
For how long is not documented. One event goes alone, several as a bulk job; both are taken (202)
before they are processed. An event says nothing of the sending itself: that is the flow's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from core.conditions import Frozen
from deliver.answers import but_for, by_status, document, every
from deliver.chunks import (
    Item,
    Unfit,
    cut,
    encoded,
    framed,
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

MOST_EVENTS = 1_000
MOST_BYTES = 5_000_000
MOST_ITEM_BYTES = 500_000
MOST_TEXT_BYTES = 100_000
MOST_PROPERTIES = 400
RATES = {
    "events": Rate(burst=350, per_second=(3_500 - 350) / 60),
    "bulk": Rate(burst=10, per_second=(150 - 10) / 60),
}
"""Windows of a second and of a minute: a full burst and a minute at this speed fit into both."""
_ROOM = 1_000
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_PLACE = re.compile(r"/data/attributes/events-bulk-create/data/([0-9]{1,4})(?:/|$)", re.ASCII)


class Klaviyo(Frozen):
    """Settings of a Klaviyo account, and what is sent there."""

    kind: Literal["klaviyo"] = "klaviyo"
    url: Endpoint = "https://a.klaviyo.com"
    api_key: Key
    """A private key with the scope ``events:write``."""
    receipt_secret: ReceiptSecret | None = None
    """The secret of system webhooks, which tell what became of messages."""
    revision: str = Field(default="2026-04-15", pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The version of the API; Klaviyo retires one after two years."""
    metric: str = Field(default="Pilothouse message", min_length=1, max_length=127)
    """The event's name, by which a flow is started."""
    templates: Mapping[str, Annotated[str, Field(min_length=1, max_length=127)]] = {}
    """Our template or action → a metric of its own."""
    identify_by: Literal["address", "user_id"] = "address"
    """Whether a profile is known by its e-mail address or phone number, or by ``external_id``."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    capabilities: ClassVar[Capabilities] = Capabilities(remembers_key=timedelta(days=7))

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """Bulk jobs of up to 1,000 events; an event that is alone goes by itself."""
        fit, refused = items(messages, lambda one: self._item(one, now), most_bytes=MOST_ITEM_BYTES)
        chunks = cut(fit, count=MOST_EVENTS, size=MOST_BYTES - _ROOM)
        return Plan(tuple(self._request(chunk, now) for chunk in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """202 is taken; a refusal counts for the events that it points at."""
        if response.status == 400:
            wrong = _by_place(response, len(request.intent_ids))
            if wrong:
                return but_for(request, wrong)
        if response.status == 404:
            return every(request, "retry_after", f"404: there is no {request.url}.", pauses=True)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        if response.status != 202:
            return every(request, "ambiguous", f"Klaviyo answered {response.status}, not 202.")
        return every(request, "accepted")

    def _item(self, message: Message, now: datetime) -> Mapping[str, Any] | Unfit:
        profile = self._profile(message)
        if isinstance(profile, Unfit):
            return profile
        event = self._event(message, now)
        if len(event["properties"]) > MOST_PROPERTIES:
            return Unfit(f"Klaviyo takes {MOST_PROPERTIES} properties at most.")
        if any(_is_too_long(one) for one in event["properties"].values()):
            return Unfit(f"Klaviyo takes {MOST_TEXT_BYTES:,} bytes of text in a property at most.")
        attributes = {"profile": profile, "events": {"data": [_typed("event", event)]}}
        return _typed("event-bulk-create", attributes)

    def _event(self, message: Message, now: datetime) -> dict[str, Any]:
        metric = theirs(message, self.templates)
        name = metric if isinstance(metric, str) else self.metric
        return {
            "metric": {"data": _typed("metric", {"name": name})},
            "properties": properties(message),
            "time": f"{moment(message, now).isoformat(timespec='seconds')}+00:00",
            "unique_id": message.intent_id,
        }

    def _profile(self, message: Message) -> Mapping[str, Any] | Unfit:
        if not message.user_id:
            return Unfit("The user has no id.")
        if self.identify_by == "user_id":
            known = {"external_id": message.user_id}
        elif "@" in message.address:
            known = {"email": message.address}
        elif _PHONE.fullmatch(message.address):
            known = {"phone_number": message.address}
        else:
            return Unfit(
                "The address is no e-mail address and no phone number such as +15551234567; "
                "with identify_by = 'user_id' it need not be."
            )
        return {"data": _typed("profile", known)}

    def _request(self, chunk: Sequence[Item], now: datetime) -> Request:
        if len(chunk) == 1:
            message = chunk[0].message
            event = {**self._event(message, now), "profile": self._profile(message)}
            body = encoded({"data": _typed("event", event)})
            return self._post("/api/events", body, chunk, "events")
        jobs = framed({}, "data", chunk)
        body = b'{"data":{"attributes":{"events-bulk-create":' + jobs
        return self._post(
            "/api/event-bulk-create-jobs",
            body + b'},"type":"event-bulk-create-job"}}',
            chunk,
            "bulk",
        )

    def _post(self, path: str, body: bytes, chunk: Sequence[Item], limit: str) -> Request:
        headers = {
            "authorization": f"Klaviyo-API-Key {self.api_key.get_secret_value()}",
            "revision": self.revision,
            "content-type": "application/vnd.api+json",
            "accept": "application/vnd.api+json",
        }
        return Request("POST", f"{self.url}{path}", headers, body, intent_ids(chunk), limit)


def _typed(kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "attributes": attributes}


def _is_too_long(value: object) -> bool:
    return isinstance(value, str) and len(value.encode("utf-8", "replace")) > MOST_TEXT_BYTES


def _by_place(response: Response, many: int) -> dict[int, str]:
    """Place in the request → what is wrong there; empty where an error is about all of it."""
    answer = document(response)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    found: dict[int, str] = {}
    for one in errors if isinstance(errors, list) else []:
        source = one.get("source") if isinstance(one, dict) else None
        place = _PLACE.match(str(source.get("pointer"))) if isinstance(source, dict) else None
        if place is None or int(place[1]) >= many:
            return {}
        found.setdefault(int(place[1]), str(one.get("detail") or one.get("title")))
    return found
