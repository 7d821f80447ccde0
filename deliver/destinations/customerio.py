"""Customer.io: messages as events that trigger its campaigns, or as transactional messages.

Events carry a ULID by which Customer.io drops repetitions; transactional messages know no keys.
In its documentation: requests, sizes, the ULID, errors by index under 207, 100 requests a second.
Not there: for how long a ULID is remembered (counted on for a day), and which headers a 429 has.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, SecretStr, model_validator
from ulid import ULID

from core.conditions import Frozen
from deliver.answers import by_status, document, every
from deliver.chunks import Unfit, cut, framed, intent_ids, items, moment, properties, theirs
from deliver.endpoints import Endpoint, Key, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptSecret
from deliver.wire import Capabilities, Outcome, Plan, Rate, Request, Response

MOST_EVENTS = 1_000
MOST_EVENT_BYTES = 32_000
MOST_BATCH_BYTES = 500_000
MOST_MESSAGE_BYTES = 1_000_000
_ROOM = 100
_NUMBER = re.compile("[0-9]{1,18}")
RATES = {"track": Rate(burst=100, per_second=100), "send": Rate(burst=100, per_second=100)}
PATHS = {"email": "/v1/send/email", "push": "/v1/send/push", "sms": "/v1/send/sms"}
STEERING = frozenset({"recipient", "from_address", "reply_to"})
"""Names among an event's attributes by which Customer.io changes whom a message is from and to."""


class CustomerIo(Frozen):
    """Settings of a Customer.io workspace, and what is sent there."""

    kind: Literal["customerio"] = "customerio"
    url: Endpoint = "https://track.customer.io"
    """Of the Track API; ``track-eu`` for workspaces in the EU."""
    app_url: Endpoint = "https://api.customer.io"
    """Of the App API; ``api-eu`` for workspaces in the EU."""
    site_id: str = ""
    api_key: Key = SecretStr("")
    """Of the Track API, for events."""
    app_key: Key = SecretStr("")
    """Of the App API, for transactional messages."""
    receipt_secret: ReceiptSecret | None = None
    """The signing key of reporting webhooks, which tell what became of messages."""
    send: Literal["event", "transactional"] = "event"
    event_name: str = "pilothouse_message"
    templates: Mapping[str, str] = {}
    """Our template or action → the id of the transactional message."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    @model_validator(mode="after")
    def _has_credentials(self) -> CustomerIo:
        if self.send == "event" and not (self.site_id and self.api_key.get_secret_value()):
            raise ValueError("send = event needs site_id and api_key, those of the Track API")
        if self.send == "transactional" and not self.app_key.get_secret_value():
            raise ValueError("send = transactional needs app_key, that of the App API")
        return self

    @property
    def capabilities(self) -> Capabilities:
        """Keys and errors by index for events; neither for transactional messages."""
        if self.send == "event":
            return Capabilities(timedelta(hours=24), "index")
        return Capabilities(None)

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """Batches of events of up to 500 KB, or one request a message."""
        return self._events(messages, now) if self.send == "event" else self._sends(messages)

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status; 207 names the events that were not taken by their place."""
        if self.send == "event" and response.status == 404:
            return every(request, "retry_after", f"There is no {request.url}.", pauses=True)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        if self.send == "transactional":
            return _sent(request, document(response))
        wrong = not_taken(request, response)
        return _taken(request, wrong) if wrong is not None else _open(request)

    def _events(self, messages: Sequence[Message], now: datetime) -> Plan:
        def event(message: Message) -> Mapping[str, Any] | Unfit:
            return self._event(message, moment(message, now))

        fit, refused = items(messages, event, most_bytes=MOST_EVENT_BYTES)
        chunks = cut(fit, count=MOST_EVENTS, size=MOST_BATCH_BYTES - _ROOM)
        basic = base64.b64encode(f"{self.site_id}:{self.api_key.get_secret_value()}".encode())
        headers = _headers(f"Basic {basic.decode()}")
        url = f"{self.url}/api/v2/batch"
        requests = (
            Request("POST", url, headers, framed({}, "batch", one), intent_ids(one), "track")
            for one in chunks
        )
        return Plan(tuple(requests), tuple(refused))

    def _event(self, message: Message, at: datetime) -> Mapping[str, Any] | Unfit:
        if not message.user_id:
            return Unfit("The user has no id, by which Customer.io would know them.")
        steering = sorted(STEERING & message.variables.keys())
        if steering:
            return Unfit(f"Its variable {steering[0]} would change whom the message is from or to.")
        return {
            "type": "person",
            "action": "event",
            "identifiers": {"id": message.user_id},
            "name": self.event_name,
            "id": key_of(message.intent_id, at),
            "timestamp": int(at.replace(tzinfo=UTC).timestamp()),
            "attributes": properties(message),
        }

    def _sends(self, messages: Sequence[Message]) -> Plan:
        fit, refused = items(messages, self._send, most_bytes=MOST_MESSAGE_BYTES)
        headers = _headers(f"Bearer {self.app_key.get_secret_value()}")
        requests = (
            Request("POST", url, headers, one.body, (one.message.intent_id,), "send")
            for one in fit
            for url in [f"{self.app_url}{PATHS[one.message.channel]}"]
        )
        return Plan(tuple(requests), tuple(refused))

    def _send(self, message: Message) -> Mapping[str, Any] | Unfit:
        template = theirs(message, self.templates)
        if isinstance(template, Unfit):
            return template
        if message.channel not in PATHS:
            return Unfit(
                f"Customer.io sends no {message.channel} message: it sends {', '.join(PATHS)}."
            )
        if not message.user_id:
            return Unfit("The user has no id, by which Customer.io would know them.")
        if not message.address and message.channel != "push":
            return Unfit("The user has no address.")
        to = {} if message.channel == "push" else {"to": message.address}
        return {
            **to,
            "transactional_message_id": int(template) if _NUMBER.fullmatch(template) else template,
            "identifiers": {"id": message.user_id},
            "message_data": properties(message),
            "send_to_unsubscribed": message.message_class == "transactional",
        }


