"""How strongly a condition goes with a property of people, against values worked out by hand."""

from __future__ import annotations

import pytest

from core.association import Cell, cramers_v, lifts


def test_a_condition_that_says_the_property_is_fully_associated() -> None:
    assert cramers_v({"a": Cell(30, 30), "b": Cell(70, 0)}) == pytest.approx(1.0)


def test_a_condition_that_is_the_same_everywhere_is_not_associated() -> None:
    assert cramers_v({"a": Cell(30, 15), "b": Cell(70, 35), "c": Cell(10, 5)}) == pytest.approx(0)


def test_a_known_table_has_its_known_strength() -> None:
    # 18 of 20 against 2 of 20: chi-squared is 25.6, and the root of 25.6 / 40 is 0.8.
    assert cramers_v({"a": Cell(20, 18), "b": Cell(20, 2)}) == pytest.approx(0.8)


def test_a_condition_that_nobody_or_everybody_meets_says_nothing() -> None:
    assert cramers_v({"a": Cell(20, 0), "b": Cell(20, 0)}) == 0
    assert cramers_v({"a": Cell(20, 20), "b": Cell(20, 20)}) == 0
    assert cramers_v({}) == 0


def test_lift_is_the_share_among_those_who_meet_it_over_the_share_of_all() -> None:
    assert lifts({"a": Cell(20, 18), "b": Cell(20, 2)}) == pytest.approx({"a": 1.8, "b": 0.2})
    assert lifts({"a": Cell(20, 0)}) == {}
