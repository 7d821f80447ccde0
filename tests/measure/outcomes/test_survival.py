"""Time until something happens: published answers, and that who was not watched on still counts."""

from __future__ import annotations

import numpy as np
import pytest

from measure.outcomes.survival import Watched, kaplan_meier, median


def _watched(happened: list[int], censored: list[int]) -> Watched:
    times = sorted({*happened, *censored})
    counts = [[where.count(time) for time in times] for where in (happened, censored)]
    return Watched(*(np.array(one, dtype=float) for one in (times, *counts)))


LEUKEMIA = _watched(
    [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
)
"""Weeks of remission under 6-MP: Freireich and others (1963), as in Kleinbaum and Klein."""


def test_kaplan_meier_gives_the_published_shares() -> None:
    found = {one.time: one.share for one in kaplan_meier(LEUKEMIA)}

    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert found == pytest.approx(published, abs=5e-5)


def test_the_median_and_its_interval_are_the_published_ones() -> None:
    middle, bounds = median(kaplan_meier(LEUKEMIA))

    assert middle == 23
    assert (bounds.low, bounds.high) == (13, None)


def test_dropping_who_was_not_watched_on_would_have_said_too_little_time() -> None:
    middle, _ = median(kaplan_meier(_watched([6, 6, 6, 7, 10, 13, 16, 22, 23], [])))

    assert middle == 10


def test_there_is_no_median_while_fewer_than_half_got_there() -> None:
    middle, bounds = median(kaplan_meier(_watched([1, 2], [9] * 8)))

    assert middle is None
    assert bounds.high is None