def key_of(intent_id: str, at: datetime) -> str:
    """The ULID of an intent: of its day (naive UTC) and of its id, always the same."""
    day = datetime(at.year, at.month, at.day, tzinfo=UTC)
    milliseconds = max(int(day.timestamp()) * 1000, 0)
    return str(
        ULID.from_bytes(
            milliseconds.to_bytes(6, "big") + hashlib.sha256(intent_id.encode()).digest()[:10]
        )
    )


def _headers(authorization: str) -> Mapping[str, str]:
    return {"authorization": authorization, "content-type": "application/json"}


def _sent(request: Request, answer: Any) -> list[Outcome]:
    delivery = answer.get("delivery_id") if isinstance(answer, dict) else None
    if isinstance(delivery, str) and delivery:
        return every(request, "accepted", provider_id=delivery)
    return every(request, "ambiguous", f"The answer names no delivery: {answer!s:.300}")


def _open(request: Request) -> list[Outcome]:
    return every(request, "ambiguous", "Some events were not taken, and nobody can tell which.")


def not_taken(request: Request, response: Response) -> dict[int, str] | None:
    """Place in a batch → why it was not taken; None where the answer does not say which."""
    answer = document(response)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not errors:
        return None if response.status == 207 else {}
    wrong: dict[int, str] = {}
    for one in errors if isinstance(errors, list) else [errors]:
        if not isinstance(one, dict):
            return None
        place = one.get("batch_index")
        if not isinstance(place, int) or not 0 <= place < len(request.intent_ids):
            return None
        said = (one.get("reason"), one.get("field"), one.get("message"))
        why = ": ".join(str(part) for part in said if part)
        wrong.setdefault(place, why or "Customer.io does not say why.")
    return wrong


def _taken(request: Request, wrong: Mapping[int, str]) -> list[Outcome]:
    # By the event that triggered a message it can be found from outside.
    events = json.loads(request.body)["batch"]
    return [
        Outcome(one, "rejected", wrong[place])
        if place in wrong
        else Outcome(one, "accepted", provider_id=events[place]["id"])
        for place, one in enumerate(request.intent_ids)
    ]
