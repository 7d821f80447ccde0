"""One form for every way to write the same condition, and never one for two that differ."""

from __future__ import annotations

import pytest

from agent.planners.canonical import canonical
from core.conditions import And, Attribute, Condition, EventCount, Not, Op, Or, Related

A = EventCount(event="a", n=3)
B = Attribute(column="device_os", value="ios")
OPEN = Related(entity="ticket")
NONE_OPEN = Related(entity="ticket", op=Op.EQ, n=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (And(of=(A, B)), And(of=(B, A, B))),
        (And(of=(A, And(of=(B,)))), And(of=(A, B))),
        (Not(of=Not(of=A)), A),
        (Not(of=OPEN), NONE_OPEN),
        (EventCount(event="a", op=Op.GT, n=2), A),
        (EventCount(event="a", op=Op.LT, n=1), EventCount(event="a", op=Op.EQ, n=0)),
        (Not(of=Or(of=(A, OPEN))), And(of=(Not(of=A), NONE_OPEN))),
        (And(of=(And(), A)), A),
    ],
)
def test_ways_to_write_the_same_have_one_form(one: Condition, other: Condition) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A, Not(of=A)),
        (A, EventCount(event="a", op=Op.GT, n=3)),
        (And(of=(A, B)), Or(of=(A, B))),
        (And(of=(A, Or(of=(B, OPEN)))), Or(of=(And(of=(A, B)), OPEN))),
        (OPEN, NONE_OPEN),
        (And(), A),
    ],
)
def test_conditions_that_differ_have_forms_that_differ(one: Condition, other: Condition) -> None:
    assert canonical(one) != canonical(other)
