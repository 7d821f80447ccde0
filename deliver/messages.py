"""What a destination is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable


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
    action_key: str = ""
    policy_key: str = ""
    message_class: str = "marketing"
    decided_at: datetime = datetime.min
    """Naive UTC; what a provider is told the message's moment is."""
    template: str | None = None
    """Key of the template it was rendered from; None: the rule has the text itself."""
    variables: Mapping[str, str | int | float | bool] = {}
    """The template's variables for this user, for providers that render by themselves."""
    html: str | None = None
    """The body once more as HTML, where the template has one."""


class Receipt(NamedTuple):
    """What the destination said about one message."""

    intent_id: str
    outcome: Literal["accepted", "rejected"]
    reason: str | None = None


@runtime_checkable
class Destination(Protocol):
    """Takes messages on this machine. The same intent twice must be one message."""

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        """Hand over messages; one receipt each, in the same order."""
        ...

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        """Which of these intents it has taken already."""
        ...
