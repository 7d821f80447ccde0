"""The receiver of a webhook tells what became of its messages, signed as Standard Webhooks says.

``{"type": "message.delivered", "timestamp": …, "data": {"intent_id": …}}``; ``data`` may be a list,
whose items may have a ``kind``, an ``at`` and an ``id`` of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, get_args

from control.receipts import Fact, Kind
from deliver import signing
from deliver.receipts.calls import (
    Call,
    Read,
    Unreadable,
    document,
    moment,
    needed,
    read_each,
    text,
)

KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether one of the secrets signed it, a few minutes ago at most."""
    return signing.why_not_genuine(call.headers, call.body, secrets, now=call.now)


def read(call: Call) -> Read:
    """What its items say."""
    found = document(call.body)
    if not isinstance(found, dict):
        raise Unreadable("It is no object.")
    data = found.get("data")
    items = [data] if isinstance(data, dict) else data
    return read_each(items, partial(_facts, found))


def _facts(whole: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[Fact]:
    named = text(item, "kind") or needed(whole, "type").rpartition(".")[2]
    kind = KINDS.get(named)
    if kind is None:
        return
    at = moment(item.get("at") or whole.get("timestamp"))
    intent_id, user = text(item, "intent_id"), text(item, "user_id")
    who = intent_id or user or needed(item, "intent_id", "user_id")
    yield Fact(
        kind=kind,
        at=at,
        told_by=text(item, "id") or f"{who}\n{at.isoformat()}",
        intent_id=intent_id,
        user_id=user,
        channel=text(item, "channel"),
        reason=text(item, "reason") if kind == "bounced" else None,
    )
