"""The periods that a debug answer compares: the one asked about and equal ones before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from core.artifacts import Period
from measure.queries import rows

WEEK = timedelta(days=7)
BASELINES = 6
LEAST_BASELINES = 3


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

    @property
    def current(self) -> Stretch:
        """The period asked about."""
        return self.stretches[0]

    @property
    def baselines(self) -> tuple[Stretch, ...]:
        """The earlier periods, newest first."""
        return self.stretches[1:]

    def table(self, window: timedelta, cut: timedelta = timedelta(0)) -> exp.Query:
        """The periods as a table; ``cut`` hides the newest events of each."""
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
                for s in self.stretches
            ],
        )

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
    stretches = [
        Stretch(-k, start - k * shift, end - k * shift, min(as_of, as_of - k * shift))
        for k in range(BASELINES + 1)
    ]
    kept = [s for s in stretches if s.index == 0 or s.start >= first]
    return Periods(tuple(kept), shift)
