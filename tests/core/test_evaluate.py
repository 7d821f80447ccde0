"""Conditions for one user: what is remembered of events, what holds when, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.conditions import (
    And,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Not,
    Op,
    Or,
    Rolling,
    SinceEvent,
    Trait,
    WhenUnknown,
)
from core.evaluate import Evaluator, UserState
from core.event_memory import MANY
from core.kinds import Kinds
from core.moments import micros

NOW = datetime(2026, 3, 30, 12)
DAY = timedelta(days=1)
KINDS = Kinds(
    columns={"country": "string", "signup_at": "timestamp"},
    traits={"score": "number"},
    properties={"bought": {"price": "number", "valid_until": "timestamp"}},
    events={"bought": "bought", "purchased": "bought", "opened": "opened"},
)
BOUGHT = EventCount(event="bought")


def asking(**conditions: Condition) -> Evaluator:
    return Evaluator(conditions, KINDS)


def did(asked: Evaluator, state: UserState, at: datetime, event: str, **properties: object) -> None:
    asked.record(state, event, micros(at), properties)


def holds(asked: Evaluator, state: UserState, at: datetime = NOW) -> list[str]:
    return asked.decide(state, micros(at))


def test_an_event_counts_from_the_moment_after_it() -> None:
    asked = asking(once=BOUGHT)
    state = asked.state({})

    did(asked, state, NOW, "bought")

    assert holds(asked, state, NOW) == []
    assert holds(asked, state, NOW + timedelta(microseconds=1)) == ["once"]


def test_an_event_under_another_of_its_names_is_the_same_event() -> None:
    asked = asking(once=BOUGHT)
    state = asked.state({})

    did(asked, state, NOW - DAY, "purchased")
    did(asked, state, NOW - DAY, "never_heard_of")

    assert holds(asked, state) == ["once"]


def test_a_rolling_window_closes_behind_an_event() -> None:
    asked = asking(week=EventCount(event="bought", window=Rolling(seconds=7 * 86_400)))
    state = asked.state({})

    did(asked, state, NOW, "bought")

    assert holds(asked, state, NOW + 7 * DAY) == ["week"]
    assert holds(asked, state, NOW + 7 * DAY + timedelta(microseconds=1)) == []


def test_a_calendar_day_is_the_day_of_its_zone_when_clocks_change() -> None:
    today = Calendar(unit="day", zone="Europe/Berlin")
    asked = asking(today=EventCount(event="bought", window=today))
    state = asked.state({})
    # Sunday 29 March 2026 has 23 hours in Berlin: from 23:00 UTC to 22:00 UTC.
    did(asked, state, datetime(2026, 3, 28, 23), "bought")

    assert holds(asked, state, datetime(2026, 3, 29, 21, 59)) == ["today"]
    assert holds(asked, state, datetime(2026, 3, 29, 22)) == []


def test_a_late_event_finds_its_place_among_forgotten_ones() -> None:
    asked = asking(
        ever=EventCount(event="bought", op=Op.EQ, n=2 * MANY + 2),
        week=EventCount(event="bought", op=Op.EQ, n=1, window=Rolling(seconds=7 * 86_400)),
        first=EventAge(event="bought", which="first", op=Op.EQ, seconds=400 * 86_400),
    )
    state = asked.state({})
    for days in range(100, 100 + 2 * MANY):
        did(asked, state, NOW - days * DAY, "bought")
    asked.trim(state, micros(NOW))

    did(asked, state, NOW - 400 * DAY, "bought")
    did(asked, state, NOW - DAY, "bought")

    assert holds(asked, state) == ["ever", "week", "first"]
    assert len(state.memory.streams[0].times) < MANY


def test_what_was_forgotten_cannot_be_asked_about() -> None:
    asked = asking(once=BOUGHT)
    state = asked.state({})
    asked.trim(state, micros(NOW))

    with pytest.raises(ValueError, match="forgotten"):
        holds(asked, state, NOW - DAY)


@pytest.mark.parametrize("late", [False, True])
def test_a_sequence_is_complete_in_whatever_order_its_events_are_known(late: bool) -> None:
    asked = asking(both=EventSequence(first="opened", then="bought", within_seconds=3_600))
    state = asked.state({})
    events = [("opened", NOW - DAY), ("bought", NOW - DAY + timedelta(hours=1))]

    for name, at in reversed(events) if late else events:
        did(asked, state, at, name)

    assert holds(asked, state) == ["both"]
    assert holds(asked, state, NOW - DAY + timedelta(hours=1)) == []


def test_an_event_does_not_follow_itself() -> None:
    asked = asking(
        soon=EventSequence(first="bought", then="bought", within_seconds=3_600),
        ever=EventSequence(first="bought", then="bought"),
    )
    state = asked.state({})

    did(asked, state, NOW - DAY, "bought")
    did(asked, state, NOW - DAY, "bought")

    assert holds(asked, state) == []


def test_events_since_another_are_counted_from_its_latest() -> None:
    since = SinceEvent(event="opened")
    asked = asking(none=EventCount(event="bought", window=since, op=Op.EQ, n=0))
    state = asked.state({})

    did(asked, state, NOW - 2 * DAY, "bought")
    assert holds(asked, state) == ["none"]
    did(asked, state, NOW - 3 * DAY, "opened")
    assert holds(asked, state) == []
    did(asked, state, NOW - DAY, "opened")
    assert holds(asked, state) == ["none"]


def test_a_filter_on_the_moment_of_decision_moves_with_it() -> None:
    valid = Filter(column="valid_until", op=Op.GT, value=AsOf())
    asked = asking(valid=EventCount(event="bought", where=(valid,)))
    state = asked.state({})

    did(asked, state, NOW - DAY, "bought", valid_until="2026-03-31T00:00:00+02:00")
    did(asked, state, NOW - DAY, "bought", valid_until="some day")
    did(asked, state, NOW - DAY, "bought")

    assert holds(asked, state, datetime(2026, 3, 30, 21)) == ["valid"]
    assert holds(asked, state, datetime(2026, 3, 30, 22)) == []


@pytest.mark.parametrize(
    ("price", "counts"),
    [
        (90, True),
        ("90", True),
        (" 9e1 ", True),
        ("inf", True),
        (89.5, False),
        ("much", False),
        (True, False),
        (None, False),
        (float("nan"), False),
        ("nan", False),
        ([90], False),
    ],
)
def test_a_number_of_an_event_is_a_number_however_it_was_sent(price: object, counts: bool) -> None:
    dear = Filter(column="price", op=Op.GE, value=90)
    asked = asking(dear=EventCount(event="bought", where=(dear,)))
    state = asked.state({})

    did(asked, state, NOW - DAY, "bought", price=price)

    assert bool(holds(asked, state)) is counts


@pytest.mark.parametrize(
    ("rule", "truth"),
    [(WhenUnknown.MATCH, True), (WhenUnknown.NO_MATCH, False), (WhenUnknown.BLOCK, None)],
)
def test_a_missing_value_counts_as_the_leaf_says(rule: WhenUnknown, truth: bool | None) -> None:
    asked = asking(low=Trait(name="score", op=Op.LT, value=1, when_unknown=rule))

    literals = asked.literals(asked.state({}), micros(NOW))

    assert asked.truths.truth("low", literals) is truth


def test_an_explanation_names_every_leaf_and_the_first_clause_that_fails() -> None:
    german = Attribute(column="country", value="DE")
    keen = Trait(name="score", op=Op.GE, value=0.5)
    asked = asking(target=And(of=(german, Or(of=(keen, BOUGHT)), Not(of=BOUGHT))))
    values = {number: {0: "DE", 1: 0.1}.get(number) for number, _ in asked.stored}
    state = asked.state(values)
    did(asked, state, NOW - DAY, "bought")

    why = asked.explain("target", state, micros(NOW))

    assert why.truth is False
    assert (why.clauses, why.failing) == ((True, True, False), 2)
    seen = [(one.leaf.kind, one.value, one.truth, one.wanted) for one in why.leaves]
    assert seen == [
        ("attribute", "DE", True, True),
        ("trait", 0.1, False, True),
        ("event_count", 1, True, True),
        ("event_count", 1, True, False),
    ]


def test_rules_that_share_leaves_read_them_once() -> None:
    rules = {f"r{n}": And(of=(BOUGHT, Trait(name="score", op=Op.GE, value=n))) for n in range(50)}
    asked = Evaluator(rules, KINDS)

    assert len(asked.program.leaves) == 51
    assert len(asked.program.readings) == 2
