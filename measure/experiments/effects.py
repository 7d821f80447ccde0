"""The effect of one arm against the control on one metric, every way that it is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import inf, sqrt
from typing import NamedTuple

from measure.experiments.measured import Compared
from measure.experiments.readout import Adjusted, Bayes, Comparison, Estimate
from measure.methods import bayes, means, sequences
from measure.methods.arms import (
    Arm,
    Difference,
    Sums,
    difference,
    guarded,
    mean_arm,
    ratio_arm,
    smoothed_proportion_arm,
)
from measure.methods.means import Tested
from measure.statistics import p_text

ALPHA = 0.05
LEAST_UNITS = 100
"""Below so many units in an arm the sequences, which are right for many, are not yet."""
LEAST_EVENTS = 10
"""A share needs so many who converted, and so many who did not, in both arms together."""
ROUNDING = 1e-12
"""A variance of so small a part of the squared mean is what rounding leaves of none."""
STRONG = 3.17
"""Compliance of fewer standard errors says too little to divide by (an F of 10)."""


class Side(NamedTuple):
    """One arm on one metric."""

    sums: Sums
    applied: float
    """Units that the arm reached."""
    product: float
    """Sum of the metric over those."""
    bad: int
    """Units' events whose value is no number."""
    quantile: Arm | None = None


class Looking(NamedTuple):
    """When it is looked at."""

    planned_units: int
    is_planned_date: bool
    trigger_rate: float | None
    total: int


def compare(metric: Compared, arm: str, treated: Side, control: Side, look: Looking) -> Comparison:
    """Everything there is to say; where a number would mean nothing, why there is none."""
    shown = Comparison(
        arm=arm,
        users=int(treated.sums.n),
        control_users=int(control.sums.n),
        mean=_mean(metric, treated),
        control_mean=_mean(metric, control),
        withheld=why_not(metric, treated, control),
    )
    if shown.withheld is not None:
        return shown
    plain = arm_of(metric, control), arm_of(metric, treated)
    a, b = guarded(*plain)
    found, units = difference(a, b), treated.sums.n + control.sums.n
    tested = always(found, units, look)
    effect = _estimate(tested)
    fixed = means.welch(*plain, alpha=ALPHA) if look.is_planned_date else None
    rate = look.trigger_rate
    return shown.model_copy(
        update={
            "effect": effect,
            "relative": _relative(a, b, units, look),
            "p": never_zero(tested.p),
            "p_text": p_text(tested.p),
            "fixed": _estimate(fixed) if fixed else None,
            "fixed_p": never_zero(fixed.p) if fixed else None,
            "cuped": _cuped(metric, treated, control, look),
            "compliance": compliance(treated, control),
            "cace": cace(metric, treated, control, look),
            "diluted": _diluted(found, units, rate, look) if rate is not None else None,
            "bayes": _bayes(metric, a, b),
            "verdict": _verdict(metric, effect),
        }
    )


def why_not(metric: Compared, treated: Side, control: Side) -> str | None:
    """The reason why no effect is given on this metric."""
    if bad := treated.bad + control.bad:
        return f"{bad:,} events have a value that is no number, or an infinite one."
    fewest = min(treated.sums.n, control.sums.n)
    if fewest == 0:
        return "One of the arms has no users."
    if fewest < LEAST_UNITS:
        return (
            f"The smaller arm has {fewest:,.0f} users: from {LEAST_UNITS} on, intervals hold "
            "what they promise."
        )
    if metric.kind == "reached":
        return _too_rare(treated.sums, control.sums)
    if metric.kind == "ratio" and min(treated.sums.x, control.sums.x) == 0:
        return "In one of the arms the denominators add up to nothing."
    if not _varies(metric, treated, control):
        if metric.kind == "quantile":
            return "Values are too coarse: around the quantile they are all the same in both arms."
        return "Everybody has the same value in both arms: there is nothing to compare."
    return None


def _too_rare(treated: Sums, control: Sums) -> str | None:
    converted, everybody = treated.y + control.y, treated.n + control.n
    if converted in (0, everybody):
        who = "Nobody" if converted == 0 else "Everybody"
        return f"{who} in either arm reached it: there is nothing to compare."
    if min(converted, everybody - converted) < LEAST_EVENTS:
        few = "reached it" if converted < LEAST_EVENTS else "did not reach it"
        return (
            f"Only {min(converted, everybody - converted):,.0f} users {few}: from {LEAST_EVENTS} "
            "on, intervals hold what they promise."
        )
    return None


def _varies(metric: Compared, treated: Side, control: Side) -> bool:
    arms = [arm_of(metric, side) for side in (treated, control)]
    return any(arm.variance > ROUNDING * arm.mean**2 for arm in arms)


def arm_of(metric: Compared, side: Side) -> Arm:
    """The arm as its metric's kind has it."""
    sums = side.sums
    match metric.kind:
        case "reached":
            return smoothed_proportion_arm(sums.n, sums.y)
        case "ratio":
            return ratio_arm(sums)
        case "quantile":
            assert side.quantile is not None, "the quantiles are read before"
            return side.quantile
        case _:
            return mean_arm(sums.n, sums.y, sums.yy)


