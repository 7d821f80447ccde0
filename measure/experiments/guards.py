"""What must not get worse: opt-outs, complaints, bounces, and metrics that the team guards."""

from __future__ import annotations

from typing import NamedTuple

from core.canary import CanaryLimits
from measure.canary_bounds import lower_bound
from measure.experiments.assigned import PlannedArm
from measure.experiments.cells import Cells, Mask
from measure.experiments.effects import ALPHA, Looking, Side, arm_of, never_zero, why_not
from measure.experiments.measured import Compared
from measure.experiments.readout import GuardRow
from measure.methods import sequences
from measure.methods.arms import Sums, difference, guarded

OPT_OUTS = {"unsubscribed": "unsubscribes", "complained": "complaints"}
"""Column of the cells → what it is called."""


class Sides(NamedTuple):
    """An arm and the control as rows of the cells."""

    arm: PlannedArm
    treated: Mask
    control: Mask


def of_opt_outs(cells: Cells, sides: Sides, look: Looking) -> list[GuardRow]:
    """Shares of users who opted out or complained, against the control."""
    rows = []
    for column, name in OPT_OUTS.items():
        metric = Compared(column, name, "reached", None, better="down", guard=True)
        treated, control = (_share(cells, column, part) for part in sides[1:])
        rows.append(of_metric(metric, sides.arm, (treated, control), look, cells.sql))
    return rows


def bounces(cells: Cells, sides: Sides, limits: CanaryLimits) -> GuardRow:
    """The share of messaged users whose message bounced: against a limit, for a control that gets
    no message has no bounces."""
    bounced, messaged = (
        int(cells.number(one, sides.treated & cells.overall)) for one in ("bounced", "messaged")
    )
    low = lower_bound(bounced, messaged, ALPHA) if messaged else 0.0
    limit = limits.max_error_rate
    harmed = low > limit
    rate = bounced / messaged if messaged else None
    told = f"{bounced:,} of {messaged:,} users had a message that bounced or failed"
    verdict = "more than" if harmed else "not shown to be more than"
    return GuardRow(
        key="bounces",
        name="bounces",
        arm=sides.arm.key,
        rate=rate,
        control_rate=None,
        worse_by_at_least=low - limit if messaged else None,
        p=None,
        harmed=harmed,
        sentence=f"{told}: {verdict} the limit of {limit:.1%}." if messaged else "No messages yet.",
        sql=cells.sql,
    )


def of_metric(
    metric: Compared, arm: PlannedArm, both: tuple[Side, Side], look: Looking, sql: str
) -> GuardRow:
    """A metric by a one-sided sequence towards what is worse; ``both``: treated, control."""
    treated, control = both
    rates = [one.sums.y / one.sums.n if one.sums.n else None for one in both]
    shown = GuardRow(
        key=metric.key,
        name=metric.name,
        arm=arm.key,
        rate=rates[0],
        control_rate=rates[1],
        worse_by_at_least=None,
        p=None,
        harmed=False,
        sentence="",
        sql=sql,
    )
    if why := why_not(metric, treated, control):
        return shown.model_copy(update={"sentence": f"{metric.name}: {why}"})
    a, b = arm_of(metric, control), arm_of(metric, treated)
    upwards = metric.better == "down"
    tested = sequences.one_sided_sequence(
        difference(*guarded(a, b)),
        treated.sums.n + control.sums.n,
        greater=upwards,
        alpha=ALPHA,
        planned=look.planned_units,
    )
    worse = (tested.low if upwards else -(tested.high or 0.0)) or 0.0
    word = "got worse" if worse > 0 else "not shown to get worse"
    return shown.model_copy(
        update={
            "worse_by_at_least": worse,
            "p": never_zero(tested.p),
            "harmed": worse > 0,
            "sentence": f"{metric.name}: {word} ({b.mean:.4g} against {a.mean:.4g} per user).",
        }
    )


def _share(cells: Cells, column: str, part: Mask) -> Side:
    n, total = cells.number("units", part), cells.number(column, part)
    return Side(Sums(n, total, total, 0.0, 0.0, 0.0), 0.0, 0.0, 0)
