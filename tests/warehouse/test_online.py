"""One user online: in whatever order events come, decisions are those of all that happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.conditions import Attribute, Condition, EventCount, InAudience, Op, Related, Trait
from core.errors import Code, PilothouseError
from core.evaluate import Evaluator, UserState
from core.event_memory import MANY
from core.moments import micros
from core.readings import ColumnValue
from tests.warehouse.condition_strategies import CATALOG, EVENT_LEAVES, grown
from tests.warehouse.messy_world import AS_OF, EDGES, EVENTS, PROPERTIES, Rows
from tests.warehouse.reference_evaluator import Reference
from tests.warehouse.test_one_meaning import world
from warehouse.online import evaluator, states

TREES = 30
USERS = ("u0", "u1", "u2")
NOWS = [AS_OF + timedelta(hours=hours) for hours in (0, 11, 36, 60, 31 * 24)]
SIGNUP = datetime(2026, 3, 23, 12)


def happened(dice: random.Random, now: datetime) -> dict[str, Any]:
    """An event that becomes known now: just happened, late, or dated into the future."""
    ago = dice.choice([*EDGES, timedelta(minutes=dice.randrange(-1_000, 60_000))])
    return {
        "user_id": dice.choice(USERS),
        "event_name": dice.choice(EVENTS),
        "event_time": now - ago,
        "properties": dice.choice(PROPERTIES),
    }


def signed_up(asking: Evaluator) -> UserState:
    """A user of whom nothing is known but when they signed up."""
    column = ColumnValue("signup_at")
    return asking.state({n: micros(SIGNUP) for n, one in asking.stored if one == column})


def arrivals(dice: random.Random) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """Moments as time goes on, and what becomes known at each."""
    for now in NOWS:
        yield now, [happened(dice, now) for _ in range(dice.randrange(0, 4 * MANY))]


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(leaves=st.lists(EVENT_LEAVES, min_size=20, max_size=40), shape=st.integers(0, 2**32))
def test_events_may_come_in_any_order_while_time_goes_on_and_old_ones_are_dropped(
    leaves: list[Condition], shape: int
) -> None:
    dice = random.Random(shape)
    asked = {str(number): grown(leaves, dice) for number in range(TREES)}
    asking = evaluator(asked, CATALOG)
    rows = Rows(users=[{"user_id": u, "signup_at": SIGNUP, "merged_into": None} for u in USERS])
    known = {user: signed_up(asking) for user in USERS}

    for now, events in arrivals(dice):
        for one in events:
            state, at = known[one["user_id"]], micros(one["event_time"])
            asking.record(state, one["event_name"], at, one["properties"] or {})
        rows.events += events
        reference = Reference(rows, now)
        for user, state in known.items():
            asking.trim(state, micros(now))
            literals = asking.literals(state, micros(now))
            for name, condition in asked.items():
                got, meant = asking.truths.truth(name, literals), reference.truth(condition, user)
                assert got is meant, (condition, user, now)


def test_a_state_holds_what_the_warehouse_says_of_the_asked_users() -> None:
    rules = {
        "german": Attribute(column="country", value="DE"),
        "tickets": Related(entity="ticket", op=Op.GE, n=1),
        "trial": InAudience(key="trial_users"),
        "keen": Trait(name="momentum_score", op=Op.GE, value=0.1),
    }
    asking, where = evaluator(rules, CATALOG), world(0)

    known = states(where.warehouse, asking, CATALOG, as_of=where.as_of, users=("u1", "u2"))

    reference = Reference(where.rows, where.as_of)
    assert sorted(known) == ["u1", "u2"]
    for user, state in known.items():
        holds = asking.decide(state, micros(where.as_of))
        assert holds == [name for name, one in rules.items() if reference.truth(one, user)]


def test_rules_that_read_no_events_remember_none() -> None:
    asking, where = (
        evaluator({"german": Attribute(column="country", value="DE")}, CATALOG),
        world(0),
    )

    known = states(where.warehouse, asking, CATALOG, as_of=where.as_of)

    assert not asking.events
    assert all(not state.memory.streams for state in known.values())


def test_an_event_that_the_catalog_lacks_is_refused_when_rules_are_made_ready() -> None:
    with pytest.raises(PilothouseError) as refused:
        evaluator({"flew": EventCount(event="flown_to_the_moon")}, CATALOG)

    assert refused.value.refusal.code is Code.UNKNOWN_EVENT
