"""OneSignal's event streams, whose body and headers the team writes; docs/receipts.md has them.

OneSignal signs nothing: a token of the team's own choosing stands in a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, document, inner, moment, needed, read_each, text
from deliver.receipts.signatures import why_not_shared

KINDS: Mapping[str, Kind] = {
    "received": "delivered",
    "delivered": "delivered",
    "opened": "opened",
    "impression": "opened",
    "page_displayed": "opened",
    "clicked": "clicked",
    "failed": "bounced",
    "bounced": "bounced",
    "suppressed": "bounced",
    "unsubscribed": "unsubscribed",
    "reported_as_spam": "complained",
}
_INTENT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHANNELS = {"push": "push", "email": "email", "sms": "sms", "iam": "in_app"}


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether it shows the token that the stream was given."""
    return why_not_shared(call, secrets)


def read(call: Call) -> Read:
    """What its one event says."""
    return read_each([document(call.body)], _facts)


def _facts(found: Mapping[str, Any]) -> Iterator[Fact]:
    event = inner(found, "event")
    _, medium, name = ("..." + needed(event, "kind")).rsplit(".", 2)
    kind = KINDS.get(name)
    if kind is None:
        return
    yield Fact(
        kind=kind,
        at=moment(event.get("timestamp")),
        told_by=needed(event, "id"),
        intent_id=_named(text(inner(found, "message"), "name")),
        provider_id=text(inner(found, "message"), "id"),
        user_id=text(inner(found, "user"), "external_id"),
        channel=CHANNELS.get(medium),
        reason=text(inner(event, "data"), "failure_reason") if kind == "bounced" else None,
    )


def _named(name: str | None) -> str | None:
    """The intent in the name that we gave the message: its last word."""
    last = (name or "").rpartition(" ")[2]
    return last if _INTENT.fullmatch(last) else None
