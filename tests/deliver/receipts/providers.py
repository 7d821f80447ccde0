"""Every kind of provider, in its own words: requests that tell what became of a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from deliver.receipts.calls import Call, Read
from deliver.receipts.receivers import READERS, Receiver
from tests.deliver.receipts.senders import (
    PUBLIC_KEY,
    TOKEN,
    WEBHOOK_SECRET,
    Told,
    by_customerio,
    by_klaviyo,
    by_sendgrid,
    by_twilio,
    by_webhook,
    with_token,
)

NOW = datetime(2026, 3, 2, 12)
AT = datetime(2026, 3, 2, 11, 59)
SECONDS = int(AT.replace(tzinfo=UTC).timestamp())
URL = "https://pilot.example.com/v1/receipts/x?intent_id=i1"


class Provider(NamedTuple):
    """A kind of destination, and how it says that the message i1 was opened at AT."""

    kind: str
    secret: str
    opened: Callable[[datetime], Told]


def klaviyo_says(topic: str, properties: Mapping[str, Any], number: str = "e1") -> dict[str, Any]:
    told = {"timestamp": SECONDS, "event_properties": properties}
    payload = {"data": {"type": "event", "id": number, "attributes": told}}
    return {"topic": f"event:klaviyo.{topic}", "external_id": number, "payload": payload}


def customerio_says(metric: str, **data: Any) -> dict[str, Any]:
    about = {"object_type": "email", "metric": metric, "timestamp": SECONDS}
    return about | {"event_id": f"c-{metric}", "data": data}


def braze_says(name: str, **properties: Any) -> dict[str, Any]:
    user = {"user_id": "braze-1", "external_user_id": "u1"}
    about = {"event_type": f"users.messages.{name}", "id": f"b-{name}", "time": SECONDS}
    return about | {"user": user, "properties": properties}


def iterable_says(name: str, **data: Any) -> dict[str, Any]:
    created = {"createdAt": "2026-03-02 11:59:00 +00:00", "messageId": "m1"}
    return {"eventName": name, "email": "u1@example.com", "dataFields": created | data}


def onesignal_says(kind: str, **message: Any) -> dict[str, Any]:
    event = {"id": "o1", "kind": f"message.{kind}", "timestamp": SECONDS}
    return {"event": event, "message": {"id": "n1", **message}, "user": {"external_id": "u1"}}


INTENT = "6f147b2d-0000-5000-8000-5112ab3f1e04"


PROVIDERS = (
    Provider(
        "sendgrid",
        PUBLIC_KEY,
        lambda at: by_sendgrid(
            {"event": "open", "timestamp": SECONDS, "intent_id": "i1", "email": "u1@example.com"},
            at=at,
        ),
    ),
    Provider("twilio", TOKEN, lambda _: by_twilio(URL, MessageSid="SM1", MessageStatus="read")),
    Provider(
        "customerio",
        TOKEN,
        lambda at: by_customerio(customerio_says("opened", intent_id="i1"), at=at),
    ),
    Provider(
        "klaviyo",
        TOKEN,
        lambda at: by_klaviyo(klaviyo_says("opened_email", {"intent_id": "i1"}), at=at),
    ),
    Provider(
        "braze",
        TOKEN,
        lambda _: with_token(
            {"events": [braze_says("email.Open", message_extras={"intent_id": "i1"})]}
        ),
    ),
    Provider("iterable", TOKEN, lambda _: with_token(iterable_says("emailOpen", intent_id="i1"))),
    Provider(
        "onesignal",
        TOKEN,
        lambda _: with_token(onesignal_says("email.opened", name=f"weekly_nudge {INTENT}")),
    ),
    Provider(
        "webhook",
        WEBHOOK_SECRET,
        lambda at: by_webhook(
            {"type": "message.opened", "timestamp": AT.isoformat(), "data": {"intent_id": "i1"}},
            at=at,
        ),
    ),
)
EVERY = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.kind)


def receiver_by(provider: Provider, *more: str) -> Receiver:
    return Receiver(READERS[provider.kind], (*more, provider.secret))


def call_of(told: Told, *, now: datetime = NOW, url: str = URL) -> Call:
    return Call(url, told.headers, told.body, now)


def read_of(kind: str, told: Told) -> Read:
    return READERS[kind].read(call_of(told))
