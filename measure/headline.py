"""What the whole metric did, and which steps made it: the numbers at the top of a report."""

from __future__ import annotations

from datetime import date, timedelta

from core.diagnoses import Headline, Moved, Rate, StepChange
from measure.causes.inquiry import Inquiry
from measure.changes import LEAST_RATE, Change, p_towards, relative
from measure.compared import Slice
from measure.contributions import of_steps
from measure.funnel import NOBODY, TENURE, Count, FunnelCells
from measure.periods import TODAY
from measure.statistics import student_p, wilson
from measure.thresholds import ALPHA, LEAST_USERS


def headline(inquiry: Inquiry) -> Headline:
    """The change of the whole, of an inquiry that nothing has corrected yet."""
    change, cells = inquiry.change, inquiry.cells
    before = cells.whole("segment", -1)
    today = cells.whole("segment", TODAY)
    return Headline(
        moved=_moved(change),
        where=change.where,
        rate_now=change.rate,
        rate_expected=change.expected,
        change=change.rate - change.expected,
        naive=_relative(change.rate, today),
        aligned=_relative(change.rate, before),
        mature=mature(inquiry),
        own_z=change.own.t,
        control_z=change.control.t if change.control else None,
        difference_z=change.between.t if change.between else None,
        p=student_p(change.own.t, change.own.degrees),
        smallest_visible=change.smallest_visible,
        trend=None if change.trend is None else relative(change.trend),
        season=None if change.season is None else relative(change.season),
        sql=(cells.sql,),
    )


def _moved(change: Change) -> Moved:
    towards: Moved = "drop" if change.sign < 0 else "rise"
    away: Moved = "rise" if change.sign < 0 else "drop"
    if change.where != "nowhere":
        return towards
    return away if p_towards(change.own, 1 if change.sign < 0 else -1) < ALPHA else "none"


def _relative(rate: float, before: Count) -> float | None:
    return rate / before.rate - 1 if before.converted else None


def matured(inquiry: Inquiry) -> float:
    """Which share of its conversions a period like this one has by the moment of asking."""
    today = inquiry.cells.whole("segment", TODAY).rate
    known = inquiry.cells.whole("segment", -1).rate
    return min(1.0, known / today) if today > 0 else 1.0


def mature(inquiry: Inquiry) -> float | None:
    """The relative change among users of whole days who have had the whole window."""
    now = _had_window(inquiry, inquiry.cells, 0)
    past = NOBODY
    for period in inquiry.baselines:
        past = past.plus(_had_window(inquiry, inquiry.cells, period))
    if min(now.entered, past.entered) < LEAST_USERS or not past.converted:
        return None
    return now.rate / past.rate - 1


def _had_window(inquiry: Inquiry, cells: FunnelCells, period: int) -> Count:
    stretch = next(s for s in inquiry.span.periods.stretches if s.index == period)
    latest = stretch.known_by - inquiry.span.window - timedelta(days=1)
    done = [
        cell
        for cell in cells.at(TENURE, 1, "segment", period)
        if date.fromisoformat(cell.day) <= latest.date()
    ]
    return Count(sum(c.entered for c in done), sum(c.finished for c in done))


def step_changes(inquiry: Inquiry) -> tuple[StepChange, ...]:
    """Each step now and before, of an inquiry that nothing has corrected yet."""
    numbers = range(1, len(inquiry.cells.steps))
    moves = {n: inquiry.step(n) for n in numbers}
    whole = inquiry.change
    parts = of_steps(
        [moves[n].expected for n in numbers],
        [max(moves[n].rate, LEAST_RATE) for n in numbers],
        whole.expected,
        whole.rate,
    )
    return tuple(_step(inquiry, n, moves[n], part) for n, part in zip(numbers, parts, strict=True))


def _step(inquiry: Inquiry, number: int, move: Change, contribution: float) -> StepChange:
    judged = move.between or move.own
    low, high = judged.interval()
    return StepChange(
        step=inquiry.step_name(number),
        now=_rate(inquiry, number, "segment", [0]),
        before=_rate(inquiry, number, "segment", inquiry.baselines),
        control_now=_rate(inquiry, number, "control", [0]) if inquiry.has_control else None,
        control_before=_rate(inquiry, number, "control", inquiry.baselines)
        if inquiry.has_control
        else None,
        change=relative(judged.change),
        low=relative(low),
        high=relative(high),
        z=judged.t,
        significant=judged.p < 2 * ALPHA,
        contribution=contribution,
        sql=(inquiry.cells.sql,),
    )


def _rate(inquiry: Inquiry, number: int, part: Slice, periods: list[int]) -> Rate:
    total = NOBODY
    for period in periods:
        total = total.plus(inquiry.cells.step(number, part, period))
    low, high = wilson(total.converted, total.entered)
    return Rate(
        entered=total.entered, converted=total.converted, rate=total.rate, low=low, high=high
    )
