"""A read-out of an experiment or a holdout in the words and rows that its page shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from measure.experiments.readout import (
    Comparison,
    Estimate,
    ExperimentReadout,
    GuardRow,
    Kind,
    MetricRow,
    Outcome,
)
from ui.console.view.drawing import Chart
from ui.console.view.forest import Change, forest
from ui.console.view.state import Badge
from ui.console.view.text import listing, number, people, percent, phrase, points

KINDS: dict[Kind, Badge] = {
    "holdout": Badge("Holdout of a policy", "blue", "science"),
    "global_holdout": Badge("Global holdout", "blue", "public_off"),
    "experiment": Badge("Experiment", "blue", "experiment"),
}
VERDICTS: dict[str, Badge] = {
    "better": Badge("Better", "green", "trending_up"),
    "worse": Badge("Worse", "red", "trending_down"),
    "unclear": Badge("Not clear yet", "gray", "pending"),
    "none": Badge("No number", "orange", "block"),
}
CHECKS: dict[Outcome, str] = {
    "passed": ":green[:material/check_circle:]",
    "failed": ":red[:material/cancel:]",
    "not_run": ":gray[:material/do_not_disturb_on:]",
}
FAILED = Badge("Not a fair comparison", "red", "cancel")


class Way(NamedTuple):
    """One way to look at an effect, and what it answers."""

    name: str
    answers: str
    shown: str


class Point(NamedTuple):
    """What the read-out said at the end of a day."""

    day: str
    value: float
    low: float
    high: float


def verdict(readout: ExperimentReadout) -> Badge:
    """What was found on what it is decided by."""
    if any(check.outcome == "failed" for check in readout.checks):
        return FAILED
    first = leading(readout)
    return VERDICTS[first.verdict if first else "none"]


def leading(readout: ExperimentReadout) -> Comparison | None:
    """The comparison that it is decided by: of several arms, the one that tells most."""
    primary = readout.primary
    if primary is None or not primary.comparisons:
        return None
    order = ("better", "worse", "unclear", "none")
    return min(primary.comparisons, key=lambda one: order.index(one.verdict))


def is_share(row: MetricRow) -> bool:
    """Whether a metric is a share of users."""
    return row.kind in ("reached", "funnel")


def amount(value: float, row: MetricRow) -> str:
    """An effect: +1.3 pp of shares, +0.21 of the rest."""
    return points(value) if is_share(row) else f"{value:+.3g}".replace("-", "−")


def level(value: float | None, row: MetricRow) -> str:
    """What one side comes to: 4.1% of shares, 0.21 of the rest."""
    if value is None:
        return "–"
    return percent(value) if is_share(row) else f"{value:,.3g}"


def between(estimate: Estimate | None, row: MetricRow) -> str:
    """+1.3 pp (−0.2 to +2.8 pp)."""
    if estimate is None:
        return "–"
    low = "below" if estimate.low is None else amount(estimate.low, row)
    high = "above" if estimate.high is None else amount(estimate.high, row)
    return f"{amount(estimate.value, row)} ({low} to {high})"


def lifts(readout: ExperimentReadout) -> Chart | None:
    """Every metric as a share of the control's size, so that all stand on one scale."""
    told = [
        (row, one) for row in readout.metrics for one in row.comparisons if one.relative is not None
    ]
    if not told:
        return None
    changes = [_change(row, one, many=len(readout.arms) > 2) for row, one in told]
    real = [change for change in changes if change.is_real]
    said = "; ".join(f"{change.label} {change.shown}" for change in real)
    alt = f"Clear of no change: {said}." if real else "0 metrics are clear of no change."
    return forest(changes, alt, _percent_tick)


def _change(row: MetricRow, one: Comparison, *, many: bool) -> Change:
    relative = one.relative or Estimate(value=0.0, low=None, high=None)
    up = relative.value > 0
    return Change(
        label=row.name,
        who=phrase(one.arm) if many else "",
        value=relative.value,
        low=relative.low,
        high=relative.high,
        shown=_percent_tick(relative.value),
        is_real=relative.excludes_zero,
        is_good=up == (row.better == "up"),
    )


