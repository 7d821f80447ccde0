"""Statistics against answers that nobody here wrote, and the sums that must close."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measure.methods.proportions import Share, two_proportions
from measure.methods.ratio_mismatch import chi_squared
from measure.statistics import (
    Estimate,
    Interval,
    between_variance,
    difference,
    log_odds,
    mix_and_rate,
    p_text,
    product_contributions,
    surprise,
    wilson,
)


@pytest.mark.parametrize(
    ("converted", "entered", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_of_the_literature(
    converted: int, entered: int, low: float, high: float
) -> None:
    assert wilson(converted, entered) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),  # Newcombe 1998, 17:873, table II, method 10
        ((9, 10), (3, 10), 0.1705, 0.8090),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_literature(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    parts = [(x / n, wilson(x, n)) for x, n in (first, second)]

    assert difference(parts[0], parts[1]) == pytest.approx(Interval(low, high), abs=5e-5)


def test_two_proportions_agree_with_tea_tasting_and_spotify_confidence() -> None:
    pooled = two_proportions(Share(19, 53), Share(13, 47))
    unpooled = two_proportions(Share(42, 104), Share(500, 1009), pooled_interval=False)

    assert pooled.effect == pytest.approx(-0.08189482135688475, abs=1e-9)
    assert pooled.p == pytest.approx(0.3809096823118986, abs=1e-9)
    assert (unpooled.low, unpooled.high) == pytest.approx(
        (-0.0075254411815593725, 0.190913), abs=1e-6
    )
    assert unpooled.p == pytest.approx(0.074866, abs=1e-6)


@pytest.mark.parametrize(
    ("observed", "weights", "p"),
    [
        ((1000, 1200), (0.5, 0.5), 2.0079e-05),
        ((310, 98), (0.75, 0.25), 0.647434186),
        ((1000, 900, 800), (1, 0, 0), 1.0),
        ((500, 500, 600), (0.34, 0.33, 0.33), 0.000592638),
    ],
)
def test_sample_ratio_mismatch_agrees_with_growthbook(
    observed: tuple[int, ...], weights: tuple[float, ...], p: float
) -> None:
    assert chi_squared(observed, weights) == pytest.approx(p, abs=1e-9)


def test_a_tiny_p_value_is_never_shown_as_zero() -> None:
    p = chi_squared((9463, 7681), (0.5, 0.5))

    assert p == pytest.approx(3.502e-42, rel=1e-3)
    assert p_text(p) == p_text(0.0) == "p < 1e-16"


def test_the_variance_between_periods_is_that_of_dersimonian_and_laird() -> None:
    # Q = 6, C = 4 - 4/4 = 3 for four unit weights, so tau^2 = (6 - 3) / 3.
    values = [-(1.5**0.5), -(1.5**0.5), 1.5**0.5, 1.5**0.5]

    assert between_variance(values, [1.0] * 4) == pytest.approx(1.0)
    assert between_variance([2.0, 2.0, 2.0], [1.0] * 3) == 0.0


def test_a_period_like_those_before_it_is_no_surprise() -> None:
    history = [log_odds(x, 1000) for x in (98, 103, 101, 99, 97, 102)]

    same, fallen = (surprise(log_odds(x, 1000), history, 0.03) for x in (100, 50))

    assert same.p > 0.5
    assert fallen.p_fall < 1e-5
    assert fallen.change == pytest.approx(log(50 / 950) - log(100 / 900), abs=0.02)


def test_weeks_that_always_scatter_widen_what_counts_as_normal() -> None:
    calm = [Estimate(v, 0.01) for v in (-2.0, -2.01, -1.99, -2.0, -2.0, -2.0)]
    wild = [Estimate(v, 0.01) for v in (-2.5, -1.5, -2.4, -1.6, -2.3, -1.7)]
    now = Estimate(-2.5, 0.01)

    assert surprise(now, calm, 0.03).p_fall < 0.001
    assert surprise(now, wild, 0.03).p_fall > 0.05


@given(st.lists(st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)), min_size=1, max_size=6))
def test_contributions_of_steps_sum_to_the_change(pairs: list[tuple[float, float]]) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    change = 1.0
    usual = 1.0
    for b, a in pairs:
        usual, change = usual * b, change * a

    assert sum(product_contributions(before, after)) == pytest.approx(change - usual, abs=1e-9)


CELLS = st.dictionaries(
    st.sampled_from("abcde"),
    st.tuples(st.integers(0, 5000), st.floats(0, 1)).map(lambda t: (t[0], int(t[0] * t[1]))),
    min_size=1,
)


@given(CELLS, CELLS)
def test_mix_and_rate_sum_to_the_change(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    before, after = before | {"f": (10, 3)}, after | {"g": (20, 4)}
    change = _rate(after) - _rate(before)

    parts = mix_and_rate(before, after)

    assert sum(p.mix + p.rate for p in parts.values()) == pytest.approx(change, abs=1e-9)


def test_mix_and_rate_see_through_simpsons_paradox() -> None:
    # Berkeley 1973 (Bickel et al. 1975): women lead in four of six departments, not overall.
    applied_men, admitted_men = (825, 560, 325, 417, 191, 373), (512, 353, 120, 138, 53, 22)
    applied_women, admitted_women = (108, 25, 593, 375, 393, 341), (89, 17, 202, 131, 94, 24)
    men = dict(zip("ABCDEF", zip(applied_men, admitted_men, strict=True), strict=True))
    women = dict(zip("ABCDEF", zip(applied_women, admitted_women, strict=True), strict=True))

    parts = mix_and_rate(men, women)

    assert _rate(men) == pytest.approx(0.4452, abs=1e-4)
    assert _rate(women) == pytest.approx(0.3035, abs=1e-4)
    assert {d for d, p in parts.items() if p.rate > 0} == set("ABDF")
    assert sum(p.mix for p in parts.values()) < _rate(women) - _rate(men) < 0


def _rate(cells: dict[str, tuple[int, int]]) -> float:
    return sum(c for _, c in cells.values()) / sum(n for n, _ in cells.values())
