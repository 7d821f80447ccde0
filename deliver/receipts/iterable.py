"""Iterable's system webhooks: one event a request, with a token of the team's own choosing.

Iterable signs nothing and names no event: one is known by its message, kind and moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, document, inner, moment, needed, read_each, text
from deliver.receipts.signatures import why_not_shared

KINDS: Mapping[str, tuple[Kind, str]] = {
    "emaildelivered": ("delivered", "email"),
    "emailopen": ("opened", "email"),
    "emailclick": ("clicked", "email"),
    "emailbounce": ("bounced", "email"),
    "emailcomplaint": ("complained", "email"),
    "emailunsubscribe": ("unsubscribed", "email"),
    "smsdelivered": ("delivered", "sms"),
    "smsclick": ("clicked", "sms"),
    "smsbounce": ("bounced", "sms"),
    "pushopen": ("opened", "push"),
    "pushbounce": ("bounced", "push"),
    "inappopen": ("opened", "in_app"),
    "inappclick": ("clicked", "in_app"),
}


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether it shows the token that the webhook was given."""
    return why_not_shared(call, secrets)


def read(call: Call) -> Read:
    """What its one event says."""
    return read_each([document(call.body)], _facts)


def _facts(event: Mapping[str, Any]) -> Iterator[Fact]:
    name = needed(event, "eventName").lower()
    if name not in KINDS:
        return
    kind, channel = KINDS[name]
    data = inner(event, "dataFields")
    ours = inner(data, "metadata") or inner(data, "transactionalData") or inner(event, "metadata")
    user, address = text(event, "userId"), text(event, "email")
    at, sent = moment(data.get("createdAt")), text(data, "messageId")
    intent_id = text(data, "intent_id") or text(ours, "intent_id")
    who = intent_id or sent or user or address or needed(event, "userId", "email")
    yield Fact(
        kind=kind,
        at=at,
        told_by=f"{who}\n{at.isoformat()}",
        intent_id=intent_id,
        provider_id=sent,
        user_id=user,
        address=None if user else address,
        channel=channel,
        reason=text(data, "bounceMessage", "reason") if kind == "bounced" else None,
    )
