"""A new version that goes live for a share of users first, and what must not happen to them.

Who has it is drawn by a salted bucket, so that the others keep the version before: the two never
decide on the same user.
"""

from __future__ import annotations

from pydantic import Field

from core.assignment import bucket, in_range, share_end
from core.conditions import And, Bucket, Condition, Frozen

SALT = "canary/"
"""How the salts of canaries begin."""


class CanaryLimits(Frozen):
    """When a canary goes live for everybody, and when it is rolled back. Rates are shares of the
    messages that were sent."""

    min_messages: int = Field(default=200, ge=1)
    """It is not promoted before that many were sent."""
    watch_seconds: int = Field(default=86_400, ge=0)
    """It is not promoted earlier than that after it began."""
    max_complaint_rate: float = Field(default=0.003, ge=0, le=1)
    """Gmail and Yahoo ask senders to stay below 0.3 % spam reports (their sender guidelines)."""
    max_unsubscribe_rate: float = Field(default=0.01, ge=0, le=1)
    max_error_rate: float = Field(default=0.05, ge=0, le=1)
    """Messages that failed, bounced or were rejected."""
    max_conversion_drop: float = Field(default=0.2, ge=0, le=1)
    """Relative to the version before, where there is one."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Of the one-sided bounds by which a rate is held against its limit."""


class CanaryAsk(Frozen):
    """What an approver asks for instead of going live for everybody at once."""

    share: float = Field(gt=0, lt=1)
    limits: CanaryLimits = CanaryLimits()


def drawn(salt: str, share: float) -> Bucket:
    """Those who have the new version."""
    return Bucket(salt=salt, high=_end(share))


def left(salt: str, share: float) -> Bucket:
    """All others: they keep the version before."""
    return Bucket(salt=salt, low=_end(share))


def _end(share: float) -> str:
    # A share so close to everybody that no bucket is left keeps the last one out.
    return share_end(share) or "ffffffff"


def narrowed(population: Condition, part: Bucket) -> Condition:
    """The population of a version while it is for one part of the users."""
    return And(of=(population, part))


def part_of(population: Condition) -> Bucket | None:
    """The part of the users that a version is for; None where it is for everybody."""
    match population:
        case And(of=(_, Bucket() as part)) if part.salt.startswith(SALT):
            return part
    return None


def is_for(population: Condition, user_id: str) -> bool:
    """Whether a user lies in the part of the users that a version is for."""
    part = part_of(population)
    return part is None or in_range(bucket(part.salt, user_id), part.low, part.high)
