"""What is measured of a unit: metrics, the time before it came, stretches of the time after."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from core.experiments import Counted, MetricKind, ReadoutMetric

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
