"""What is normal for a day is learnt from the weeks before it."""

from __future__ import annotations

import numpy as np
import pytest

from measure.drift.reference import (
    ALPHA_ALERT,
    amount,
    binned,
    distance,
    instability,
    share,
    tenths,
    usual_instability,
)

DAYS = [*range(57)]


def usual_amounts(seed: int, *, growth: float = 0.0) -> list[int]:
    """Eight weeks and a day: weekends are half as busy, and each week may grow."""
    random = np.random.default_rng(seed)
    level = [1_000 * (0.5 if day % 7 > 4 else 1.0) * (1 + growth) ** (day / 7) for day in DAYS]
    return [int(random.poisson(one * np.exp(random.normal(0, 0.04)))) for one in level]


def test_a_quiet_sunday_is_expected_to_be_quiet() -> None:
    counts = usual_amounts(1)

    found = amount(DAYS, counts, DAYS[-1])

    assert found.value == pytest.approx(1_000 * (0.5 if DAYS[-1] % 7 > 4 else 1.0), rel=0.1)
    assert found.p > 0.01


def test_growth_that_goes_on_is_no_drift_and_a_day_that_falls_is() -> None:
    counts = usual_amounts(2, growth=0.1)
    assert amount(DAYS, counts, DAYS[-1]).p > 0.01

    counts[-1] //= 2
    assert amount(DAYS, counts, DAYS[-1]).p < ALPHA_ALERT / 100


def test_no_more_days_are_called_unusual_than_chance_makes() -> None:
    found = [amount(DAYS, usual_amounts(seed), DAYS[-1]).p for seed in range(400)]

    assert np.mean([p < 0.05 for p in found]) <= 0.075


def test_values_that_begin_to_be_missing_are_seen_in_small_and_large_events() -> None:
    for total in (100, 100_000):
        assert share([0] * 20 + [total // 5], [total] * 21).p < 1e-6
        assert share([total // 50] * 20 + [total // 50], [total] * 21).p > 0.2


def week(random: np.random.Generator, spread: list[float], size: int) -> dict[str | None, int]:
    return {str(k): int(n) for k, n in enumerate(random.multinomial(size, spread))}


def test_a_spread_is_held_against_what_weeks_differ_among_themselves() -> None:
    random = np.random.default_rng(3)
    # Weeks of few events differ by chance alone as much as the convention calls a drift.
    few = [week(random, [0.25] * 4, 40) for _ in range(8)]
    many = [week(random, [0.25] * 4, 40_000) for _ in range(8)]
    moved = week(random, [0.1, 0.1, 0.4, 0.4], 40_000)

    assert usual_instability(few, seed=1) > 0.1 > usual_instability(many, seed=1)
    assert instability(many, moved) > 0.25
    assert instability(few, few[0]) < usual_instability(few, seed=1) * 1.25


def test_numbers_are_compared_on_ten_bins_of_the_reference() -> None:
    weeks: list[dict[str | None, int]] = [{str(n): 10 for n in range(1, 101)}] * 4
    edges = tenths(weeks)

    assert edges == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert binned({"1": 2, "10": 1, "11": 5, "1000": 7, None: 3}, edges) == {
        "0": 3,
        "1": 5,
        "9": 7,
        None: 3,
    }
    assert distance(weeks, {str(n): 10 for n in range(51, 101)}) == pytest.approx(0.5)
    assert distance(weeks, weeks[0]) == pytest.approx(0.0)