def _mean(metric: Compared, side: Side) -> float | None:
    sums = side.sums
    if side.bad or sums.n == 0:
        return None
    if metric.kind == "quantile":
        return side.quantile.mean if side.quantile else None
    if metric.kind == "ratio":
        return sums.y / sums.x if sums.x else None
    return sums.y / sums.n


def always(found: Difference, units: float, look: Looking) -> Tested:
    """What holds at every look."""
    return sequences.sequence(found, units, alpha=ALPHA, planned=look.planned_units)


def never_zero(p: float) -> float:
    """A p is never 0: at the end of what a number can be it is the smallest one."""
    return max(p, sys.float_info.min)


def _estimate(tested: Tested) -> Estimate:
    return Estimate(value=tested.effect, low=tested.low, high=tested.high)


def _relative(a: Arm, b: Arm, units: float, look: Looking) -> Estimate | None:
    if a.unadjusted == 0:
        return None
    return _estimate(always(difference(a, b, relative=True), units, look))


def _cuped(metric: Compared, treated: Side, control: Side, look: Looking) -> Adjusted | None:
    """None where nothing of users was known before, or it explains nothing."""
    if metric.kind not in ("reached", "times", "total"):
        return None
    a, b = control.sums, treated.sums
    if (a + b).variance_x <= 0:
        return None
    before, after = means.pre_period_balance(a, b), means.cuped_arms(a, b)
    plain = [one.variance_y / one.n for one in (a, b)]
    removed = 1 - sum(one.error for one in after) / sum(plain) if sum(plain) else 0.0
    shown = Adjusted(
        effect=None,
        p=None,
        variance_removed=max(0.0, removed),
        balance_p=never_zero(before.p),
        withheld=None,
    )
    if not before.balanced:
        why = "Before it began the arms were not alike, so taking that off would mislead."
        return shown.model_copy(update={"withheld": why})
    if sum(one.variance for one in after) <= 0:
        return shown.model_copy(update={"withheld": "What was before explains everything."})
    tested = always(difference(*guarded(*after)), a.n + b.n, look)
    return shown.model_copy(update={"effect": _estimate(tested), "p": never_zero(tested.p)})


def compliance(treated: Side, control: Side) -> float:
    """How many more the arm reached, as a share."""
    return treated.applied / treated.sums.n - control.applied / control.sums.n


def cace(metric: Compared, treated: Side, control: Side, look: Looking) -> Estimate | None:
    """The effect on those whom the arm reached (a Wald ratio, by the delta method); None where too
    few were reached, or everybody was."""
    if metric.kind not in ("reached", "times", "total"):
        return None
    share = compliance(treated, control)
    spread = sum(_bernoulli(one.applied / one.sums.n) / one.sums.n for one in (treated, control))
    if share <= 0 or share < STRONG * sqrt(spread):
        return None
    effect = (treated.sums.y / treated.sums.n - control.sums.y / control.sums.n) / share
    arms = guarded(*(Arm(one.sums.n, 0.0, _residual(one, effect)) for one in (control, treated)))
    error = sum(one.error for one in arms)
    if error <= 0:
        return None
    units = treated.sums.n + control.sums.n
    return _estimate(always(Difference(effect, sqrt(error) / share, inf), units, look))


def _bernoulli(share: float) -> float:
    return share * (1 - share)


def _residual(side: Side, effect: float) -> float:
    """The variance of y less effect times reached."""
    n, applied = side.sums.n, side.applied
    covariance = side.product / n - (side.sums.y / n) * (applied / n)
    reached = _bernoulli(applied / n)
    return side.sums.variance_y - 2 * effect * covariance + effect**2 * reached


def _diluted(found: Difference, units: float, rate: float, look: Looking) -> Estimate:
    """Triggered effect times trigger rate, the rate's own noise in it."""
    noise = _bernoulli(rate) / look.total if look.total else 0.0
    error = sqrt((rate * found.se) ** 2 + found.effect**2 * noise)
    return _estimate(always(Difference(rate * found.effect, error, inf), units, look))


def _bayes(metric: Compared, a: Arm, b: Arm) -> Bayes:
    believed = bayes.posterior(a, b)
    staying, choosing = believed.risk
    wins = believed.chance_to_win
    if metric.better == "down":
        wins, staying, choosing = 1 - wins, choosing, staying
    return Bayes(chance_to_win=wins, risk_of_choosing=choosing, risk_of_staying=staying)


def _verdict(metric: Compared, effect: Estimate) -> str:
    if not effect.excludes_zero:
        return "unclear"
    return "better" if (effect.value > 0) == (metric.better == "up") else "worse"


Adjust = Callable[[list[float]], list[float]]


def adjusted(rows: list[Comparison], adjust: Adjust) -> list[Comparison]:
    """With p-values adjusted over all of them."""
    given = [row.p for row in rows if row.p is not None]
    left = iter(adjust(given))
    return [
        row if row.p is None else row.model_copy(update={"p_adjusted": next(left)}) for row in rows
    ]
