"""The few numbers that a diagnosis begins with, and whether something moved at all. Pure."""

from __future__ import annotations

from typing import NamedTuple

from core.artifacts import DebugReport, Delta, FunnelRow, Period
from ui.console.view.comparison import WHOLE, current, step_labels
from ui.console.view.text import number, percent, points


class Measure(NamedTuple):
    """A number of the page's first row, with what it was in each period, oldest first."""

    label: str
    value: str
    note: str
    tip: str
    history: tuple[tuple[str, float, str], ...] = ()
    """Period, value, value as it is read."""
    alarms: bool = False
    """Whether it is what the drop is told of."""


def moved(report: DebugReport) -> str:
    """drop, rise, none or unknown."""
    if report.headline:
        return report.headline.moved
    whole = whole_change(report)
    if whole is None:
        return "unknown"
    if not whole.significant:
        return "none"
    return "drop" if whole.change < 0 else "rise"


def whole_change(report: DebugReport, segment: str | None = None) -> Delta | None:
    """The change from the first step to the last, of a segment or of the one asked about."""
    wanted, whole = segment or own_segment(report), _whole(report)
    found = (one for one in report.deltas if one.segment == wanted and one.step == whole)
    return next(found, None)


def own_segment(report: DebugReport) -> str:
    """The segment that the question is about."""
    return report.segments[0] if report.segments else "All users"


def _whole(report: DebugReport) -> str | None:
    """The step that leads from the first one to the last, where it was counted."""
    labels = step_labels(row.step for row in report.funnel)
    return next((step for step, label in labels.items() if label == WHOLE), None)


def measures(report: DebugReport) -> tuple[Measure, ...]:
    """Conversion of each segment, people lost or gained, and people in the funnel."""
    own = own_segment(report)
    shown = [_conversion(report, segment) for segment in report.segments or (own,)]
    return tuple(filter(None, (*shown, _lost(report, own), _people(report, own))))


def _conversion(report: DebugReport, segment: str) -> Measure | None:
    rows = _whole_rows(report, segment)
    now = rows[-1] if rows else None
    if now is None or now.rate is None:
        return None
    change = whole_change(report, segment)
    note = ""
    if change:
        ends = f"{points(change.ci_low)} to {points(change.ci_high)}"
        note = f"{points(change.change)} ({ends})"
    history = tuple(
        (row.period, row.rate, percent(row.rate)) for row in rows if row.rate is not None
    )
    tip = "From the first step to the last. In brackets: where the change lies with 95% confidence."
    alarms = segment == own_segment(report) and moved(report) == "drop"
    return Measure(f"{segment} conversion", percent(now.rate), note, tip, history, alarms)


def _lost(report: DebugReport, segment: str) -> Measure | None:
    change, rows = whole_change(report, segment), _whole_rows(report, segment)
    if change is None or not rows:
        return None
    people = rows[-1].entered
    ends = sorted(abs(end * people) for end in (change.ci_low, change.ci_high))
    if (change.ci_low < 0) != (change.ci_high < 0):
        ends[0] = 0.0
    label = "Conversions lost" if change.change < 0 else "Conversions gained"
    tip = "People of the segment who would have converted at the expected rate, less those who did."
    if change.change >= 0:
        tip = "People of the segment who converted, less those who would have at the expected rate."
    return Measure(
        label,
        number(abs(change.change) * people),
        f"between {number(ends[0])} and {number(ends[1])}",
        tip,
        tuple((row.period, float(row.converted), number(row.converted)) for row in rows),
    )


def _people(report: DebugReport, segment: str) -> Measure | None:
    rows = _whole_rows(report, segment)
    if not rows:
        return None
    earlier = [row.entered for row in rows[:-1]]
    usual = sum(earlier) / len(earlier) if earlier else None
    return Measure(
        f"{segment} people",
        number(rows[-1].entered),
        f"{number(usual)} in a usual period" if usual is not None else "in this period",
        "Everybody of the segment who took the first step of the funnel.",
        tuple((row.period, float(row.entered), number(row.entered)) for row in rows),
    )


def _whole_rows(report: DebugReport, segment: str) -> list[FunnelRow]:
    """First step to last, in each period without a gap before the current one, oldest first."""
    whole = _whole(report)
    rows = {
        row.period: row for row in report.funnel if row.segment == segment and row.step == whole
    }
    return [rows[one.name] for one in _unbroken(report) if one.name in rows]


def _unbroken(report: DebugReport) -> list[Period]:
    found = [current(report)]
    for period in sorted(report.periods, key=lambda one: one.end, reverse=True):
        if period.end == found[0].start:
            found.insert(0, period)
    return found


def sides(report: DebugReport) -> tuple[float, float] | None:
    """The rate that was expected of the segment, and the one it has; None: not counted."""
    if report.headline:
        return report.headline.rate_expected, report.headline.rate_now
    change, rows = whole_change(report), _whole_rows(report, own_segment(report))
    if change is None or not rows or rows[-1].rate is None:
        return None
    return rows[-1].rate - change.change, rows[-1].rate
