"""Power, the smallest effect that would be seen, and sample sizes."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import nct
from scipy.stats import t as student

from measure.methods.arms import Arm, relative_variance, require
from measure.methods.sequences import half_width

SIMULATED = 10_000


class Metric(NamedTuple):
    """What is known of a metric before: its mean and variance per unit."""

    mean: float
    variance: float


def relative_error(metric: Metric, effect: float, per_arm: float) -> float:
    """The standard error of a relative effect, were it this large."""
    require(metric.mean != 0, "a relative effect needs a mean that is not 0", "mean")
    arm = Arm(per_arm, metric.mean, metric.variance)
    return sqrt(relative_variance(arm, arm._replace(mean=metric.mean * (1 + effect))))


def power_relative(metric: Metric, effect: float, per_arm: float, alpha: float = 0.05) -> float:
    """The chance to see a relative effect in a two-sided test, by the delta method."""
    error = relative_error(metric, effect, per_arm)
    return _two_tails(effect / error, float(ndtri(1 - alpha / 2)))


def _two_tails(shift: float, bound: float) -> float:
    return float(ndtr(shift - bound) + ndtr(-shift - bound))


def power_sequential_upper(
    metric: Metric, effect: float, per_arm: float, planned: float, alpha: float = 0.05
) -> float:
    """What GrowthBook's calculator says of a confidence sequence's power at its last look.

    It stretches the error of one test by the sequence's width, which overstates the power: for
    planning use ``power_sequential``, which simulates.
    """
    error, z = relative_error(metric, effect, per_arm), float(ndtri(1 - alpha / 2))
    bound = half_width(error**2, 2 * per_arm, alpha, planned) / error
    return _two_tails(effect / error * z / bound, z)


def power_sequential(
    effect: float, error: float, n: float, planned: float, looks: int, alpha: float = 0.05
) -> float:
    """The chance that a confidence sequence excludes 0 at any of some even looks, simulated.

    ``error``: the standard error at the end, after ``n`` units in both arms. Right to about one
    point; the same draws every time.
    """
    times = np.arange(1, looks + 1) / looks
    steps = np.random.default_rng(7).standard_normal((SIMULATED, looks)) / sqrt(looks)
    z = steps.cumsum(axis=1) / np.sqrt(times) + effect / error * np.sqrt(times)
    bounds = [half_width(1.0, n * one, alpha, planned) for one in times]
    return float((np.abs(z) > bounds).any(axis=1).mean())


def smallest_relative_effect(
    metric: Metric, per_arm: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The least relative rise that is seen with this power; infinite where none is."""

    def short(effect: float) -> float:
        return power_relative(metric, effect, per_arm, alpha) - power

    most = 1.0
    while short(most) < 0:
        most *= 2
        if most > 1e6:
            return float("inf")
    return float(brentq(short, 1e-12, most, xtol=1e-12))


def further_units(error: float, effect: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """How many times the units so far are still needed for this power, from the error so far."""
    needed = (float(ndtri(1 - alpha / 2)) + float(ndtri(power))) ** 2
    return max(0.0, needed * error**2 / effect**2 - 1)


def further_units_sequential(
    error: float, n: float, effect: float, planned: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The same where a confidence sequence must exclude 0 at the end."""

    def short(times: float) -> float:
        reached = error / sqrt(1 + times)
        bound = half_width(reached**2, n * (1 + times), alpha, planned) / reached
        return _two_tails(abs(effect) / reached, bound) - power

    return _root(short, 0.0, 1.0)


def _root(short: Callable[[float], float], low: float, high: float) -> float:
    """Where ``short`` first is 0 or more; ``low`` if it is there."""
    if short(low) >= 0:
        return low
    while short(high) < 0:
        high *= 2
        require(high < 1e15, "no number of units is enough", "effect")
    return float(brentq(short, low, high, xtol=1e-9))


def power_t(per_arm: float, delta: float, sd: float, alpha: float = 0.05) -> float:
    """The power of Student's two-sample t-test (R's ``power.t.test``, one tail counted)."""
    degrees = max(1e-7, 2 * (per_arm - 1))
    bound = student.isf(alpha / 2, degrees)
    return float(nct.sf(bound, degrees, sqrt(per_arm / 2) * abs(delta) / sd))


def units_t(power: float, delta: float, sd: float, alpha: float = 0.05) -> float:
    """Units per arm of that test."""
    require(delta != 0, "an effect of 0 is never seen", "delta")
    return _root(lambda n: power_t(n, delta, sd, alpha) - power, 2.0, 4.0)


def power_proportions(per_arm: float, p1: float, p2: float, alpha: float = 0.05) -> float:
    """The power of the two-sample test of proportions (R's ``power.prop.test``)."""
    pooled = (p1 + p2) * (1 - (p1 + p2) / 2)
    apart = sqrt(per_arm) * abs(p1 - p2) - float(ndtri(1 - alpha / 2)) * sqrt(pooled)
    return float(ndtr(apart / sqrt(p1 * (1 - p1) + p2 * (1 - p2))))


def units_proportions(power: float, p1: float, p2: float, alpha: float = 0.05) -> float:
    """Units per arm of that test."""
    require(p1 != p2, "two equal proportions are never told apart", "p1")
    return _root(lambda n: power_proportions(n, p1, p2, alpha) - power, 1.0, 2.0)


def units_of_baseline(p: float, delta: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Units per arm for an absolute change of a proportion, as Evan Miller's calculator."""
    require(delta != 0, "an effect of 0 is never seen", "delta")
    null, other = sqrt(2 * p * (1 - p)), sqrt(p * (1 - p) + (p + delta) * (1 - p - delta))
    return ((float(ndtri(1 - alpha / 2)) * null + float(ndtri(power)) * other) / delta) ** 2


def units_z(
    variances: tuple[float, float], delta: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Units per arm of a two-sided z-test, from the variance of a unit in each arm."""
    require(delta != 0, "an effect of 0 is never seen", "delta")
    needed = (float(ndtri(1 - alpha / 2)) + float(ndtri(power))) ** 2
    return needed * sum(variances) / delta**2
