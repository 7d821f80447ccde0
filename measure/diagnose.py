"""Why a metric changed: the funnel now against earlier periods, and what explains the difference.

The stages run in one fixed order, each over what the one before has corrected,
so that a broken event or a stopped message is never blamed on users. When
nothing moved beyond normal variation, that is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from core.artifacts import DebugReport, Delta
from core.diagnoses import MessageLoss, Rejected
from core.errors import Code, PilothouseError, refuse
from measure.causes.clocks import clock_shift
from measure.causes.entrants import entrant_inflation
from measure.causes.exposure_loss import exposure_loss
from measure.causes.identity import identity_change
from measure.causes.inquiry import Inquiry, Ruled, Stage, Suspect
from measure.causes.late_data import late_data
from measure.causes.mix import mix_shift
from measure.causes.named import causes_of
from measure.causes.price import price_change
from measure.causes.rate import rate_fall
from measure.causes.residual import everywhere
from measure.causes.tracking import server_truth, tracking_break
from measure.changes import Change
from measure.compared import Compared
from measure.exposure import Exposure, count_exposure, exposure_rows
from measure.figures import Figures, unsupported
from measure.funnel import Span, count_funnel, funnel_rows, step_names, window_of
from measure.headline import headline, matured, step_changes
from measure.periods import LEAST_BASELINES, Periods, periods
from measure.quality import trust
from measure.queries import Runner, query, text
from measure.statistics import Interval, Surprise, difference, inverse_logit
from measure.thresholds import ALPHA
from measure.wording import unknown, verdict
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
    cells = count_funnel(runner, catalog, steps, span, today=True)
    inquiry = Inquiry(runner, catalog, span, cells, Figures())
    exposure = count_exposure(runner, catalog, span)
    enough = len(span.periods.baselines) >= LEAST_BASELINES
    why_not = unknown(inquiry, enough)
    report = DebugReport(
        verdict=why_not or "",
        metric=metric,
        periods=span.periods.described(),
        segments=tuple(compared.labels.values()),
        as_of=as_of.isoformat(),
        funnel=funnel_rows(cells, span),
        deltas=(),
        exposure=exposure_rows(exposure, cells, span),
        causes=(),
        ruled_out=(),
        data_quality=(),
    )
    if why_not is None:
        report = _explained(report, _towards(inquiry, direction), exposure)
    return _sealed(report, inquiry, enough)


def _explained(report: DebugReport, inquiry: Inquiry, exposure: Exposure) -> DebugReport:
    """The report with what moved and why."""
    found = _investigate(inquiry, exposure)
    told = headline(inquiry)
    causes, rest = causes_of(inquiry, found.suspects)
    return report.model_copy(
        update={
            "verdict": verdict(inquiry, told, causes),
            "deltas": _deltas(inquiry),
            "causes": causes,
            "ruled_out": tuple(one.sentence for one in found.ruled_out),
            "rejected": tuple(
                Rejected(kind=one.kind, sentence=one.sentence, sql=one.sql)
                for one in found.ruled_out
            ),
            "headline": told,
            "steps": step_changes(inquiry),
            "messages": found.messages,
            "unexplained": rest,
            "tests_run": found.tests,
        }
    )


def _sealed(report: DebugReport, inquiry: Inquiry, enough: bool) -> DebugReport:
    """The report with what its data is worth, and every number of its sentences accounted for."""
    trusted = trust(inquiry, enough)
    report = report.model_copy(
        update={
            "data_quality": tuple(one.sentence for one in trusted),
            "trust": trusted,
            "figures": inquiry.figures.all(),
        }
    )
    wrong = unsupported(report)
    if wrong:
        raise AssertionError(f"a sentence of the report holds numbers of no query: {wrong}")
    return report


def _towards(inquiry: Inquiry, direction: Direction) -> Inquiry:
    """The inquiry that looks the way that was asked about; of a change, the way it went."""
    rose = direction == "rise" or (direction == "change" and inquiry.change.own.change > 0)
    return replace(inquiry, sign=1) if rose else inquiry


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
    bounds = runner.fetch(
        text(query("bounds", as_of=as_of), catalog), purpose="since when there is data"
    )
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


class _Found(NamedTuple):
    """What all stages together gave."""

    suspects: tuple[Suspect, ...]
    ruled_out: tuple[Ruled, ...]
    messages: tuple[MessageLoss, ...]
    tests: int


def _investigate(inquiry: Inquiry, exposure: Exposure) -> _Found:
    """Runs the stages in order, each over what the one before corrected."""
    stages: tuple[Callable[[Inquiry], Stage], ...] = (
        clock_shift,
        late_data,
        identity_change,
        tracking_break,
        server_truth,
        entrant_inflation,
        partial(exposure_loss, exposure=exposure, matured=matured(inquiry)),
        mix_shift,
        price_change,
        rate_fall,
        everywhere,
    )
    found = []
    for stage in stages:
        found.append(stage(inquiry))
        inquiry = found[-1].inquiry
    return _Found(
        tuple(suspect for one in found for suspect in one.suspects),
        tuple(ruled for one in found for ruled in one.ruled_out),
        tuple(row for one in found for row in one.messages),
        sum(one.tests for one in found),
    )


def _deltas(inquiry: Inquiry) -> tuple[Delta, ...]:
    """The change of each step and of the whole: segment, control, and their difference."""
    result: list[Delta] = []
    names = step_names(inquiry.cells.steps)
    for number, name in enumerate(names, start=1):
        change = inquiry.change if number == len(names) else inquiry.step(number)
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
