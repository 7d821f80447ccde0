"""Since when: the days that hold a fall, when these are not all days."""

from __future__ import annotations

from measure.causes.timing import Stretch, departed
from measure.funnel import Count

USUAL = [0.5] * 7


def _days(*rates: float) -> list[Count]:
    return [Count(400, round(400 * rate)) for rate in rates]


def test_a_fall_from_thursday_on_begins_on_thursday():
    assert departed(_days(0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3), USUAL) == Stretch(3, 6)


def test_a_fall_that_was_turned_back_ends():
    assert departed(_days(0.5, 0.3, 0.3, 0.5, 0.5, 0.5, 0.5), USUAL) == Stretch(1, 2)


def test_a_fall_of_every_day_has_no_beginning_in_the_week():
    assert departed(_days(0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4), USUAL) is None


def test_one_day_has_no_beginning():
    assert departed(_days(0.1), [0.5]) is None
