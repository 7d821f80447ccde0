"""A condition means one thing: in SQL, as bitmaps, for one user online, and said in plain Python.

Each example is a world of untidy rows and a hundred random trees over leaves that
Hypothesis chose; a case is one tree, compared for every user of its world.
``PILOTHOUSE_CASES`` asks for more of them.
"""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.conditions import Condition
from core.moments import micros
from tests.warehouse.condition_strategies import CATALOG, LEAVES, grown
from tests.warehouse.messy_world import AS_OF, Rows, load, messy_rows
from tests.warehouse.reference_evaluator import Reference
from warehouse.batch import flags, unpack
from warehouse.compile import compile_flags
from warehouse.online import evaluator, states

CASES = int(os.environ.get("PILOTHOUSE_CASES", "10000"))
TREES = 100
PARTS = 10
"""So that no one test takes long on a busy machine."""
Truths = dict[str, dict[str, bool | None]]
"""Name of a tree → user → truth."""
MOMENTS = (
    AS_OF,
    # Midnight in Berlin on the day when its clocks go forward, and the end of that day.
    datetime(2026, 3, 28, 23),
    datetime(2026, 3, 29, 22),
    # Clocks going back in New York, and half an hour back on Lord Howe Island.
    datetime(2026, 11, 1, 6),
    datetime(2026, 4, 4, 15) + timedelta(microseconds=1),
)


class World(NamedTuple):
    """Rows, the warehouse that holds them, and a moment of decision."""

    rows: Rows
    warehouse: duckdb.DuckDBPyConnection
    as_of: datetime


@cache
def world(seed: int) -> World:
    as_of = MOMENTS[seed % len(MOMENTS)]
    rows = messy_rows(seed, as_of)
    return World(rows, load(rows), as_of)


def by_sql(asked: dict[str, Condition], where: World) -> Truths:
    query = compile_flags(asked, CATALOG, as_of=where.as_of)
    rows = where.warehouse.cursor().execute(query).fetchall()
    return {name: {row[0]: row[place] for row in rows} for place, name in enumerate(asked, start=1)}


def by_bitmaps(asked: dict[str, Condition], where: World, chunk: int) -> Truths:
    found: Truths = {name: {} for name in asked}
    cursor = where.warehouse.cursor()
    for part in flags(cursor, asked, CATALOG, as_of=where.as_of, chunk=chunk):
        for name in asked:
            true = unpack(part.true[name], part.users.size).tolist()
            unknown = unpack(part.unknown[name], part.users.size).tolist()
            for user, yes, maybe in zip(part.users, true, unknown, strict=True):
                found[name][user] = None if maybe else yes
    return found


def by_online(asked: dict[str, Condition], where: World) -> Truths:
    asking = evaluator(asked, CATALOG)
    now = micros(where.as_of)
    found: Truths = {name: {} for name in asked}
    known = states(where.warehouse.cursor(), asking, CATALOG, as_of=where.as_of)
    for user, state in known.items():
        literals = asking.literals(state, now)
        for name in asked:
            found[name][user] = asking.truths.truth(name, literals)
    return found


def by_reference(asked: dict[str, Condition], where: World) -> Truths:
    reference = Reference(where.rows, where.as_of)
    users = reference.users()
    return {
        name: {user: reference.truth(one, user) for user in users} for name, one in asked.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=max(1, CASES // TREES // PARTS),
    deadline=None,
    # The test itself names the smallest tree that differs: shrinking worlds of trees takes long.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    seed=st.integers(0, 4),
    leaves=st.lists(LEAVES, min_size=20, max_size=40),
    shape=st.integers(0, 2**32),
    chunk=st.sampled_from([7, 8, 1_000]),
)
def test_every_evaluator_gives_every_tree_the_same_truth_for_every_user(
    part: int, seed: int, leaves: list[Condition], shape: int, chunk: int
) -> None:
    where, dice = world(seed), random.Random(f"{part} {shape}")
    asked = {f"tree {number}": grown(leaves, dice) for number in range(TREES)}

    expected = by_reference(asked, where)

    for got in (by_sql(asked, where), by_bitmaps(asked, where, chunk), by_online(asked, where)):
        wrong = [asked[name] for name in asked if got[name] != expected[name]]
        assert not wrong, min(wrong, key=lambda one: len(one.model_dump_json()))
