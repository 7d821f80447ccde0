"""Why a metric changed: the funnel now against earlier periods, and what explains the difference.

The stages run in one fixed order, each over what the one before has corrected,
so that a broken event or a stopped message is never blamed on users. When
nothing fell beyond normal variation, that is the answer.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Literal

from core.artifacts import Cause, DebugReport, Delta, NextCheck
from core.errors import Code, PilothouseError, refuse
from measure.causes.exposure_loss import exposure_loss
from measure.causes.inquiry import Inquiry, Stage, Suspect
from measure.causes.late_data import late_data
from measure.causes.mix import mix_shift
from measure.causes.price import price_change
from measure.causes.rate import rate_fall
from measure.causes.residual import everywhere
from measure.causes.tracking import server_truth, tracking_break
from measure.changes import Change, step_change
from measure.compared import Compared
from measure.exposure import Exposure, count_exposure, exposure_rows
from measure.funnel import Span, count_funnel, funnel_rows, step_names, window_of
from measure.layout import laid_out
from measure.periods import LEAST_BASELINES, Periods, periods
from measure.quality import data_quality
from measure.queries import DIALECT, Runner, check_query, query, text
from measure.statistics import Interval, Surprise, difference, inverse_logit
from measure.thresholds import ALPHA
from measure.wording import verdict
from warehouse.catalog import Catalog, unknown_name

Direction = Literal["drop", "rise", "change"]


def diagnose(
    runner: Runner,
    catalog: Catalog,
    *,
    metric: str,
    compared: Compared,
    start: datetime,
    end: datetime,
    as_of: datetime,
    direction: Direction = "drop",
) -> DebugReport:
    """Explains the change of a metric in [start, end), as known at ``as_of``, all naive UTC.

    Refuses an unknown metric or column, an empty period, and one that has not begun.
    """
    when = _period(runner, catalog, start, end, as_of)
    steps, span = _span(catalog, metric, compared, when)
    cells = count_funnel(runner, catalog, steps, span)
    first = Inquiry(runner, catalog, span, cells)
    exposure = count_exposure(runner, catalog, span)
    enough = len(span.periods.baselines) >= LEAST_BASELINES
    suspects, ruled_out = _investigate(first, exposure) if enough else ((), ())
    change = first.change if enough else None
    causes = tuple(
        _cause(first, rank, suspect, change)
        for rank, suspect in enumerate(sorted(suspects, key=lambda s: s.effect), start=1)
        if change is not None
    )
    return DebugReport(
        verdict=verdict(first, change, causes, direction),
        metric=metric,
        periods=span.periods.described(),
        segments=tuple(compared.labels.values()),
        as_of=as_of.isoformat(),
        funnel=funnel_rows(cells, span),
        deltas=_deltas(first) if enough else (),
        exposure=exposure_rows(exposure, cells, span),
        causes=causes,
        ruled_out=ruled_out,
        data_quality=data_quality(first, enough),
    )


def _period(
    runner: Runner, catalog: Catalog, start: datetime, end: datetime, as_of: datetime
) -> Periods:
    if end <= start:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The period from {start.isoformat()} to {end.isoformat()} is empty.",
            fix="Give an end after the start.",
        )
    if start >= as_of:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The period begins at {start.isoformat()}, but the data ends at {as_of.isoformat()}.",
            fix="Ask about a period that has begun.",
        )
    bounds = runner.fetch(text(query("bounds"), catalog), purpose="since when there is data")
    first_event = bounds.rows[0][0]
    return periods(start, end, as_of, first_event if first_event is not None else start)


def _span(
    catalog: Catalog, metric: str, compared: Compared, when: Periods
) -> tuple[tuple[str, ...], Span]:
    if metric not in catalog.metrics:
        raise PilothouseError(
            unknown_name(Code.UNKNOWN_KEY, "metric", metric, list(catalog.metrics))
        )
    funnel = catalog.funnels[catalog.metrics[metric].funnel]
    return funnel.steps, Span(compared, when, window_of(funnel), failures=funnel.failures)


def _investigate(
    inquiry: Inquiry, exposure: Exposure
) -> tuple[tuple[Suspect, ...], tuple[str, ...]]:
    """Runs the stages in order, each over what the one before corrected."""
    stages = (
        late_data,
        tracking_break,
        server_truth,
        partial(exposure_loss, exposure=exposure),
        mix_shift,
        rate_fall,
        price_change,
        everywhere,
    )
    suspects: list[Suspect] = []
    ruled_out: list[str] = []
    for stage in stages:
        found: Stage = stage(inquiry)
        inquiry = found.inquiry
        suspects += found.suspects
        ruled_out += found.ruled_out
    return tuple(suspects), tuple(ruled_out)


def _cause(inquiry: Inquiry, rank: int, suspect: Suspect, change: Change) -> Cause:
    checked = laid_out(check_query(suspect.check.query, **suspect.check.values), inquiry.catalog)
    sql = checked.sql(dialect=DIALECT, pretty=True)
    ran = inquiry.runner.fetch(sql, purpose=f"next check: {suspect.check.title}")
    share = suspect.effect / change.own.change if change.own.change < 0 else 0.0
    return Cause(
        rank=rank,
        cause=suspect.sentence,
        kind=suspect.kind,
        dimension=suspect.dimension,
        value=suspect.value,
        explained=round(min(1.0, max(0.0, share)), 3),
        confidence=suspect.confidence,
        evidence=(*suspect.evidence, ran.id),
        next_check=NextCheck(title=suspect.check.title, sql=sql),
    )


def _deltas(inquiry: Inquiry) -> tuple[Delta, ...]:
    """The change of each step and of the whole: segment, control, and their difference."""
    result: list[Delta] = []
    names = step_names(inquiry.cells.steps)
    for number, name in enumerate(names, start=1):
        whole = number == len(names)
        change = (
            inquiry.change
            if whole
            else step_change(inquiry.cells, number, inquiry.baselines, inquiry.has_control)
        )
        result += _delta_rows(name, inquiry, change)
    return tuple(result)


def _delta_rows(step: str, inquiry: Inquiry, change: Change) -> list[Delta]:
    rows = [_delta(step, inquiry.segment, change.own, change.rate)]
    if change.control is not None and change.between is not None:
        control = _delta(step, inquiry.control, change.control, change.control_rate)
        rows += [control, _difference(step, inquiry, rows[0], control, change.between)]
    return rows


def _delta(step: str, label: str, moved: Surprise, rate: float) -> Delta:
    usual = inverse_logit(moved.expected)
    low, high = (inverse_logit(moved.expected + end) - usual for end in moved.interval())
    return Delta(
        step=step,
        segment=label,
        change=rate - usual,
        ci_low=min(low, rate - usual),
        ci_high=max(high, rate - usual),
        significant=moved.p < 2 * ALPHA,
    )


def _difference(
    step: str, inquiry: Inquiry, own: Delta, control: Delta, between: Surprise
) -> Delta:
    """Difference in differences: how much more the segment moved than its control."""
    interval = difference(
        (own.change, Interval(own.ci_low, own.ci_high)),
        (control.change, Interval(control.ci_low, control.ci_high)),
    )
    return Delta(
        step=step,
        segment=f"{inquiry.segment} minus {inquiry.control}",
        change=own.change - control.change,
        ci_low=interval.low,
        ci_high=interval.high,
        significant=between.p < 2 * ALPHA,
    )
