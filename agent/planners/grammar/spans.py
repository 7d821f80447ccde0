"""What a stretch of time in a prompt means, and the units that people count time in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal, TypeVar

from agent.planners.grammar.words import Text
from core.conditions import Absolute, Calendar, Op, Window

DAY = 86_400
UNITS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": DAY,
    "week": 7 * DAY, "fortnight": 14 * DAY, "month": 30 * DAY, "year": 365 * DAY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time. ``window`` is None for all of the past, and for 'ago' and 'next'."""

    end: int
    kind: Literal["window", "ever", "ago", "next", "bare"]
    window: Window | None = None
    seconds: int = 0
    op: Op | None = None
    also: Calendar | None = None
    """The later of two units in a row: 'yesterday or today'."""
    until: int | None = None
    """Seconds: the other end of 'between 30 and 60 days ago', included."""
    notes: tuple[str, ...] = ()
    period: str = ""
    """For 'during their trial': the period named."""
    stated: str = ""
    doubt: str = ""
    """What must be asked before the span may be used."""

    def within(self, window: Window) -> Span:
        """The same stretch, said by other bounds."""
        return replace(self, window=window)


def unit_at(text: Text, i: int) -> str | None:
    """The unit of time at an index, in the singular."""
    low = text.low(i)
    singular = low[:-1] if low.endswith("s") and low != "s" else low
    return singular if singular in UNITS else None


Day = TypeVar("Day", date, datetime)


def in_year(day: Day, year: int) -> Day:
    """The same day of another year; 29 February is the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def whole_days(said: str, start: date | None, after: date | None, end: int) -> Span:
    """From the first day up to, not including, the day after the last; None is open."""
    window = Absolute(
        start=start and datetime.combine(start, time.min),
        end=after and datetime.combine(after, time.min),
    )
    parts = [f"from {start:%Y-%m-%d}" if start else "", f"before {after:%Y-%m-%d}" if after else ""]
    bounds = " and ".join(part for part in parts if part)
    return Span(end, "window", window, notes=(f"'{said}' is {bounds} (UTC, whole days).",))
