"""States read again and again: true for the moment they are read for, and for how long after."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.conditions import AsOf, Condition, ConsentIs, Filter, Op, Related
from core.moments import micros
from tests.warehouse.condition_strategies import CATALOG, LEAVES, grown
from tests.warehouse.reference_evaluator import Reference
from tests.warehouse.test_one_meaning import World, world
from warehouse.online import evaluator
from warehouse.state_reader import StateReader

LATER = [timedelta(0), timedelta(microseconds=1), timedelta(minutes=7), timedelta(days=3)]


def everybody(where: World) -> list[str]:
    users = where.warehouse.cursor().execute("SELECT user_id FROM dim_users").fetchall()
    return [user for (user,) in users]


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    leaves=st.lists(LEAVES, min_size=6, max_size=12),
    shape=st.integers(0, 2**32),
    seed=st.integers(0, 11),
)
def test_what_was_read_stays_true_as_long_as_it_says(
    leaves: list[Condition], shape: int, seed: int
) -> None:
    dice, where = random.Random(shape), world(seed)
    asked = {str(number): grown(leaves, dice) for number in range(8)}
    asking = evaluator(asked, CATALOG)
    reader, cursor = StateReader(asking, CATALOG), where.warehouse.cursor()
    users = everybody(where)

    known = reader.read(cursor, users, where.as_of)
    lasts = reader.lasts(cursor, users, where.as_of)

    for later in LATER:
        moment = where.as_of + later
        reference = Reference(where.rows, moment)
        for user, state in known.items():
            if later and micros(moment) > lasts.get(user, micros(moment)):
                continue
            literals = asking.literals(state, micros(moment))
            for name, condition in asked.items():
                assert asking.truths.truth(name, literals) is reference.truth(condition, user)


def test_a_word_on_consent_that_takes_effect_later_ends_what_was_read() -> None:
    where = world(0)
    users = everybody(where)
    asking = evaluator({"yes": ConsentIs(purpose="marketing", channel="push")}, CATALOG)
    reader, cursor = StateReader(asking, CATALOG), where.warehouse.cursor()

    lasts = reader.lasts(cursor, users, where.as_of)

    first = {
        one["user_id"]: one["effective_at"]
        for one in sorted(where.rows.consent, key=lambda one: one["effective_at"], reverse=True)
        if one["effective_at"] >= where.as_of
    }
    assert first
    assert lasts == {user: micros(at) - 1 for user, at in first.items()}


def test_what_is_compared_with_the_moment_itself_holds_for_that_moment_only() -> None:
    where = world(0)
    recent = Filter(column="created_at", op=Op.GE, value=AsOf(as_of_offset_seconds=-86_400))
    asking = evaluator({"recent": Related(entity="ticket", where=(recent,))}, CATALOG)
    reader, cursor = StateReader(asking, CATALOG), where.warehouse.cursor()

    lasts = reader.lasts(cursor, ["u1", "u2"], where.as_of)

    assert lasts == dict.fromkeys(("u1", "u2"), micros(where.as_of))
