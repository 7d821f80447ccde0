"""What follows from what is proved only where it does, and where a marketer would expect it."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import (
    EVERYONE,
    Absolute,
    And,
    AsOf,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    Trait,
    WhenUnknown,
)
from core.implication import always, implies, never
from tests.core.strategies import LEAVES, trees
from tests.warehouse.messy_world import AS_OF, messy_rows
from tests.warehouse.reference_evaluator import Reference

DAY = 86_400


def both(*parts: Condition) -> Condition:
    return And(of=parts)


def either(*parts: Condition) -> Condition:
    return Or(of=parts)


def trained(op: Op, n: int, days: int | None = None, **more: Any) -> EventCount:
    window = Rolling(seconds=days * DAY) if days else None
    return EventCount(event="workout_completed", op=op, n=n, window=window, **more)


def plan(op: Op, value: object = None, **more: Any) -> Attribute:
    return Attribute(column="plan", op=op, value=value, **more)


def risk(op: Op, value: float) -> Trait:
    return Trait(name="churn_risk", op=op, value=value)


def age(op: Op, days: int) -> EventAge:
    return EventAge(event="workout_completed", op=op, seconds=days * DAY)


def tickets(*where: Filter) -> Related:
    return Related(entity="ticket", where=where)


OPEN = Filter(column="status", value="open")
LAST_WEEK = Filter(column="created_at", op=Op.GE, value=AsOf(as_of_offset_seconds=-7 * DAY))
LAST_MONTH = Filter(column="created_at", op=Op.GE, value=AsOf(as_of_offset_seconds=-30 * DAY))
TODAY = Calendar(unit="day", zone="Europe/Berlin")

FOLLOWS: list[tuple[Condition, Condition]] = [
    (trained(Op.GE, 3), trained(Op.GE, 2)),
    (trained(Op.EQ, 1), both(trained(Op.GE, 1), trained(Op.LT, 2))),
    (both(trained(Op.GE, 1), trained(Op.LT, 2)), trained(Op.EQ, 1)),
    (trained(Op.GT, 2), trained(Op.GE, 3)),
    (EVERYONE, trained(Op.GE, 0)),
    (EVERYONE, either(trained(Op.EQ, 0), trained(Op.GE, 1))),
    # Windows within windows, filters within filters.
    (trained(Op.GE, 3, days=7), trained(Op.GE, 3, days=30)),
    (trained(Op.GE, 3, days=7), trained(Op.GE, 1)),
    (trained(Op.EQ, 0, days=30), trained(Op.EQ, 0, days=7)),
    (
        EventCount(event="x", window=TODAY),
        EventCount(event="x", window=Calendar(unit="month", zone="Europe/Berlin")),
    ),
    (EventCount(event="x", window=TODAY), EventCount(event="x", window=Rolling(seconds=2 * DAY))),
    (
        EventCount(event="x", window=SinceEvent(event="y", which="last")),
        EventCount(event="x", window=SinceEvent(event="y", which="first")),
    ),
    (
        EventCount(
            event="x", window=Absolute(start=datetime(2026, 2, 1), end=datetime(2026, 3, 1))
        ),
        EventCount(event="x", window=Absolute(start=datetime(2026, 1, 1))),
    ),
    (tickets(OPEN, LAST_WEEK), tickets(LAST_MONTH)),
    (
        tickets(OPEN),
        tickets(Filter(column="status", op=Op.IN, value=("open", "closed"))),
    ),
    # An age is of an event that happened.
    (age(Op.LE, 14), trained(Op.GE, 1, days=14)),
    (trained(Op.GE, 2, days=14), age(Op.LE, 14)),
    (age(Op.GT, 14), trained(Op.EQ, 0, days=14)),
    (age(Op.GT, 14), trained(Op.GE, 1)),
    (
        EventSequence(first="x", then="y", within_seconds=DAY),
        EventSequence(first="x", then="y", within_seconds=2 * DAY),
    ),
    (EventSequence(first="x", then="y"), EventCount(event="y")),
    # Values, lists and missing ones.
    (plan(Op.EQ, "annual"), plan(Op.IN, ("annual", "monthly"))),
    (plan(Op.EQ, "annual"), plan(Op.NE, "monthly")),
    (plan(Op.EQ, "annual"), plan(Op.IS_NOT_NULL)),
    (Not(of=plan(Op.EQ, "annual")), plan(Op.NE, "annual")),
    (plan(Op.IS_NULL), plan(Op.EQ, "annual", when_unknown=WhenUnknown.MATCH)),
    (risk(Op.GT, 0.7), risk(Op.GE, 0.5)),
    (both(risk(Op.GE, 0.5), risk(Op.LE, 0.5)), risk(Op.EQ, 0.5)),
    (
        Attribute(column="trial_end", op=Op.GT, value=AsOf(as_of_offset_seconds=3 * DAY)),
        Attribute(column="trial_end", op=Op.GT, value=AsOf()),
    ),
    (
        Attribute(column="trial_end", op=Op.GT, value="2026-03-05"),
        Attribute(column="trial_end", op=Op.GE, value="2026-03-01 12:00"),
    ),
    (Bucket(salt="a", low="00000000", high="10000000"), Bucket(salt="a", high="20000000")),
    (
        ConsentIs(purpose="m", channel="push"),
        Not(of=ConsentIs(purpose="m", channel="push", status="withdrawn")),
    ),
    # Across Or and Not.
    (both(trained(Op.GE, 3), plan(Op.EQ, "annual")), either(trained(Op.GE, 2), tickets(OPEN))),
    (
        both(either(trained(Op.GE, 3), tickets(OPEN)), Not(of=tickets(OPEN))),
        trained(Op.GE, 2),
    ),
    (both(trained(Op.GE, 3), trained(Op.LT, 3)), tickets(OPEN)),
    (InAudience(key="vip", version=2), InAudience(key="vip", version=2)),
    (HeldFor(trait="s", value="new", seconds=9), HeldFor(trait="s", value="new", seconds=9)),
]

DOES_NOT: list[tuple[Condition, Condition]] = [
    (trained(Op.GE, 2), trained(Op.GE, 3)),
    (trained(Op.GE, 3, days=30), trained(Op.GE, 3, days=7)),
    (trained(Op.GE, 1), EventCount(event="app_opened")),
    (tickets(LAST_MONTH), tickets(LAST_WEEK)),
    (tickets(OPEN), tickets(OPEN, LAST_MONTH)),
    (trained(Op.EQ, 0, days=14), age(Op.GT, 14)),  # who never trained has no age
    # What is missing is not different: it is unknown.
    (Not(of=plan(Op.EQ, "annual", when_unknown=WhenUnknown.NO_MATCH)), plan(Op.NE, "annual")),
    (EVERYONE, either(plan(Op.EQ, "annual"), plan(Op.NE, "annual"))),
    (plan(Op.EQ, "annual", when_unknown=WhenUnknown.MATCH), plan(Op.IS_NOT_NULL)),
    (risk(Op.GE, 0.5), risk(Op.GT, 0.5)),
    (InAudience(key="vip", version=1), InAudience(key="vip", version=2)),
    (Bucket(salt="a", high="20000000"), Bucket(salt="b", high="20000000")),
    # What moves with the clock is not compared with what stands still.
    (
        Attribute(column="trial_end", op=Op.GT, value="2036-01-01"),
        Attribute(column="trial_end", op=Op.GT, value=AsOf()),
    ),
    # To a column of dates both are one day, to a column of times they are two instants.
    (plan(Op.EQ, "2026-03-01"), plan(Op.NE, "2026-03-01 12:00")),
    (plan(Op.EQ, "2026-03-01"), plan(Op.EQ, "2026-03-01 00:00")),
    (
        EventCount(event="x", window=Calendar(unit="week")),
        EventCount(event="x", window=Rolling(seconds=2 * DAY)),
    ),
]


@pytest.mark.parametrize(("premise", "conclusion"), FOLLOWS)
def test_what_follows_is_proved(premise: Condition, conclusion: Condition) -> None:
    assert implies(premise, conclusion)


@pytest.mark.parametrize(("premise", "conclusion"), DOES_NOT)
def test_what_does_not_follow_is_not_claimed(premise: Condition, conclusion: Condition) -> None:
    assert not implies(premise, conclusion)


def test_a_condition_of_everybody_and_one_of_nobody_are_known_as_such() -> None:
    assert always(EVERYONE)
    assert always(either(trained(Op.GE, 1), trained(Op.EQ, 0)))
    assert not always(trained(Op.GE, 1))
    assert never(Not(of=EVERYONE))
    assert never(trained(Op.LT, 0))
    assert never(trained(Op.GE, 3, days=7), trained(Op.LT, 3, days=30))
    assert not never(trained(Op.GE, 3), trained(Op.LT, 3, days=7))


def test_a_condition_too_large_to_prove_is_left_open_at_once() -> None:
    wide = [
        either(*(Attribute(column=f"c{n}", value=value) for value in range(3))) for n in range(40)
    ]
    narrow = [Attribute(column=f"c{n}", op=Op.LT, value=3) for n in range(40)]

    assert not implies(both(*wide), both(*narrow[:20], trained(Op.GE, 1)))


# Against brute force: every value that the constants tell apart, and a missing one.

VALUES = st.integers(0, 3)
UNKNOWN = st.none() | st.sampled_from(WhenUnknown)
ORDER = [Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE]
SMALL: st.SearchStrategy[Condition] = st.one_of(
    st.builds(EventCount, event=st.just("x"), op=st.sampled_from(ORDER), n=VALUES),
    st.builds(
        Attribute,
        column=st.just("y"),
        op=st.sampled_from(ORDER),
        value=VALUES,
        when_unknown=UNKNOWN,
    ),
    st.builds(
        Attribute,
        column=st.just("y"),
        op=st.sampled_from([Op.IN, Op.NOT_IN]),
        value=st.lists(VALUES, min_size=1, max_size=3).map(tuple),
        when_unknown=UNKNOWN,
    ),
    st.builds(Attribute, column=st.just("y"), op=st.sampled_from([Op.IS_NULL, Op.IS_NOT_NULL])),
    st.builds(Attribute, column=st.just("z"), value=st.booleans(), when_unknown=UNKNOWN),
)
COUNTS = range(6)
MEASURES = (None, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4)
FLAGS = (None, True, False)


class Row(Reference):
    """The reference evaluator's logic over one made-up user."""

    def __init__(self, x: int, y: float | None, z: bool | None) -> None:
        super().__init__(messy_rows(), AS_OF)
        self.values = {"y": y, "z": z}
        self.x = x

    def _leaf(self, leaf: Any, user: str) -> bool | None:
        if isinstance(leaf, EventCount):
            return self._compare("x", self.x, leaf.op, leaf.n)
        return self._compare(leaf.column, self.values[leaf.column], leaf.op, leaf.value)


