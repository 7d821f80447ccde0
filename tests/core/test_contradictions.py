"""Conditions that nobody can meet are named before they reach data; all others are left alone."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import (
    And,
    AsOf,
    Attribute,
    Condition,
    EventCount,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    Trait,
    WhenUnknown,
)
from core.contradictions import contradictions
from core.errors import Code
from tests.core.strategies import trees


def both(*parts: Condition) -> Condition:
    return And(of=parts)


def plan(op: Op, value: object, **more: WhenUnknown) -> Attribute:
    return Attribute(column="plan", op=op, value=value, **more)


def trained(op: Op, n: int) -> EventCount:
    return EventCount(event="workout_completed", op=op, n=n)


@pytest.mark.parametrize(
    "condition",
    [
        both(trained(Op.GE, 3), trained(Op.LT, 3)),
        both(trained(Op.GT, 2), trained(Op.LT, 3)),
        both(trained(Op.EQ, 2), trained(Op.EQ, 3)),
        both(trained(Op.GE, 3), Not(of=trained(Op.GE, 2))),
        trained(Op.LT, 0),
        both(Related(entity="ticket"), Related(entity="ticket", op=Op.EQ, n=0)),
        both(
            Trait(name="churn_risk", op=Op.GT, value=0.5),
            Not(of=Trait(name="churn_risk", op=Op.GE, value=0.5)),
        ),
        both(plan(Op.EQ, "annual"), plan(Op.EQ, "monthly")),
        both(plan(Op.IN, ("annual", "monthly")), plan(Op.NOT_IN, ("monthly", "annual"))),
        both(plan(Op.EQ, "annual"), Not(of=plan(Op.EQ, "annual"))),
        both(plan(Op.IN, ("annual",)), both(plan(Op.NE, "annual"))),
        # A missing plan is not another plan: it is unknown.
        both(plan(Op.IS_NULL, None), plan(Op.NE, "annual")),
        # Three times in a week is three times in a month.
        both(
            EventCount(event="workout_completed", window=Rolling(seconds=7 * 86_400), n=3),
            EventCount(
                event="workout_completed", window=Rolling(seconds=30 * 86_400), op=Op.LT, n=3
            ),
        ),
        both(
            Or(of=(trained(Op.GE, 3), plan(Op.EQ, "annual"))),
            trained(Op.LT, 3),
            plan(Op.EQ, "monthly"),
        ),
    ],
)
def test_requirements_that_exclude_each_other_are_named(condition: Condition) -> None:
    (found, *_) = contradictions(condition)

    assert found.code is Code.CONTRADICTION
    assert found.span in {"workout_completed", "ticket", "churn_risk", "plan"}
    assert found.fix


def test_one_impossible_alternative_is_named_although_the_other_can_be_met() -> None:
    impossible = both(trained(Op.GE, 3), trained(Op.LT, 3))

    assert contradictions(Or(of=(impossible, plan(Op.EQ, "annual"))))


@pytest.mark.parametrize(
    "condition",
    [
        both(trained(Op.GE, 3), trained(Op.LE, 3)),
        both(
            trained(Op.GE, 1),
            EventCount(event="workout_completed", window=Rolling(seconds=60), op=Op.EQ, n=0),
        ),
        both(trained(Op.GE, 1), EventCount(event="app_opened", op=Op.EQ, n=0)),
        Or(of=(plan(Op.EQ, "annual"), plan(Op.EQ, "monthly"))),
        both(plan(Op.IN, ("annual", "monthly")), plan(Op.NE, "annual")),
        both(plan(Op.IS_NULL, None), plan(Op.NE, "annual", when_unknown=WhenUnknown.MATCH)),
        both(Trait(name="ltv", op=Op.GE, value=10), Trait(name="ltv", op=Op.LE, value=10.0)),
    ],
)
def test_requirements_that_can_be_met_together_raise_no_alarm(condition: Condition) -> None:
    assert contradictions(condition) == ()


def test_a_user_with_a_missing_value_may_meet_both_when_unknown_counts_as_a_match() -> None:
    loose = [
        Attribute(column="plan", value=value, when_unknown=WhenUnknown.MATCH)
        for value in ("annual", "monthly")
    ]

    assert contradictions(both(*loose)) == ()


def test_the_same_instant_written_in_two_ways_is_no_contradiction() -> None:
    instants = ("2026-01-01", "2026-01-01 00:00:00", AsOf())
    ends = [Attribute(column="current_subscription.trial_end", value=value) for value in instants]

    assert contradictions(both(*ends)) == ()


# Against brute force over a small world.

VALUES = st.integers(0, 3)
OPS = st.sampled_from([Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE])
COMPARE = {
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
    Op.IN: lambda a, b: a in b,
    Op.NOT_IN: lambda a, b: a not in b,
}
SMALL = st.one_of(
    st.builds(EventCount, event=st.just("x"), op=OPS, n=VALUES),
    st.builds(Attribute, column=st.just("y"), op=OPS, value=VALUES),
    st.builds(
        Attribute,
        column=st.just("y"),
        op=st.sampled_from([Op.IN, Op.NOT_IN]),
        value=st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    ),
)


def holds(condition: Condition, world: dict[str, int]) -> bool:
    match condition:
        case And():
            return all(holds(part, world) for part in condition.of)
        case Or():
            return any(holds(part, world) for part in condition.of)
        case Not():
            return not holds(condition.of, world)
        case EventCount():
            return COMPARE[condition.op](world["x"], condition.n)
        case Attribute():
            return COMPARE[condition.op](world["y"], condition.value)
    raise AssertionError(condition)


def satisfiable(condition: Condition) -> bool:
    measures = (-1, 0, 1, 2, 3, 4, 0.5, 1.5, 2.5)
    return any(holds(condition, {"x": x, "y": y}) for x, y in product(range(6), measures))


def has_dead_branch(condition: Condition) -> bool:
    """Whether the whole, or one alternative of it, cannot be met."""
    if not satisfiable(condition):
        return True
    if isinstance(condition, And | Or):
        return any(has_dead_branch(part) for part in condition.of)
    return isinstance(condition, Not) and has_dead_branch(condition.of)


@settings(max_examples=400)
@given(st.lists(st.one_of(SMALL, SMALL.map(lambda leaf: Not(of=leaf))), max_size=5))
def test_a_conjunction_that_somebody_can_meet_raises_no_alarm(parts: list[Condition]) -> None:
    condition = And(of=tuple(parts))

    assert not (contradictions(condition) and satisfiable(condition))


@settings(max_examples=400)
@given(trees(SMALL))
def test_an_alarm_always_points_at_something_that_cannot_be_met(condition: Condition) -> None:
    assert not contradictions(condition) or has_dead_branch(condition)
