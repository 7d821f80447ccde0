"""Conditions taken apart for an editor and put together again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from core.conditions import (
    EVERYONE,
    And,
    Attribute,
    Condition,
    EventAge,
    EventCount,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Rolling,
    Trait,
)
from tests.core.strategies import trees
from tests.warehouse.condition_strategies import CATALOG, LEAVES
from ui.console.view.clause_options import abouts, first_of, length_of
from ui.console.view.clause_shown import is_shown
from ui.console.view.clauses import DEEPEST, Group, Row, closed, opened, problems, removed

GERMANS = Attribute(column="country", value="DE")
WORKOUTS = EventCount(event="workout_completed", n=3, window=Rolling(seconds=14 * 86_400))


@settings(max_examples=120, deadline=None)
@given(trees(LEAVES))
def test_what_nobody_touched_comes_back_as_it_was(condition: Condition) -> None:
    assert closed(opened(condition, CATALOG)) == condition


def test_everything_of_the_catalog_can_begin_a_clause_that_widgets_show() -> None:
    for about in abouts(CATALOG):
        assert is_shown(first_of(about, CATALOG), CATALOG), about


@pytest.mark.parametrize(
    "leaf",
    [
        HeldFor(trait="activation_state", value="at_risk", seconds=90),
        InAudience(key="upgrade_nudge", version=3),
        EventCount(event="an_event_that_is_gone"),
        EventAge(event="workout_completed", op=Op.NE, seconds=90),
        Attribute(column="country", value="two\nlines"),
        Trait(name="activation_state", value="asleep"),
    ],
)
def test_what_no_widget_can_show_is_kept_in_words(leaf: Condition) -> None:
    (row,) = opened(And(of=(leaf,)), CATALOG).of

    assert isinstance(row, Row)
    assert row.kept


def test_a_group_that_is_too_deep_is_kept_in_words() -> None:
    deep: Condition = And(of=(GERMANS, WORKOUTS))
    for _ in range(DEEPEST + 1):
        deep = Or(of=(GERMANS, deep))

    group = opened(deep, CATALOG)
    for _ in range(DEEPEST):
        inner = group.of[1]
        assert isinstance(inner, Group)
        group = inner

    assert isinstance(group.of[1], Row)
    assert group.of[1].kept


@pytest.mark.parametrize(
    ("mode", "made"),
    [
        ("all", And(of=(GERMANS, WORKOUTS))),
        ("any", Or(of=(GERMANS, WORKOUTS))),
        ("not_all", Not(of=And(of=(GERMANS, WORKOUTS)))),
        ("none", Not(of=Or(of=(GERMANS, WORKOUTS)))),
    ],
)
def test_a_group_holds_as_it_is_told_to(mode: str, made: Condition) -> None:
    group = opened(And(of=(GERMANS, WORKOUTS)), CATALOG)

    group.mode = mode  # type: ignore[assignment]

    assert closed(group) == made


def test_a_clause_that_is_left_alone_stands_without_a_group() -> None:
    group = opened(And(of=(GERMANS, WORKOUTS)), CATALOG)

    removed(group, group.of[0].id)

    assert closed(group) == WORKOUTS
    removed(group, group.of[0].id)
    assert closed(group) == EVERYONE
    assert [*problems(group)] == []


def test_an_empty_choice_is_told_and_not_made() -> None:
    group = opened(Or(of=(GERMANS, WORKOUTS)), CATALOG)
    for row in [*group.of]:
        removed(group, row.id)

    assert [*problems(group)] == [
        "A group without conditions says nothing: add one, or remove the group."
    ]


def test_a_length_is_shown_in_the_largest_unit_it_is_a_whole_number_of() -> None:
    assert [length_of(one) for one in (7 * 86_400, 90_000, 90, 61)] == [
        (7, "days"),
        (25, "hours"),
        (90, "seconds"),
        (61, "seconds"),
    ]