ROWS = [Row(*values) for values in product(COUNTS, MEASURES, FLAGS)]


@settings(max_examples=300)
@given(trees(SMALL), trees(SMALL))
def test_in_a_small_world_exactly_what_follows_is_proved(
    premise: Condition, conclusion: Condition
) -> None:
    follows = all(
        row.truth(conclusion, "") is True for row in ROWS if row.truth(premise, "") is True
    )

    assert implies(premise, conclusion) == follows


# Against untidy data: whatever is proved holds for every user there is.

SPANS = st.sampled_from([None, 1, DAY, 7 * DAY, 30 * DAY]).map(
    lambda seconds: Rolling(seconds=seconds) if seconds else None
)
WINDOWS = st.one_of(
    SPANS,
    st.builds(
        Calendar,
        unit=st.sampled_from(["day", "week", "month"]),
        zone=st.just("Europe/Berlin"),
        periods_back=st.integers(0, 1),
    ),
    st.builds(SinceEvent, event=st.just("app_opened"), which=st.sampled_from(["first", "last"])),
    st.sampled_from(
        [
            Absolute(start=datetime(2026, 3, 1)),
            Absolute(start=datetime(2026, 3, 20), end=datetime(2026, 3, 30)),
        ]
    ),
)
PROPERTY = st.one_of(
    st.builds(
        Filter,
        column=st.just("duration_seconds"),
        op=st.sampled_from(ORDER),
        value=st.sampled_from([45.5, 90, 1800]),
    ),
    st.builds(
        Filter,
        column=st.just("workout_type"),
        op=st.sampled_from([Op.IN, Op.NOT_IN]),
        value=st.sampled_from([("yoga",), ("yoga", "strength")]),
    ),
)
WHERE = st.lists(PROPERTY, max_size=1).map(tuple)
SENT = st.builds(
    Filter,
    column=st.just("sent_at"),
    op=st.sampled_from([Op.GE, Op.GT, Op.LT]),
    value=st.builds(AsOf, as_of_offset_seconds=st.sampled_from([-DAY, -7 * DAY, -30 * DAY])),
)
EVENTS = st.sampled_from(["workout_completed", "app_opened"])
REAL: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        EventCount,
        event=EVENTS,
        where=WHERE,
        window=WINDOWS,
        op=st.sampled_from(ORDER),
        n=st.integers(0, 3),
    ),
    st.builds(
        EventAge,
        event=EVENTS,
        where=WHERE,
        which=st.sampled_from(["first", "last"]),
        op=st.sampled_from(ORDER),
        seconds=st.sampled_from([1, DAY, 7 * DAY, 30 * DAY]),
        when_unknown=UNKNOWN,
    ),
    st.builds(
        EventSequence,
        first=EVENTS,
        then=EVENTS,
        within_seconds=st.sampled_from([None, DAY, 7 * DAY]),
    ),
    st.builds(
        Related,
        entity=st.just("message"),
        where=st.lists(SENT, max_size=2).map(tuple),
        op=st.sampled_from(ORDER),
        n=st.integers(0, 2),
    ),
    st.builds(
        Trait,
        name=st.just("momentum_score"),
        op=st.sampled_from(ORDER),
        value=st.sampled_from([0, 0.1, 50]),
        when_unknown=UNKNOWN,
    ),
    st.builds(
        Attribute,
        column=st.just("current_subscription.trial_end"),
        op=st.sampled_from(ORDER),
        value=st.sampled_from([AsOf(), AsOf(as_of_offset_seconds=-DAY), "2026-03-23 12:00:00"]),
        when_unknown=UNKNOWN,
    ),
    st.builds(
        ConsentIs,
        purpose=st.just("marketing"),
        channel=st.just("email"),
        status=st.sampled_from(["granted", "denied", "withdrawn"]),
    ),
    st.builds(Bucket, salt=st.just("s"), high=st.sampled_from(["40000000", "80000000", None])),
    st.just(InAudience(key="upgrade_ready")),
)


@settings(max_examples=400)
@given(trees(REAL), trees(REAL))
def test_whatever_is_proved_holds_for_every_user_of_an_untidy_warehouse(
    premise: Condition, conclusion: Condition
) -> None:
    if not implies(premise, conclusion):
        return
    reference = Reference(messy_rows(), AS_OF)
    for user in reference.users():
        if reference.truth(premise, user) is True:
            assert reference.truth(conclusion, user) is True


@pytest.mark.slow
@settings(max_examples=2_000)
@given(REAL, st.lists(REAL, max_size=2), REAL)
def test_whatever_single_conditions_prove_holds_too(
    one: Condition, more: list[Condition], conclusion: Condition
) -> None:
    premise = both(one, *more)
    if not implies(premise, conclusion):
        return
    reference = Reference(messy_rows(), AS_OF)
    for user in reference.users():
        if reference.truth(premise, user) is True:
            assert reference.truth(conclusion, user) is True


@given(trees(LEAVES))
def test_any_condition_implies_itself_and_nothing_that_it_excludes(condition: Condition) -> None:
    assert implies(condition, condition)
    assert never(condition, Not(of=condition))
