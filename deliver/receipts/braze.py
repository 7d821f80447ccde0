"""Braze Currents over HTTP: batches of events, with a token of the team's own choosing.

Braze signs nothing. A dispatch may be of up to fifty users, so a message is known by its dispatch
and its user together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import (
    Call,
    Read,
    Unreadable,
    document,
    inner,
    moment,
    needed,
    read_each,
    text,
)
from deliver.receipts.signatures import why_not_shared

CHANNELS = {
    "email": "email",
    "sms": "sms",
    "pushnotification": "push",
    "inappmessage": "in_app",
    "contentcard": "in_app",
}
KINDS: Mapping[str, Kind] = {
    "Delivery": "delivered",
    "Impression": "opened",
    "Open": "opened",
    "Read": "opened",
    "Click": "clicked",
    "ShortLinkClick": "clicked",
    "Bounce": "bounced",
    "DeliveryFailure": "bounced",
    "Rejection": "bounced",
    "Failure": "bounced",
    "MarkAsSpam": "complained",
    "Unsubscribe": "unsubscribed",
}
"""A soft bounce is tried again by Braze, and none of ours."""


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether it shows the token that Currents was given."""
    return why_not_shared(call, secrets)


def read(call: Call) -> Read:
    """What its events say."""
    found = document(call.body)
    return read_each(found.get("events") if isinstance(found, dict) else None, _facts)


def _facts(event: Mapping[str, Any]) -> Iterator[Fact]:
    _, _, rest = needed(event, "event_type").partition("users.messages.")
    medium, _, name = rest.partition(".")
    kind = KINDS.get(name)
    if kind is None:
        return
    # Fields stand in objects of their own over HTTP, and side by side in files.
    told = {**event, **inner(event, "user"), **inner(event, "properties")}
    yield Fact(
        kind=kind,
        at=moment(event.get("time") or told.get("time")),
        told_by=needed(event, "id"),
        intent_id=text(_extras(told), "intent_id"),
        provider_id=text(told, "dispatch_id"),
        user_id=text(told, "external_user_id"),
        channel=CHANNELS.get(medium),
        reason=text(told, "bounce_reason", "error", "reason") if kind == "bounced" else None,
    )


def _extras(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the message's template hands on: an object, or one written as a text."""
    extras = told.get("message_extras")
    if isinstance(extras, str):
        try:
            extras = document(extras.encode())
        except Unreadable:
            return {}
    return extras if isinstance(extras, dict) else {}
