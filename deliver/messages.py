"""What a destination is given and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol


class Message(NamedTuple):
    """One message to one user. ``intent_id`` is the idempotency key."""

    intent_id: str
    decision_id: str
    trace_id: str
    user_id: str
    channel: str
    address: str
    subject: str
    body: str


class Receipt(NamedTuple):
    """What the destination said about one message."""

    intent_id: str
    outcome: Literal["accepted", "rejected"]
    reason: str | None = None


class Destination(Protocol):
    """Takes messages. The same intent twice must be one message."""

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        """Hand over messages; one receipt each, in the same order."""
        ...

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        """Which of these intents it has taken already."""
        ...
