"""How many messages went out in a span, by the policy that decided them."""

from __future__ import annotations

from datetime import datetime

from core.conditions import Frozen
from measure.outcomes.asking import Asked
from measure.queries import query


class Sent(Frozen):
    """One policy's messages; ``policy`` is None for messages that no policy decided."""

    policy: str | None
    messages: int
    """Less those that a provider did not take."""
    failed: int
    opened: int


def sent(asked: Asked, since: datetime, until: datetime) -> tuple[Sent, ...]:
    """Messages sent in ``[since, until)`` (naive UTC), most first."""
    fetched, _ = asked.fetch(
        query("outcomes/sent_messages", since=since, until=until), "messages of each policy"
    )
    names = ("policy", "messages", "failed", "opened")
    found = (Sent(**dict(zip(names, row, strict=True))) for row in fetched.rows)
    return tuple(sorted(found, key=lambda one: (-one.messages, one.policy or "")))
