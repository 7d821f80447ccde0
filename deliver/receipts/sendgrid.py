"""SendGrid's event webhook: a JSON list of events, signed with ECDSA.

Its own ``sg_event_id`` differs between two deliveries of one event, so an event is known by its
message, kind and moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, document, moment, needed, read_each, text
from deliver.receipts.signatures import FORGED, is_signed, public_key, why_off

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
KINDS: Mapping[str, tuple[Kind, ...]] = {
    "delivered": ("delivered",),
    "open": ("opened",),
    "click": ("clicked",),
    "bounce": ("bounced",),
    "dropped": ("bounced",),
    "spamreport": ("complained",),
    "unsubscribe": ("unsubscribed",),
    "group_unsubscribe": ("unsubscribed",),
}
_DROPPED: Mapping[str, Kind] = {
    "Unsubscribed Address": "unsubscribed",
    "Spam Reporting Address": "complained",
}
"""Why a message was not sent at all, where somebody had said no before."""


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether it is signed with a private key whose public key is one of ``secrets``."""
    signature, seconds = call.headers.get(SIGNATURE), call.headers.get(TIMESTAMP)
    if not signature or not seconds:
        return f"The request has no {SIGNATURE} or no {TIMESTAMP}."
    if off := why_off(seconds, call.now):
        return off
    signed = seconds.encode() + call.body
    keys = (public_key(one) for one in secrets)
    return None if any(is_signed(key, signature, signed) for key in keys) else FORGED


def read(call: Call) -> Read:
    """What its events say."""
    return read_each(document(call.body), _facts)


def _facts(event: Mapping[str, Any]) -> Iterator[Fact]:
    name = needed(event, "event")
    kinds = KINDS.get(name, ())
    # A mail program that loads every image by itself is nobody who reads.
    if not kinds or (name == "open" and event.get("sg_machine_open") is True):
        return
    intent_id, sent = text(event, "intent_id"), text(event, "sg_message_id")
    at, reason = moment(event.get("timestamp")), text(event, "reason", "response")
    also = _DROPPED.get(reason or "")
    for kind in (*kinds, *([also] if also else [])):
        message = intent_id or sent or needed(event, "email")
        yield Fact(
            kind=kind,
            at=at,
            told_by=f"{message}\n{at.isoformat()}",
            intent_id=intent_id,
            # What follows the first full stop is SendGrid's own way, not part of the id it gave.
            provider_id=sent.partition(".")[0] if sent else None,
            address=None if intent_id else text(event, "email"),
            channel="email",
            reason=reason if kind == "bounced" else None,
        )