def _percent_tick(value: float) -> str:
    return f"{100 * value:+.1f}%".replace("-", "−")


def withheld(readout: ExperimentReadout) -> tuple[str, ...]:
    """Metrics without a number, each with its reason, the same reason once."""
    reasons: dict[str, list[str]] = {}
    for row in readout.metrics:
        for one in row.comparisons:
            if one.withheld:
                reasons.setdefault(one.withheld, []).append(row.name)
    return tuple(f"{listing(dict.fromkeys(names))}: {reason}" for reason, names in reasons.items())


def ways(row: MetricRow, one: Comparison) -> Iterator[Way]:
    """The effect on one metric in every way that was worked out."""
    if one.effect is None:
        return
    yield Way(
        "Being assigned to it",
        "What it did to everybody it was meant for. This one decides.",
        between(one.effect, row),
    )
    if one.cace is not None:
        reached = f" {percent(one.compliance, 0)} were." if one.compliance is not None else ""
        yield Way(
            "Being reached by it",
            f"What it did to those whom it reached.{reached}",
            between(one.cace, row),
        )
    if one.diluted is not None:
        yield Way(
            "Over everybody", "Spread over all whom it could concern.", between(one.diluted, row)
        )
    if one.cuped is not None:
        removed = percent(one.cuped.variance_removed, 0)
        yield Way(
            "Adjusted for what users did before",
            one.cuped.withheld or f"The same with {removed} of the noise taken off.",
            between(one.cuped.effect, row),
        )
    if one.fixed is not None:
        yield Way(
            "At the planned end", "A tighter interval, valid at the planned date only.",
            between(one.fixed, row),
        )  # fmt: skip
    if one.bayes is not None:
        yield Way(
            "Chance that it is better",
            f"If one chose it and were wrong, {amount(one.bayes.risk_of_choosing, row)} would be "
            "lost on average.",
            percent(one.bayes.chance_to_win, 0),
        )


def guard_badge(guard: GuardRow) -> Badge:
    """Whether something got worse that must not."""
    if guard.harmed:
        return Badge("Got worse", "red", "error")
    if guard.worse_by_at_least is None:
        return Badge("No number", "gray", "help")
    return Badge("Not worse", "green", "check")


def points_of(readout: ExperimentReadout) -> tuple[Point, ...]:
    """The metric that it is decided by, day by day, of the arm that tells most."""
    first, primary = leading(readout), readout.primary
    if first is None or primary is None:
        return ()
    return tuple(
        Point(f"{one.day.day} {one.day:%b}", one.effect, one.low, one.high)
        for one in readout.series
        if one.metric == primary.key
        and one.arm == first.arm
        and one.effect is not None
        and one.low is not None
        and one.high is not None
    )


def stopping(readout: ExperimentReadout) -> tuple[str, ...]:
    """What speaks for stopping now, and what for going on."""
    said = []
    failed = [check for check in readout.checks if check.outcome == "failed"]
    harmed = [guard.name for guard in readout.guards if guard.harmed]
    first = leading(readout)
    if failed:
        said.append("Stop and repair it: the sides cannot be compared, so more users do not help.")
    if harmed:
        said.append(f"Stop it: {listing(harmed)} got worse, which must not.")
    if first and first.verdict == "worse":
        said.append("Stop it: it does harm to what it is decided by.")
    if first and first.verdict == "better" and not harmed and not failed:
        said.append("It may end now: the interval holds at every look, and it is better.")
    if readout.planned_date_reached:
        said.append("The planned end is reached: everybody who was to count has been followed.")
    if not said:
        said.append("Let it go on: nothing is clear yet, and nothing speaks against it.")
    left = readout.planned_units - readout.triggered_users
    if left > 0:
        said.append(
            f"Intervals are tightest at {people(readout.planned_units)}; {number(left)} are "
            "still to come."
        )
    return tuple(said)
