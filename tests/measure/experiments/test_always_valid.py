"""Intervals that hold at every look, for every type of metric, and in worlds like the demo's.

Thousands of worlds at once: sums as arrays. That the product's functions say the same is tried on
single looks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from core.experiments import MetricKind
from measure.experiments.effects import LEAST_EVENTS, LEAST_UNITS, Looking, Side, compare
from measure.experiments.measured import Compared
from measure.methods import power, quantiles, sequences
from measure.methods.arms import Z95, Sums, quantile_arm

LOOKS, WORLDS, PLANNED = 500, 600, 5_000
Numbers = npt.NDArray[np.float64]
LOOK = Looking(PLANNED, False, None, 0)


class Sides(NamedTuple):
    """World × look: units and sums so far of one arm."""

    n: Numbers
    y: Numbers
    yy: Numbers
    x: Numbers
    xx: Numbers
    xy: Numbers

    @property
    def variance(self) -> Numbers:
        return (self.yy - self.y**2 / self.n) / (self.n - 1)

    @property
    def variance_x(self) -> Numbers:
        return (self.xx - self.x**2 / self.n) / (self.n - 1)

    @property
    def covariance(self) -> Numbers:
        return (self.xy - self.x * self.y / self.n) / (self.n - 1)


def _drawn(kind: str, batch: int, draw: np.random.Generator) -> Sides:
    size = (WORLDS, LOOKS, batch)
    x = np.zeros(size, np.float32)
    if kind == "reached":
        y = (draw.random(size, np.float32) < 0.05).astype(np.float32)
    elif kind == "revenue":
        paid = draw.random(size, np.float32) < 0.05
        y = np.where(paid, draw.lognormal(2, 1, size), 0).astype(np.float32)
    elif kind == "ratio":
        x = (1 + draw.poisson(2, size)).astype(np.float32)
        y = draw.binomial(x.astype(np.int64), 0.3).astype(np.float32)
    else:
        x = draw.gamma(2, 2, size).astype(np.float32)
        y = x + draw.standard_normal(size, np.float32)
    parts = (y, y * y, x, x * x, x * y)
    n = np.broadcast_to(batch * np.arange(1.0, LOOKS + 1), (WORLDS, LOOKS))
    return Sides(n, *(part.sum(axis=2, dtype=np.float64).cumsum(axis=1) for part in parts))


def _means(kind: str, one: Sides, both: Sides) -> tuple[Numbers, Numbers]:
    """The estimate and the variance of one unit around it."""
    mean, variance = one.y / one.n, one.variance
    if kind == "reached":
        share = (one.y + 0.5) / (one.n + 1)
        return mean, share * (1 - share)
    if kind == "ratio":
        ratio = one.y / one.x
        spread = variance - 2 * ratio * one.covariance + ratio**2 * one.variance_x
        return ratio, spread / (one.x / one.n) ** 2
    if kind == "cuped":
        theta = both.covariance / both.variance_x
        shifted = mean - theta * (one.x / one.n - both.x / both.n)
        return shifted, variance + theta**2 * one.variance_x - 2 * theta * one.covariance
    return mean, variance


def _effects(kind: str, a: Sides, b: Sides) -> tuple[Numbers, Numbers]:
    """Effect and its standard error at every look of every world."""
    both = Sides(*(one + two for one, two in zip(a, b, strict=True)))
    (mean_a, var_a), (mean_b, var_b) = _means(kind, a, both), _means(kind, b, both)
    least = ((a.n - 1) * var_a + (b.n - 1) * var_b) / (both.n - 2)
    error = np.maximum(var_a, least) / a.n + np.maximum(var_b, least) / b.n
    return mean_b - mean_a, np.sqrt(error)


def _shown(kind: str, a: Sides, b: Sides) -> npt.NDArray[np.bool_]:
    """Where a number is given at all."""
    shown = np.minimum(a.n, b.n) >= LEAST_UNITS
    if kind == "reached":
        converted, n = a.y + b.y, a.n + b.n
        shown = shown & (np.minimum(converted, n - converted) >= LEAST_EVENTS)
    return np.asarray(shown)


def _side(one: Sides, world: int, look: int) -> Side:
    return Side(Sums(*(float(part[world, look]) for part in one)), 0.0, 0.0, 0)


KINDS: dict[str, MetricKind] = {
    "reached": "reached",
    "revenue": "total",
    "ratio": "ratio",
    "cuped": "total",
}


@pytest.mark.slow
@pytest.mark.parametrize("batches", [(20, 20), (4, 36)], ids=["even", "holdout of 10 %"])
@pytest.mark.parametrize("kind", KINDS)
def test_500_looks_err_at_most_5_times_in_100(kind: str, batches: tuple[int, int]) -> None:
    draw = np.random.default_rng(20_260_701)
    a, b = (_drawn(kind, batch, draw) for batch in batches)
    effect, error = _effects(kind, a, b)
    units = (a.n + b.n)[0]
    width = np.array([sequences.half_width(1.0, float(n), 0.05, PLANNED) for n in units])

    wrong = ((np.abs(effect) > width * error) & _shown(kind, a, b)).any(axis=1).mean()

    assert wrong <= 0.05
    metric = Compared("m", "m", KINDS[kind], None)
    for world, look in ((0, 499), (1, 250), (2, 120)):
        found = compare(metric, "b", _side(b, world, look), _side(a, world, look), LOOK)
        told = found.cuped.effect if kind == "cuped" and found.cuped else found.effect
        assert told is not None
        assert told.value == pytest.approx(effect[world, look], rel=1e-6)
        assert told.high == pytest.approx(
            effect[world, look] + width[look] * error[world, look], rel=1e-6
        )


@pytest.mark.slow
def test_quantiles_looked_at_500_times_err_at_most_5_times_in_100() -> None:
    worlds, batch = 120, 4
    values = np.random.default_rng(7).exponential(1.0, (2, worlds, LOOKS * batch))
    wrong = np.zeros(worlds, np.bool_)
    for look in range(LEAST_UNITS // batch, LOOKS + 1):
        n = batch * look
        medians, errors = zip(*(_medians(arm[:, :n]) for arm in values), strict=True)
        width = sequences.half_width(1.0, 2 * n, 0.05, PLANNED)
        wrong |= np.abs(medians[1] - medians[0]) > width * np.sqrt(2 * np.maximum(*errors) / n)

    assert wrong.mean() <= 0.05
    one = quantiles.of_values(values[0, 0, :900], 0.5)
    arm = quantile_arm(900, one.value, one.low, one.high)
    median, variance = _medians(values[0, :1, :900])
    assert (median[0], variance[0]) == pytest.approx((arm.mean, arm.variance))


def _medians(values: Numbers) -> tuple[Numbers, Numbers]:
    """Each world's median, and the variance of one unit by the ranks of ``quantiles.of_values``."""
    n = values.shape[1]
    half = Z95 * np.sqrt(0.25 / n)
    low, high = max(0, int((0.5 - half) * n) - 1), min(n - 1, int(np.ceil((0.5 + half) * n)))
    middle = int(np.ceil(0.5 * n)) - 1
    ordered = np.partition(values, [low, middle, high], axis=1)
    spread = (ordered[:, high] - ordered[:, low]) / (2 * Z95)
    return ordered[:, middle], (n - 1) * spread**2


