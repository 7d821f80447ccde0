"""The periods that a debug answer compares: the one asked about and equal ones before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlglot import exp

from core.artifacts import Period
from measure.queries import rows

WEEK = timedelta(days=7)
NO_TIME = timedelta(0)
BASELINES = 6
LEAST_BASELINES = 3
TODAY = 1
"""The index of the period before as it is known today; baselines have indexes below 0."""
YEAR = 52
YEAR_BASELINES = 3


@dataclass(frozen=True)
class Stretch:
    """A closed-open stretch and when it was known; index 0 is current, -1 the one before."""

    index: int
    start: datetime
    end: datetime
    known_by: datetime

    @property
    def name(self) -> str:
        """How a row of the report names it."""
        return "current" if self.index == 0 else f"baseline {self.index}"


@dataclass(frozen=True)
class Periods:
    """The current period and its baselines, newest first, and how far apart they lie."""

    stretches: tuple[Stretch, ...]
    shift: timedelta
    last_year: tuple[Stretch, ...] = ()
    """The same period a year ago and those before it, newest first, where the data has them."""

    @property
    def current(self) -> Stretch:
        """The period asked about."""
        return self.stretches[0]

    @property
    def baselines(self) -> tuple[Stretch, ...]:
        """The earlier periods, newest first."""
        return self.stretches[1:]

    @property
    def before_as_known_today(self) -> Stretch | None:
        """The period before, with everything that has arrived since: index ``TODAY``."""
        if not self.baselines:
            return None
        return replace(self.baselines[0], index=TODAY, known_by=self.current.known_by)

    def table(
        self, window: timedelta, cut: timedelta = NO_TIME, *, today: bool = False
    ) -> exp.Query:
        """The periods as a table; ``cut`` hides the newest events of each.

        With ``today`` also the period before as it is known now.
        """
        known = self.before_as_known_today if today else None
        return rows(
            ("period", "starts", "ends", "tail_ends", "known_by"),
            [
                (
                    s.index,
                    s.start,
                    min(s.end, s.known_by - cut),
                    min(s.end + window, s.known_by - cut),
                    s.known_by,
                )
                for s in (*self.stretches, *self.last_year, *((known,) if known else ()))
            ],
        )

    def bounds(self, back: int | None = None, more: timedelta = NO_TIME) -> dict[str, datetime]:
        """Outside of ``since`` and ``until`` nothing is of any period, or of the current one and
        so many before it; ``more`` reaches further back. Queries compare what lies between with
        each period, which for a handful of them costs far less than to sort for a range join."""
        every = (*self.stretches, *self.last_year) if back is None else self.stretches[: back + 1]
        return {"since": min(s.start for s in every) - more, "until": self.current.known_by}

    def described(self) -> tuple[Period, ...]:
        """The periods as the report lists them."""
        whole = Period(
            name="baseline",
            start=self.stretches[-1].start.isoformat(),
            end=self.stretches[1].end.isoformat()
            if self.baselines
            else self.current.start.isoformat(),
        )
        each = (
            Period(name=s.name, start=s.start.isoformat(), end=s.end.isoformat())
            for s in self.stretches
        )
        return (*each, whole)


def periods(start: datetime, end: datetime, as_of: datetime, first: datetime) -> Periods:
    """The period [start, end) and up to six before it that lie within the data.

    Baselines lie whole weeks apart, so that each has the same weekdays, and
    each is read as it was known at the same moment of its own week.
    """
    weeks = max(1, -(-(end - start) // WEEK))
    shift = weeks * WEEK

    def back(k: int) -> Stretch:
        return Stretch(-k, start - k * shift, end - k * shift, as_of - k * shift)

    kept = [s for s in map(back, range(BASELINES + 1)) if s.index == 0 or s.start >= first]
    year = max(BASELINES + 1, round(YEAR / weeks))
    last_year = tuple(back(year + k) for k in range(YEAR_BASELINES + 1))
    known = all(s.start >= first for s in last_year)
    return Periods(tuple(kept), shift, last_year if known else ())
