"""Customer.io's reporting webhooks: one metric a request, signed with HMAC-SHA256."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, document, inner, moment, needed, read_each, text
from deliver.receipts.signatures import FORGED, hmac_sha256, is_one_of, why_off

SIGNATURE, TIMESTAMP = "x-cio-signature", "x-cio-timestamp"
KINDS: Mapping[str, Kind] = {
    "delivered": "delivered",
    "opened": "opened",
    "human_opened": "opened",
    "clicked": "clicked",
    "human_clicked": "clicked",
    "bounced": "bounced",
    "dropped": "bounced",
    "failed": "bounced",
    "undeliverable": "bounced",
    "spammed": "complained",
    "unsubscribed": "unsubscribed",
}
CHANNELS = {"email": "email", "push": "push", "sms": "sms", "in_app": "in_app"}


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether one of the signing keys signed the moment and the body."""
    signature, seconds = call.headers.get(SIGNATURE), call.headers.get(TIMESTAMP)
    if not signature or not seconds:
        return f"The request has no {SIGNATURE} or no {TIMESTAMP}."
    if off := why_off(seconds, call.now):
        return off
    expected = [hmac_sha256(one, b"v0:", seconds.encode(), b":", call.body) for one in secrets]
    return None if is_one_of(signature, expected) else FORGED


def read(call: Call) -> Read:
    """What its one metric says."""
    return read_each([document(call.body)], _facts)


def _facts(event: Mapping[str, Any]) -> Iterator[Fact]:
    kind = KINDS.get(needed(event, "metric"))
    if kind is None:
        return
    data = inner(event, "data")
    people = inner(event, "data", "identifiers")
    yield Fact(
        kind=kind,
        at=moment(event.get("timestamp")),
        told_by=needed(event, "event_id"),
        intent_id=text(data, "intent_id"),
        # A message that an event of ours triggered is known by that event.
        provider_id=text(data, "trigger_event_id", "delivery_id"),
        user_id=text(people, "id") or text(data, "customer_id"),
        channel=CHANNELS.get(text(event, "object_type") or "", "email"),
        reason=text(data, "failure_message", "reason") if kind == "bounced" else None,
    )
