"""What is read out: of whom, and which metrics, the time before units came, stretches after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from core.canary import CanaryLimits
from core.experiments import Counted, MetricKind, ReadoutMetric
from measure.experiments.assigned import Assigned
from measure.experiments.readout import Check, Kind

GOAL = "goal"
"""The key of the metric that is the goal of each unit's own message."""


class Compared(NamedTuple):
    """A metric that is compared, with the number of its columns."""

    key: str
    name: str
    kind: MetricKind
    of: Counted | None
    """None: the goal event of the unit's own message."""
    per: Counted | None = None
    share: float | None = None
    better: str = "up"
    guard: bool = False

    @property
    def numbers(self) -> tuple[Counted | None, ...]:
        """What is added up for it."""
        return (self.of,) if self.per is None else (self.of, self.per)


def compared(key: str, metric: ReadoutMetric) -> Compared:
    """A metric of the catalog."""
    return Compared(
        key, metric.name, metric.kind, metric.of, metric.per, metric.share, metric.better,
        metric.guard,
    )  # fmt: skip


class Stretches(NamedTuple):
    """The time after a unit came in equal stretches, for the first metric."""

    days: int
    number: int


class Measuring(NamedTuple):
    """What to measure: the metrics, the time before, and stretches for novelty."""

    metrics: tuple[Compared, ...]
    pre: timedelta
    stretches: Stretches | None


class Subject(NamedTuple):
    """What is read out."""

    kind: Kind
    key: str
    name: str
    assigned: Assigned
    metrics: tuple[Compared, ...]
    as_of: datetime
    horizon_days: int | None
    pre_days: int
    planned_units: int | None = None
    ends_at: datetime | None = None
    tolerated: float = 0.0
    checks: tuple[Check, ...] = ()
    limits: CanaryLimits = CanaryLimits()

    @property
    def nobody(self) -> str:
        """What there is not, where nobody takes part."""
        if self.kind == "holdout":
            return f"no decisions that are {self.horizon_days} days old and have a goal"
        return "no users who took part and were followed to the end"

    @property
    def planned_date_reached(self) -> bool:
        """Whether everybody who was to count has been followed to the end."""
        if self.ends_at is None:
            return False
        return self.as_of >= self.ends_at + timedelta(days=self.horizon_days or 0)