def test_worlds_like_the_demo_have_their_lift_in_the_interval() -> None:
    draw = np.random.default_rng(11)
    base, lift, worlds = 0.12, 0.08, 200
    metric = Compared("goal", "Goal", "reached", None)
    inside = 0
    for _ in range(worlds):
        held = int(draw.binomial(3_000, 0.1))
        reached = draw.binomial(held, base), draw.binomial(3_000 - held, base + lift)
        control = Side(Sums(held, reached[0], reached[0], 0, 0, 0), 0, 0, 0)
        treated = Side(Sums(3_000 - held, reached[1], reached[1], 0, 0, 0), 0, 0, 0)
        effect = compare(metric, "treated", treated, control, LOOK).effect
        assert effect is not None
        inside += (effect.low or 0) <= lift <= (effect.high or 0)

    assert inside / worlds >= 0.93


def test_the_power_that_is_promised_is_the_power_that_is_found() -> None:
    draw, per_look, looks, worlds = np.random.default_rng(3), 250, 14, 4_000
    effect, n = 0.1, 250.0 * 14
    # Sums of standard normal values: of a chi-squared one the squares, so that variances vary too.
    size, shift = (worlds, looks), np.sqrt(per_look)
    sums = [draw.standard_normal(size) * shift for _ in range(2)]
    squares = [draw.chisquare(per_look, size) for _ in range(2)]
    units = per_look * np.arange(1.0, looks + 1)
    means = [one.cumsum(axis=1) / units for one in sums]
    variances = [one.cumsum(axis=1) / units for one in squares]
    error = np.sqrt((variances[0] + variances[1]) / units)
    bounds = np.array([sequences.half_width(1.0, 2 * one, 0.05, 2 * n) for one in units])

    found = (np.abs(means[1] + effect - means[0]) > bounds * error).any(axis=1).mean()
    once = (np.abs(means[1] + effect - means[0])[:, -1] > 1.96 * error[:, -1]).mean()

    promised = power.power_sequential(effect, np.sqrt(2 / n), 2 * n, 2 * n, looks)
    assert 0.3 < promised < 0.99
    assert found == pytest.approx(promised, abs=0.02)
    at_once = power.power_relative(power.Metric(1.0, 1.0), effect, n)
    assert once == pytest.approx(at_once, abs=0.03)
