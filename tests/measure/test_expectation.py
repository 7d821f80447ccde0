"""What earlier periods lead one to expect: level, trend and last year only explain away."""

from __future__ import annotations

import random

from measure.expectation import expectation
from measure.statistics import Estimate, inverse_logit, student_p

FLOOR = 0.03


def _weeks(*values: float, variance: float = 1e-4) -> list[Estimate]:
    return [Estimate(value, variance) for value in values]


def test_a_fall_that_continues_a_trend_is_no_new_one():
    earlier = _weeks(-1.10, -1.00, -0.91, -0.80, -0.70, -0.61)

    told = expectation(Estimate(-1.20, 1e-4), earlier, FLOOR)

    assert told.trend is not None
    assert told.trend < 0
    assert abs(told.surprise.t) < 2


def test_a_fall_out_of_a_rising_trend_is_held_against_the_level():
    earlier = _weeks(-0.6, -0.7, -0.8, -0.9, -1.0, -1.1)

    told = expectation(Estimate(-0.85, 1e-4), earlier, FLOOR)

    assert told.trend is None
    assert abs(told.surprise.t) < 2


def test_a_fall_that_last_year_had_in_the_same_week_is_expected():
    level = _weeks(*[-1.0, -1.01, -0.99, -1.0, -1.0, -1.02])
    last_year = _weeks(-1.4, -1.1, -1.09, -1.11)

    with_it = expectation(Estimate(-1.3, 1e-4), level, FLOOR, last_year)
    without = expectation(Estimate(-1.3, 1e-4), level, FLOOR)

    assert with_it.season is not None
    assert abs(with_it.surprise.t) < 2 < abs(without.surprise.t)


def test_a_year_ago_that_did_nothing_changes_nothing():
    level = _weeks(-1.0, -1.01, -0.99, -1.0, -1.0, -1.02)

    told = expectation(Estimate(-1.3, 1e-4), level, FLOOR, _weeks(-1.1, -1.1, -1.09, -1.11))

    assert told.season is None
    assert told.surprise.t < -4


def test_few_earlier_weeks_say_a_fall_less_often_than_the_level_allows():
    """At a level of 1 % no more than that many of ordinary worlds fall, whatever their noise."""
    draw = random.Random(5)
    fell, worlds = 0, 2_000
    for _ in range(worlds):
        noise, variance = draw.choice([0.01, 0.05, 0.15]), draw.choice([1e-4, 2e-3])
        weeks = [
            Estimate(draw.gauss(draw.gauss(-1, noise), variance**0.5), variance)
            for _ in range(draw.choice([4, 5, 7]))
        ]
        told = expectation(weeks[0], weeks[1:], FLOOR).surprise
        fell += told.t < 0 and student_p(told.t, told.degrees) / 2 < 0.01

    assert fell / worlds < 0.015


def test_the_level_of_equal_weeks_is_their_rate():
    told = expectation(Estimate(-1.0, 1e-4), _weeks(-1.0, -1.0, -1.0), FLOOR)

    assert inverse_logit(told.surprise.expected) == inverse_logit(-1.0)
