"""Bounds of a canary's rates: right however often somebody looks, and quick where it is bad."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from measure.canary_bounds import evidence, lower_bound, upper_bound

ALPHA = 0.05
MANY = 2_000
"""Canaries in a simulation."""


def _breaking(rate: float, alpha: float, trials: int) -> np.ndarray:
    """By number of trials from 1 on: so few events that the evidence is enough."""
    sizes = np.arange(1, trials + 1)
    fewest = np.zeros(trials, dtype=np.int64)
    short = np.ones(trials, dtype=bool)
    while short.any():
        fewest[short] += 1
        short = (evidence(np.minimum(fewest, sizes), sizes, rate) < -log(alpha)) & (fewest <= sizes)
    return fewest


@pytest.mark.parametrize("rate", [0.003, 0.05])
def test_a_look_after_every_message_stops_a_good_canary_no_more_often_than_promised(
    rate: float,
) -> None:
    chance = np.random.default_rng(7)
    fewest = _breaking(rate, ALPHA, 3_000)

    stopped = 0
    for _ in range(MANY // 500):
        events = np.cumsum(chance.random((500, 3_000)) < rate, axis=1)
        stopped += int((events >= fewest).any(axis=1).sum())

    assert 0 < stopped / MANY <= ALPHA


def test_one_bound_of_a_single_look_would_stop_good_canaries_all_the_time() -> None:
    # What the bounds are for: a bound that is right for one look is wrong for thousands.
    chance = np.random.default_rng(7)
    sizes = np.arange(1, 3_001)
    events = np.cumsum(chance.random((500, 3_000)) < 0.05, axis=1)
    wilson = (events / sizes - 0.05) / np.sqrt(0.05 * 0.95 / sizes) > 1.645

    assert wilson.any(axis=1).mean() > 4 * ALPHA


def test_events_that_are_told_late_stop_no_more_good_canaries() -> None:
    chance = np.random.default_rng(11)
    rate, sent, per_look = 0.01, 2_000, 20
    fewest = _breaking(rate, ALPHA, sent)

    stopped = 0
    for _ in range(400):
        bad = np.flatnonzero(chance.random(sent) < rate)
        known_at = bad + chance.exponential(200.0, bad.size)
        looks = np.arange(per_look, 2 * sent, per_look)
        known = np.searchsorted(np.sort(known_at), looks, side="right")
        stopped += bool((known >= fewest[np.minimum(looks, sent) - 1]).any())

    assert stopped / 400 <= ALPHA


@pytest.mark.parametrize(("bad", "limit"), [(0.05, 0.003), (0.06, 0.01), (0.2, 0.05)])
def test_a_bad_canary_is_stopped_within_a_few_hundred_messages(bad: float, limit: float) -> None:
    chance = np.random.default_rng(3)
    fewest = _breaking(limit, ALPHA / 4, 1_000)
    events = np.cumsum(chance.random((500, 1_000)) < bad, axis=1)

    first = np.argmax(events >= fewest, axis=1) + 1

    assert (events >= fewest).any(axis=1).all()
    assert np.quantile(first, 0.95) < 350


def test_the_bound_is_where_the_evidence_is_just_enough() -> None:
    for events, trials in ((1, 5), (3, 100), (40, 5_000), (100, 100), (900, 1_000)):
        bound = lower_bound(events, trials, ALPHA)

        assert 0 < bound < events / trials
        assert float(evidence(events, trials, bound)) == pytest.approx(-log(ALPHA), abs=1e-6)


def test_lower_and_upper_bounds_mirror_each_other_and_nothing_is_known_of_nothing() -> None:
    assert (lower_bound(0, 0, ALPHA), upper_bound(0, 0, ALPHA)) == (0.0, 1.0)
    assert lower_bound(0, 50, ALPHA) == 0.0
    assert upper_bound(3, 50, ALPHA) == pytest.approx(1 - lower_bound(47, 50, ALPHA))
    assert lower_bound(3, 50, ALPHA) < 3 / 50 < upper_bound(3, 50, ALPHA)
