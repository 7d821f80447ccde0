"""What is written in words can be read back: no condition loses anything on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from core.conditions import (
    Absolute,
    And,
    Attribute,
    Condition,
    EventAge,
    EventCount,
    Filter,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Trait,
    with_defaults,
)
from core.errors import PilothouseError
from core.moments import naive_utc
from tests.core.strategies import trees
from tests.warehouse.condition_strategies import CATALOG, LEAVES
from warehouse.wording import describe, read_condition


def plain(condition: Condition) -> Condition:
    """The condition without what means the same: brackets around one, 'is not true' for 'false'."""
    if isinstance(condition, And | Or):
        parts = tuple(plain(part) for part in condition.of)
        return parts[0] if len(parts) == 1 else type(condition)(of=parts)
    if isinstance(condition, Not):
        return Not(of=plain(condition.of))
    if isinstance(condition, EventAge | EventCount | Related):
        where = tuple(flag(one) for one in condition.where)
        condition = condition.model_copy(update={"where": where})
    if isinstance(condition, EventCount | Related) and condition.op is Op.LT and condition.n == 1:
        condition = condition.model_copy(update={"op": Op.EQ, "n": 0})
    if isinstance(condition, EventCount) and isinstance(condition.window, Absolute):
        start, end = condition.window.start, condition.window.end
        window = Absolute(start=start and naive_utc(start), end=end and naive_utc(end))
        condition = condition.model_copy(update={"window": window})
    return flag(condition) if isinstance(condition, Attribute | Trait) else condition


def flag(one: Attribute | Trait | Filter) -> Any:
    if isinstance(one.value, bool) and one.op is Op.NE:
        return one.model_copy(update={"op": Op.EQ, "value": not one.value})
    return one


@settings(max_examples=150, deadline=None)
@given(trees(LEAVES))
def test_every_condition_is_read_back_from_its_words(condition: Condition) -> None:
    words = describe(condition, CATALOG)
    read = read_condition(words, CATALOG)
    assert plain(with_defaults(read)) == plain(with_defaults(condition)), words


@pytest.mark.parametrize(
    "condition",
    [
        Attribute(column="country", value="New York and 'elsewhere'"),
        Attribute(column="country", op=Op.IN, value=("is", "a, b", "3", "true", "")),
        Attribute(column="app_version", value="4.2.0"),
        HeldFor(trait="activation_state", value="at_risk", op=Op.EQ, seconds=90),
        InAudience(key="search_and_rescue", version=3),
        InAudience(key="the_best_version_2"),
        Related(
            entity="ticket",
            where=(Filter(column="status", value="on hold"), Filter(column="csat_score", value=2)),
            op=Op.LE,
            n=4,
        ),
    ],
)
def test_values_and_names_that_look_like_the_language_are_quoted(condition: Condition) -> None:
    words = describe(condition, CATALOG)
    assert read_condition(words, CATALOG) == condition, words


def test_filters_stay_with_what_they_filter() -> None:
    words = (
        "has a ticket with (ticket reason is billing and csat score at most 2) and country is DE"
    )
    read = read_condition(words, CATALOG)
    assert isinstance(read, And)
    assert describe(read, CATALOG) == words
    assert read.of[1] == Attribute(column="country", value="DE")


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("workout completed at least 3 times and flux above 2", "flux above 2"),
        ("workout completed at least many times", "many times"),
        ("(country is DE or country is FR", "FR"),
        ("country is DE or country is FR and no open ticket", "and no open ticket"),
        ("", ""),
    ],
)
def test_words_that_mean_nothing_are_pointed_at(words: str, span: str) -> None:
    with pytest.raises(PilothouseError) as error:
        read_condition(words, CATALOG)
    assert span in str(error.value)


def test_brackets_without_end_are_refused_in_words() -> None:
    with pytest.raises(PilothouseError, match="nested too deep"):
        read_condition("(" * 5_000 + "everyone" + ")" * 5_000, CATALOG)
