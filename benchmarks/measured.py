"""What a benchmark gives: a number, its limit, and the same run's yardstick as a ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Measured(NamedTuple):
    """One line of the table. ``cpu`` is the share of a busy machine that the work itself used."""

    what: str
    value: float
    unit: str
    limit: float | None
    cpu: float | None = None
    ratio: float | None = None
    yardstick: str = ""

    @property
    def fine(self) -> bool:
        """Whether it is within its limit, or has none."""
        return self.limit is None or self.value <= self.limit


class Seconds(NamedTuple):
    """How long something took: by the clock, and in CPU time of this process."""

    wall: float
    cpu: float


def median_seconds(work: Callable[[], object], repeats: int) -> Seconds:
    """The median of several runs, after one that warms up."""
    work()
    runs = [_seconds(work) for _ in range(repeats)]
    return Seconds(
        statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)
    )


def _seconds(work: Callable[[], object]) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)
