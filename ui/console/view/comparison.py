"""Now against before: a report's periods pooled into the two that people compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.artifacts import DebugReport, ExposureRow, FunnelRow, Period
from measure.statistics import wilson
from ui.console.view.text import title

WHOLE = "The whole way"


class Rate(NamedTuple):
    """A share with its 95 % interval, as fractions."""

    rate: float
    low: float
    high: float


class StepPair(NamedTuple):
    """One step of one segment, before and now; None where nobody entered."""

    label: str
    before: Rate | None
    now: Rate | None


class ExposurePair(NamedTuple):
    """A segment's messages: an average period before, and now."""

    segment: str
    periods: int
    """How many earlier periods the average is over."""
    before: ExposureRow | None
    now: ExposureRow | None


def current(report: DebugReport) -> Period:
    """The period that the question is about."""
    return max(report.periods, key=lambda period: (period.end, period.start))


def baseline(report: DebugReport) -> Period | None:
    """All earlier periods as one."""
    now = current(report)
    earlier = [period for period in report.periods if period is not now]
    if not earlier:
        return None
    return Period(
        name="baseline",
        start=min(period.start for period in earlier),
        end=max(period.end for period in earlier),
    )


def step_pairs(report: DebugReport, segment: str) -> tuple[StepPair, ...]:
    """Every step of a segment, its earlier periods pooled."""
    rows = [row for row in report.funnel if row.segment == segment]
    now = current(report).name
    labels = step_labels(row.step for row in rows)
    return tuple(
        StepPair(
            label,
            _pooled([row for row in rows if row.step == step and row.period != now]),
            _pooled([row for row in rows if row.step == step and row.period == now]),
        )
        for step, label in labels.items()
    )


def step_labels(steps: Iterable[str]) -> dict[str, str]:
    """A step is named by where it leads; the one that skips all others is the whole way."""
    names = list(dict.fromkeys(steps))
    start = names[0].split("→")[0].strip() if names else ""
    return {
        step: WHOLE
        if place > 0 and "→" in step and step.split("→")[0].strip() == start
        else title(step.split("→")[-1].strip())
        for place, step in enumerate(names)
    }


def exposure_pairs(report: DebugReport) -> tuple[ExposurePair, ...]:
    """Every segment's messages, an average earlier period beside the current one."""
    now = current(report).name
    segments = dict.fromkeys((*report.segments, *(row.segment for row in report.exposure)))
    return tuple(_exposure(report.exposure, segment, now) for segment in segments)


def _exposure(rows: Sequence[ExposureRow], segment: str, now: str) -> ExposurePair:
    own = [row for row in rows if row.segment == segment]
    earlier = [row for row in own if row.period != now]
    latest = next((row for row in own if row.period == now), None)
    return ExposurePair(segment, len(earlier), _average(earlier), latest)


def _average(rows: Sequence[ExposureRow]) -> ExposureRow | None:
    if not rows:
        return None
    count, users = len(rows), sum(row.users for row in rows)
    names = ("users", "selected", "sent", "delivered", "suppressed", "held_out")
    totals = {name: round(sum(getattr(row, name) for row in rows) / count) for name in names}
    per_user = sum(row.delivered for row in rows) / users if users else 0.0
    return rows[0].model_copy(update=totals | {"period": "baseline", "per_user": per_user})


def _pooled(rows: Sequence[FunnelRow]) -> Rate | None:
    """One row keeps the interval it came with; several are counted together."""
    whole = [row for row in rows if row.period == "baseline"] or list(rows)
    if len(whole) == 1 and whole[0].rate is not None:
        row, rate = whole[0], whole[0].rate
        low = rate if row.ci_low is None else row.ci_low
        return Rate(rate, low, rate if row.ci_high is None else row.ci_high)
    entered = sum(row.entered for row in whole)
    converted = sum(row.converted for row in whole)
    if not entered:
        return None
    interval = wilson(converted, entered)
    return Rate(converted / entered, interval.low, interval.high)
