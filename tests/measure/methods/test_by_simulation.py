"""Methods keep what they promise: tried on draws whose truth is known."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from measure.methods import (
    attribution,
    decompositions,
    lifetime,
    means,
    power,
    quantiles,
    ratio_mismatch,
    sequences,
)
from measure.methods.arms import Sums, difference, mean_arm

DRAWN = np.random.default_rng(20_260_601)


def test_a_confidence_sequence_looked_at_500_times_errs_at_most_5_times_in_100() -> None:
    looks, worlds, n = 500, 4_000, 10_000
    times = np.arange(1, looks + 1) / looks
    steps = DRAWN.standard_normal((worlds, looks)) / sqrt(looks)
    z = steps.cumsum(axis=1) / np.sqrt(times)
    bounds = [sequences.half_width(1.0, n * one, 0.05, n) for one in times]
    assert (np.abs(z) > bounds).any(axis=1).mean() <= 0.05


def test_planned_looks_spend_exactly_their_alpha() -> None:
    t = [0.2, 0.5, 0.8, 1.0]
    bounds = sequences.group_sequential_bounds(t)
    steps = DRAWN.standard_normal((400_000, 4)) * np.sqrt(np.diff([0.0, *t]))
    z = steps.cumsum(axis=1) / np.sqrt(t)
    assert (np.abs(z) > bounds).any(axis=1).mean() == pytest.approx(0.05, abs=0.0015)


def test_a_sequential_ratio_check_errs_at_most_5_times_in_100_and_sees_8_percent_for_5() -> None:
    looks = np.arange(1_000, 100_001, 1_000)
    false = 0
    for _ in range(200):
        held = DRAWN.binomial(1_000, 0.05, size=len(looks)).cumsum()
        p = ratio_mismatch.sequential(np.stack([held, looks - held], axis=1), [0.05, 0.95])
        false += p[-1] < 0.05
    assert false <= 20
    held = DRAWN.binomial(10_000, 0.08)
    assert ratio_mismatch.sequential([[held, 10_000 - held]], [0.05, 0.95])[0] < 0.001


def test_power_by_formula_is_the_power_that_is_found() -> None:
    n, effect, worlds = 400, 0.25, 4_000
    a = DRAWN.exponential(2.0, (worlds, n))
    b = DRAWN.exponential(2.0 * (1 + effect), (worlds, n))
    seen = 0
    for one, other in zip(a, b, strict=True):
        arms = [mean_arm(n, float(x.sum()), float(x @ x)) for x in (one, other)]
        seen += means.welch(*arms, relative=True).p < 0.05
    # Exponential: the variance grows with the mean, which the formula is told for the control.
    assert seen / worlds == pytest.approx(
        power.power_relative(power.Metric(2.0, 4.0), effect, n), abs=0.08
    )
    assert power.power_t(20, 1, 1) == pytest.approx(0.869, abs=0.001)


def test_cuped_narrows_the_interval_and_keeps_the_effect() -> None:
    n = 5_000
    before = DRAWN.gamma(2.0, 2.0, (2, n))
    after = before + DRAWN.standard_normal((2, n)) + np.array([[0.0], [0.2]])
    sums = [
        Sums(n, float(y.sum()), float(y @ y), float(x.sum()), float(x @ x), float(x @ y))
        for x, y in zip(before, after, strict=True)
    ]
    plain = means.welch(*(mean_arm(one.n, one.y, one.yy) for one in sums))
    adjusted = means.welch(*means.cuped_arms(*sums))
    assert adjusted.se < plain.se / 2
    assert abs(adjusted.effect - 0.2) < 4 * adjusted.se
    assert means.pre_period_balance(*sums).balanced
    uneven = sums[1]._replace(x=sums[1].x * 1.2, xx=sums[1].xx * 1.44)
    assert not means.pre_period_balance(sums[0], uneven).balanced


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_intervals_of_quantiles_hold_for_values_and_for_units_with_several(share: float) -> None:
    truth, worlds, n = -np.log(1 - share), 400, 500
    alone, together = 0, 0
    for _ in range(worlds):
        values = DRAWN.exponential(1.0, n)
        found = quantiles.of_values(values, share)
        alone += found.low <= truth <= found.high
        # The same value four times a unit: as many units, no more to be known.
        copies = quantiles.of_clusters(np.repeat(values, 4), np.repeat(np.arange(n), 4), share)
        together += copies.low <= truth <= copies.high
    assert alone / worlds >= 0.93
    assert together / worlds >= 0.93


def test_customers_drawn_from_bg_nbd_give_its_parameters_back() -> None:
    n, by = 4_000, lifetime.BgNbd(0.8, 5.0, 1.2, 2.5)
    rate = DRAWN.gamma(by.r, 1 / by.alpha, n)
    gone = DRAWN.beta(by.a, by.b, n)
    watched = np.full(n, 40.0)
    x, t_x = np.zeros(n), np.zeros(n)
    for k in range(n):
        at = 0.0
        while True:
            at += DRAWN.exponential(1 / rate[k])
            if at > watched[k]:
                break
            x[k], t_x[k] = x[k] + 1, at
            if DRAWN.random() < gone[k]:
                break
    found, _ = lifetime.bg_nbd_fit(lifetime.Purchases(x, t_x, watched))
    assert lifetime.bg_nbd_expected(found, 40.0) == pytest.approx(x.mean(), rel=0.03)
    assert found.r == pytest.approx(by.r, rel=0.15)
    assert found.alpha == pytest.approx(by.alpha, rel=0.25)
    alive = lifetime.bg_nbd_alive(found, 3, 39.0, 40.0)
    assert alive > lifetime.bg_nbd_alive(found, 3, 10.0, 40.0)


def test_values_drawn_from_gamma_gamma_give_their_mean_back() -> None:
    n, by = 4_000, lifetime.GammaGamma(6.0, 4.0, 15.0)
    nu = DRAWN.gamma(by.q, 1 / by.v, n)
    x = DRAWN.integers(1, 8, n).astype(float)
    m = DRAWN.gamma(by.p * x, 1 / (nu * x))
    found = lifetime.gamma_gamma_fit(x, m)
    # With nothing bought yet, what is expected is the mean of everybody.
    assert lifetime.gamma_gamma_expected(found, 0, 0) == pytest.approx(m.mean(), rel=0.05)


def test_parts_of_a_gap_add_up_to_it() -> None:
    x = DRAWN.standard_normal((2, 300, 2)) + np.array([[[0.5, 0.0]], [[0.0, 0.0]]])
    y = [x[0] @ [1.0, 2.0] + 1.0, x[1] @ [0.5, 2.0]]
    found = decompositions.oaxaca_blinder((y[0], x[0]), (y[1], x[1]))
    three = found.endowments + found.coefficients + found.interaction
    assert three == pytest.approx(found.gap, abs=1e-9)
    assert found.pooled_explained + found.pooled_unexplained == pytest.approx(found.gap, abs=1e-9)


PATHS = [
    attribution.Path(("push", "email"), 3, 5),
    attribution.Path(("email",), 2, 9),
    attribution.Path(("sms", "push", "email"), 1, 0),
]


@pytest.mark.parametrize(
    "rule",
    [
        attribution.first_touch,
        attribution.last_touch,
        attribution.linear,
        attribution.position,
        attribution.shapley,
        lambda paths: attribution.markov(paths).attributed,
    ],
)
def test_every_conversion_is_shared_out_once(rule: object) -> None:
    assert callable(rule)
    assert sum(rule(PATHS).values()) == pytest.approx(6)


def test_shapley_gives_channels_that_only_work_together_the_same() -> None:
    credit = attribution.shapley([attribution.Path(("a", "b"), 10)])
    assert credit == {"a": pytest.approx(5), "b": pytest.approx(5)}


def test_an_effect_without_any_spread_is_refused_in_words() -> None:
    with pytest.raises(Exception, match="nothing varies"):
        difference(mean_arm(5, 5, 5), mean_arm(5, 5, 5))
