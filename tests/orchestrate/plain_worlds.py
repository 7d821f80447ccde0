"""Worlds as plain values: rules, limits, users and their histories, for an oracle to decide on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Cond = tuple
"""("all",) ("country", wanted, when_unknown) ("momentum", least, when_unknown)
("bucket", salt, low, high) ("not", cond) ("and", conds) ("or", conds)"""

Switch = tuple[Literal["global", "channel", "policy", "action"], str]
"""What is stopped, and its key."""


class OOffer(NamedTuple):
    """An offer's terms and validity."""

    terms: str
    valid_from: datetime
    valid_until: datetime


class OAction(NamedTuple):
    """What could be sent."""

    key: str
    message_class: str
    channels: tuple[str, ...]
    group: str | None
    offer: OOffer | None
    expires: int


class OOutcome(NamedTuple):
    """A suppression in outcome form."""

    scope: str
    outcome: str
    n: int
    window: int
    pause: int


class OEntry(NamedTuple):
    """One candidate of a policy."""

    tier: int
    position: int
    action: OAction
    eligibility: Cond
    applicability: Cond | None
    score: str | None
    suppressions: tuple[Cond, ...]
    outcomes: tuple[OOutcome, ...]
    stops: tuple[Cond, ...]
    experiment: tuple[str, tuple[tuple[str, str | None, bool], ...]] | None
    """(salt, ((low, high, treated), …))"""


class OPolicy(NamedTuple):
    """A live policy, or a rule with an action."""

    key: str
    is_rule: bool
    population: Cond
    entries: tuple[OEntry, ...]
    k: int
    cooldown: int
    never_again: bool
    holdout: tuple[str, str | None] | None
    """(salt, end)"""
    stale: bool
    version: int = 1
    """A policy with a canary is there in two versions, each for its own users."""


class OCap(NamedTuple):
    """A frequency cap."""

    n: int | None
    seconds: int
    calendar: str | None
    zone: str
    message_class: str | None
    channel: str | None
    group: str | None
    on_exceed: str


class OContact(NamedTuple):
    """How much contact is too much."""

    caps: tuple[OCap, ...]
    gap: int
    quiet: tuple[str, str, str | None] | None
    """(start, end, fallback zone)"""
    holdout: tuple[str, str | None] | None


class OMessage(NamedTuple):
    """A message that was sent."""

    decision_id: str | None
    action: str
    channel: str
    sent: datetime
    delivered: datetime | None
    opened: datetime | None
    clicked: datetime | None
    failed: bool


class OPast(NamedTuple):
    """A decision of an earlier cycle that selected, or would have for a ghost."""

    decision_id: str
    policy: str
    action: str
    channel: str
    decided: datetime
    not_before: datetime
    ghost: bool
    released: bool
    offer: OOffer | None


class OFormer(NamedTuple):
    """An id that a user had before it was merged into another, and what is kept under it."""

    key: str
    into: str
    consents: tuple[tuple[str, str, datetime], ...]
    messages: tuple[OMessage, ...]
    past: tuple[OPast, ...]


class OUser(NamedTuple):
    """One user with everything that is known."""

    key: str
    country: str | None
    momentum: float | None
    scores: dict[str, float | None]
    zone: str | None
    email: bool
    consents: tuple[tuple[str, str, datetime], ...]
    """(channel, status, effective at)"""
    messages: tuple[OMessage, ...]
    past: tuple[OPast, ...]
    former: tuple[OFormer, ...] = ()


class OWorld(NamedTuple):
    """Rules, switches and users of one case."""

    at: datetime
    policies: tuple[OPolicy, ...]
    contact: OContact
    killed: frozenset[Switch]
    """(scope, key)"""
    actions: dict[str, OAction]
    users: tuple[OUser, ...]


class OResult(NamedTuple):
    """What must become of one candidate."""

    reason: str
    ghost: bool
    channel: str | None
    not_before: datetime | None


TRAITS = ("upgrade_intent", "ltv")
SHARES = {0.0: "00000000", 0.3: "4ccccccd", 0.5: "80000000", 1.0: None}
"""Share → exclusive end, written out."""
