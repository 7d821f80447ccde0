"""Tests of means: Welch's t, ratios by the delta method, CUPED."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import NamedTuple

from scipy.special import stdtr, stdtrit

from measure.methods.arms import (
    Arm,
    Difference,
    Sums,
    difference,
    ratio_arm,
    require,
    welch_degrees,
)


class Tested(NamedTuple):
    """An effect with its interval and p; an end of None is open."""

    effect: float
    low: float | None
    high: float | None
    se: float
    p: float


def welch(a: Arm, b: Arm, *, relative: bool = False, alpha: float = 0.05) -> Tested:
    """Welch's two-sided t-test of two means."""
    found = difference(a, b, relative=relative)
    half = float(stdtrit(found.degrees, 1 - alpha / 2)) * found.se
    p = 2 * upper(-abs(found.effect), found)
    return Tested(found.effect, found.effect - half, found.effect + half, found.se, p)


def welch_one_sided(
    a: Arm, b: Arm, *, greater: bool, relative: bool = False, alpha: float = 0.05
) -> Tested:
    """Welch's one-sided t-test: that ``b`` is greater, or that it is less."""
    found = difference(a, b, relative=relative)
    half = float(stdtrit(found.degrees, 1 - alpha)) * found.se
    if greater:
        p = upper(-found.effect, found)
        return Tested(found.effect, found.effect - half, None, found.se, p)
    p = upper(found.effect, found)
    return Tested(found.effect, None, found.effect + half, found.se, p)


def upper(effect: float, found: Difference) -> float:
    """The probability of Student's t up to this many standard errors."""
    return float(stdtr(found.degrees, effect / found.se))


def log_ratio_interval(a: Arm, b: Arm, alpha: float = 0.05) -> tuple[float, float]:
    """The interval of the relative effect on the scale of logarithms: never below -100 %."""
    require(a.mean > 0 and b.mean > 0, "both means are above 0", "mean")
    error_a, error_b = a.error / a.mean**2, b.error / b.mean**2
    degrees = welch_degrees(error_a, a.n, error_b, b.n)
    half = float(stdtrit(degrees, 1 - alpha / 2)) * sqrt(error_a + error_b)
    centre = log(b.mean / a.mean)
    return exp(centre - half) - 1, exp(centre + half) - 1


def ratio_test(a: Sums, b: Sums, *, relative: bool = False, alpha: float = 0.05) -> Tested:
    """Two ratios of sums, y to x, by the delta method."""
    return welch(ratio_arm(a), ratio_arm(b), relative=relative, alpha=alpha)


def theta(both: Sums) -> float:
    """CUPED's coefficient over both arms (Deng, Xu, Kohavi and Walker 2013); 0 without spread."""
    return both.covariance / both.variance_x if both.variance_x > 0 else 0.0


def cuped_arms(a: Sums, b: Sums) -> tuple[Arm, Arm]:
    """Both arms with what the covariate explains taken off; means stay around the same whole."""
    both = a + b
    by, middle = theta(both), both.x / both.n
    return _adjusted(a, by, middle), _adjusted(b, by, middle)


def _adjusted(sums: Sums, by: float, middle: float) -> Arm:
    mean = sums.y / sums.n - by * (sums.x / sums.n - middle)
    variance = sums.variance_y + by**2 * sums.variance_x - 2 * by * sums.covariance
    return Arm(sums.n, mean, max(0.0, variance), baseline=sums.y / sums.n)


def cuped_relative(a: Sums, b: Sums) -> Difference:
    """The relative effect with CUPED, its control's own noise in it (delta method over both
    means and covariates, as in gbstats ``frequentist_variance_relative_cuped``)."""
    arm_a, arm_b = cuped_arms(a, b)
    by = theta(a + b)
    base, other = arm_a.unadjusted, arm_b.unadjusted
    require(base != 0, "a relative effect needs a control that is not 0", "a")
    treated = arm_b.variance / (b.n * base**2)
    control = (
        a.variance_y * (other / base) ** 2
        - 2 * by * a.covariance * other / base
        + by**2 * a.variance_x
    ) / (a.n * base**2)
    degrees = welch_degrees(arm_a.error, a.n, arm_b.error, b.n)
    return Difference((arm_b.mean - arm_a.mean) / abs(base), sqrt(treated + control), degrees)


class Balance(NamedTuple):
    """Whether the arms were alike before: the covariate tested as if it were the metric."""

    effect: float
    p: float
    balanced: bool


def pre_period_balance(a: Sums, b: Sums, alpha: float = 0.001) -> Balance:
    """CUPED is right only where the arms were alike before it began; at this p they were not."""
    before = [Arm(one.n, one.x / one.n, one.variance_x) for one in (a, b)]
    if before[0].variance == before[1].variance == 0:
        return Balance(0.0, 1.0, before[0].mean == before[1].mean)
    tested = welch(*before)
    return Balance(tested.effect, tested.p, tested.p >= alpha)
