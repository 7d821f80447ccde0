"""The condition tree: what may be said, what it defaults to, and that it survives JSON."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from core.conditions import (
    EVERYONE,
    Absolute,
    And,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventCount,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    Rolling,
    Trait,
    WhenUnknown,
    clauses,
    leaves,
    with_defaults,
)
from tests.core.strategies import LEAVES, trees

CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
VIP = Attribute(column="plan", value="annual")
TRAINED = EventCount(event="workout_completed")


# What may be said.


def test_an_empty_or_is_refused_because_it_matches_nobody() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        Or(of=())


def test_an_empty_and_means_everyone() -> None:
    assert And(of=()) == EVERYONE
    assert clauses(EVERYONE) == ()


@pytest.mark.parametrize("op", [Op.IN, Op.NOT_IN])
def test_an_empty_list_of_values_is_refused(op: Op) -> None:
    with pytest.raises(ValidationError, match="at least one value"):
        Attribute(column="country", op=op, value=())


@pytest.mark.parametrize(
    ("op", "value"),
    [
        (Op.IN, "DE"),
        (Op.EQ, ("DE", "FR")),
        (Op.EQ, None),
        (Op.IS_NULL, "DE"),
        (Op.GT, ()),
    ],
)
@pytest.mark.parametrize("leaf", [Attribute, Filter])
def test_a_value_must_fit_its_operator(leaf: Any, op: Op, value: Any) -> None:
    with pytest.raises(ValidationError):
        leaf(column="country", op=op, value=value)


def test_a_trait_value_must_fit_its_operator_too() -> None:
    with pytest.raises(ValidationError):
        Trait(name="churn_risk", op=Op.GE)


@pytest.mark.parametrize(
    "window",
    [
        lambda: Rolling(seconds=0),
        lambda: Rolling(seconds=-60),
        lambda: Absolute(),
        lambda: Absolute(start=datetime(2026, 1, 2), end=datetime(2026, 1, 1)),
        lambda: Absolute(start=datetime(2026, 1, 1), end=datetime(2026, 1, 1)),
        lambda: Calendar(unit="day", periods_back=-1),
        lambda: Calendar(unit="quarter"),
    ],
)
def test_a_window_that_holds_nothing_is_refused(window: Any) -> None:
    with pytest.raises(ValidationError):
        window()


@pytest.mark.parametrize(
    "said",
    [
        lambda: Rolling(seconds=10**15),
        lambda: Calendar(unit="month", periods_back=10**6),
        lambda: EventCount(event="app_opened", n=10**30),
        lambda: Attribute(column="trial_end", value={"as_of_offset_seconds": 10**15}),
        lambda: Attribute(column="price", op=Op.GT, value=float("inf")),
        lambda: Attribute(column="price", op=Op.GT, value=float("nan")),
    ],
)
def test_a_number_beyond_any_calendar_or_count_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError):
        said()


def test_an_event_is_counted_never_searched_in_a_list() -> None:
    with pytest.raises(ValidationError):
        EventCount(event="app_opened", op=Op.IN)
    with pytest.raises(ValidationError):
        EventCount(event="app_opened", n=-1)


@pytest.mark.parametrize("low", ["0", "GGGGGGGG", "0000000A", "000000000"])
def test_a_bucket_end_is_eight_lower_case_hex_digits(low: str) -> None:
    with pytest.raises(ValidationError):
        Bucket(salt="s", low=low)


def test_an_unknown_key_is_refused_not_ignored() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        CONDITION.validate_python({"kind": "and", "of": [], "status": "active"})
    with pytest.raises(ValidationError):
        CONDITION.validate_python({"kind": "python", "code": "1"})


def test_a_condition_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        VIP.value = "monthly"


# JSON.


@given(trees(LEAVES))
def test_every_condition_comes_back_from_json_as_it_was(condition: Condition) -> None:
    assert CONDITION.validate_json(CONDITION.dump_json(condition)) == condition


# Reading a tree.


def test_clauses_are_the_top_level_conjuncts_flattened() -> None:
    either = Or(of=(VIP, TRAINED))

    assert clauses(And(of=(VIP, And(of=(TRAINED, either))))) == (VIP, TRAINED, either)


def test_leaves_are_listed_left_to_right() -> None:
    tree = And(of=(VIP, Not(of=Or(of=(TRAINED, VIP)))))

    assert list(leaves(tree)) == [VIP, TRAINED, VIP]


# What unknown counts as.


def unknowns(condition: Condition) -> list[WhenUnknown | None]:
    return [leaf.when_unknown for leaf in leaves(with_defaults(condition))]


def test_an_inclusion_takes_no_match_and_an_exclusion_takes_block() -> None:
    tree = And(of=(VIP, Not(of=VIP), Not(of=Not(of=VIP)), Not(of=Or(of=(VIP, Not(of=VIP))))))

    no_match, block = WhenUnknown.NO_MATCH, WhenUnknown.BLOCK
    assert unknowns(tree) == [no_match, block, no_match, block, no_match]


def test_unknown_consent_blocks_wherever_it_stands() -> None:
    consent = ConsentIs(purpose="marketing", channel="email")

    assert unknowns(And(of=(consent, Not(of=consent)))) == [WhenUnknown.BLOCK] * 2


def test_what_was_said_about_unknown_is_kept() -> None:
    said = InAudience(key="vips", when_unknown=WhenUnknown.MATCH)

    assert unknowns(And(of=(said, Not(of=said)))) == [WhenUnknown.MATCH] * 2


def test_a_suppression_is_an_exclusion_without_a_not() -> None:
    assert with_defaults(VIP, excluding=True).when_unknown is WhenUnknown.BLOCK


@given(trees(LEAVES))
def test_filling_defaults_twice_changes_nothing(condition: Condition) -> None:
    once = with_defaults(condition)

    assert with_defaults(once) == once
    assert all(leaf.when_unknown is not None for leaf in leaves(once))


def test_the_ends_of_a_window_may_be_said_in_different_zones() -> None:
    berlin = timezone(timedelta(hours=2))
    late, early = datetime(2026, 3, 30, 12), datetime(2026, 3, 30, 13, tzinfo=berlin)

    Absolute(start=early, end=late)
    with pytest.raises(ValidationError, match="start before it ends"):
        Absolute(start=late, end=early)


def test_an_instant_outside_the_calendar_is_refused() -> None:
    west = timezone(timedelta(hours=-14))

    with pytest.raises(ValidationError, match="outside the calendar"):
        Absolute(start=datetime(9999, 12, 31, 23, tzinfo=west), end=datetime(9999, 12, 31))
