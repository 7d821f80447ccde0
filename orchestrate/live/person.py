"""What is known of one user: all that a decision reads, as plain values. Moments are
microseconds since 1970 (naive UTC)."""

from __future__ import annotations

from typing import NamedTuple

from core.evaluate import UserState


class Message(NamedTuple):
    """A message that the user got, or should have."""

    decision_id: str | None
    action: str
    channel: str
    sent: int | None
    delivered: int | None
    opened: int | None
    clicked: int | None
    failed: bool


class Past(NamedTuple):
    """A decision that selected a message for the user, or would have for a ghost."""

    by: str
    """The id under which it was made: the user's, or one that was merged into it."""
    decision_id: str
    decided: int
    policy: str
    action: str
    channel: str
    ghost: bool
    at: int
    """From when it takes a place under the caps."""
    terms: str | None
    """Of the offer that it brought."""
    offer_from: int | None
    offer_until: int | None
    sent: bool = False
    """Its message is among the messages, and takes the place."""


class Person:
    """One user. Only what the user does and what is decided for the user changes it."""

    __slots__ = (
        "address", "consent", "drawn", "former", "held_out", "last", "messages",
        "past", "read_at", "routed", "scores", "state", "user", "zone",
    )  # fmt: skip

    def __init__(self, user: str, state: UserState, read_at: int) -> None:
        self.user = user
        self.state = state
        """What conditions read."""
        self.read_at = read_at
        """The moment for which it was read."""
        self.last = read_at
        """The last moment for which it holds as it was read, if nothing is written."""
        self.former: list[str] = []
        """Ids that were merged into this one: what they were sent counts, too."""
        self.zone = ""
        self.address: dict[str, bool] = {}
        """Channel that needs an address → whether there is one."""
        self.consent: dict[tuple[str, str], int] = {}
        """(purpose, channel) → what the user said; nothing is not in it."""
        self.scores: dict[str, float] = {}
        """Trait → value; NaN where there is none that can be compared."""
        self.held_out = False
        """The global holdout."""
        self.messages: list[Message] = []
        self.past: list[Past] = []
        self.drawn: dict[int, int] = {}
        """Candidate → the reason why its lots hold the user out; drawn when first asked."""
        self.routed: list[Routed] = []
        """What each route of the book comes to."""


class Routed(NamedTuple):
    """What a route comes to for one user."""

    permitted: bool
    denied: bool
    open: bool
    usable: tuple[bool, ...]
    """Place in the route: permitted, not stopped, with an address."""
    first: int
    """The first usable place, or -1."""
