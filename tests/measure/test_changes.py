"""What a segment did alone: as much of its control is taken off as the two share."""

from __future__ import annotations

import pytest

from measure.changes import Change
from measure.statistics import Surprise


def moved(change: float, error: float) -> Surprise:
    return Surprise(change, error, 6.0, 0.0)


def test_a_control_that_says_little_of_the_week_takes_little_off() -> None:
    # The difference varies as much as both together: the two share nothing.
    rising = Change(moved(-0.12, 0.06), moved(0.16, 0.08), moved(-0.28, 0.1), 0.2)

    assert rising.between is not None
    assert rising.between.t < -2.7
    assert rising.apart.t == pytest.approx(-2.0)
    assert rising.where == "nowhere"


def test_a_week_that_moves_both_is_taken_off_as_a_whole() -> None:
    # The difference hardly varies: what moves one moves the other.
    falling = Change(moved(-0.3, 0.2), moved(-0.3, 0.2), moved(0.0, 0.02), 0.2)
    alone = Change(moved(-0.42, 0.2), moved(-0.0, 0.2), moved(-0.42, 0.02), 0.2)

    assert abs(falling.apart.t) < 0.5
    assert alone.apart.t < -5
    assert alone.where == "segment"
