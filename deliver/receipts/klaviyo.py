"""Klaviyo's system webhooks: up to a thousand events a request, signed with HMAC-SHA256.

Klaviyo says whom an event is about and not which event of ours made it send: what tells of our
message are the properties that a flow's template hands on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, document, inner, moment, needed, read_each, text
from deliver.receipts.signatures import FORGED, hmac_sha256, is_one_of

SIGNATURE, TIMESTAMP = "klaviyo-signature", "klaviyo-timestamp"
KINDS: Mapping[str, Kind] = {
    "received_email": "delivered",
    "opened_email": "opened",
    "clicked_email": "clicked",
    "bounced_email": "bounced",
    "dropped_email": "bounced",
    "marked_email_as_spam": "complained",
    "unsubscribed_from_email_marketing": "unsubscribed",
    "clicked_sms": "clicked",
    "failed_to_deliver_sms": "bounced",
    "unsubscribed_from_sms_marketing": "unsubscribed",
    "received_push": "delivered",
    "opened_push": "opened",
    "bounced_push": "bounced",
}
_ADDRESS = ("Recipient Email Address", "$email", "email", "To Number")


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether one of the secrets signed the body and the moment, in this order."""
    signature, told_at = call.headers.get(SIGNATURE), call.headers.get(TIMESTAMP)
    if not signature or not told_at:
        return f"The request has no {SIGNATURE} or no {TIMESTAMP}."
    expected = [hmac_sha256(one, call.body, told_at.encode()) for one in secrets]
    return None if is_one_of(signature, expected) else FORGED


def read(call: Call) -> Read:
    """What its events say."""
    found = document(call.body)
    return read_each(found.get("data") if isinstance(found, dict) else None, _facts)


def _facts(event: Mapping[str, Any]) -> Iterator[Fact]:
    topic = needed(event, "topic").rpartition(".")[2]
    kind = KINDS.get(topic)
    if kind is None:
        return
    # The payload is that of "Get Event", whose document has its object under data.
    told = inner(event, "payload", "data", "attributes") or inner(event, "payload", "attributes")
    properties = inner(told, "event_properties") or inner(told, "properties")
    yield Fact(
        kind=kind,
        at=moment(told.get("timestamp") or told.get("datetime")),
        told_by=needed(event, "external_id"),
        intent_id=text(properties, "intent_id"),
        user_id=text(properties, "user_id"),
        address=text(properties, *_ADDRESS),
        channel=next((one for one in ("sms", "push") if one in topic), "email"),
        reason=text(properties, "Bounce Type", "Reason") if kind == "bounced" else None,
    )
