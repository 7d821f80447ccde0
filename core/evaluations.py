"""What a change did once it was live, beside what it was approved for: filed on its request."""

from __future__ import annotations

from typing import Literal

from core.artifacts import SqlText
from core.conditions import Frozen

AFTER_DAYS = (7, 28)
"""So many days after go-live a change is looked at."""

What = Literal["people", "messages_a_day", "cost_a_week", "lift"]


class Measured(Frozen):
    """One number as it was approved and as it came. Lift is a difference of shares, a fraction."""

    what: What
    approved: float | None
    """None: nothing was said of it."""
    measured: float | None
    low: float | None = None
    """95 % interval of what was measured, where it has one."""
    high: float | None = None
    holds: bool | None = None
    """Whether it is as approved, within the declared tolerance; None: one of both is unknown."""
    statement: str | None = None
    """Why a number is missing."""


class Evaluation(Frozen):
    """One look at a version, so many days after it went live."""

    key: str
    version: int
    days: int
    since: str
    """Go-live (ISO, UTC)."""
    until: str
    """The end of the stretch that is looked at: earlier than planned where it was replaced."""
    numbers: tuple[Measured, ...]
    verdict: str
    notes: tuple[str, ...] = ()
    sql: tuple[SqlText, ...] = ()
    filed_at: str
