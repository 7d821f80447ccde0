"""One user decided alone: what the engine decides for everybody, on random small worlds."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.moments import EPOCH, MICROSECOND, micros
from core.reasons import REASONS
from orchestrate import stages
from orchestrate.live.book import Book
from orchestrate.live.scalar import Told, decide
from orchestrate.stages import Tick
from tests.orchestrate import small_worlds
from tests.orchestrate.oracle import OResult
from tests.orchestrate.plain_worlds import OWorld
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

WORLDS = 100
CASES = int(os.environ.get("PILOTHOUSE_ONLINE_CASES", "40"))
"""Worlds that Hypothesis draws; more on demand."""
OWN = "SELECT user_id FROM dim_users WHERE merged_into IS NULL"
Results = dict[tuple[str, str, str], OResult]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("live")
    made = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
    made.execute(SCHEMA)
    yield made
    made.close()


def without_putting_off(tick: Tick) -> Tick:
    """The tick with caps that drop where they would put off: those are left to the engine."""
    defaults = tick.catalog.defaults
    caps = tuple(
        cap.model_copy(update={"on_exceed": "drop"}) if cap.on_exceed == "defer" else cap
        for cap in defaults.contact_policy.caps
    )
    contact = defaults.contact_policy.model_copy(update={"caps": caps})
    defaults = defaults.model_copy(update={"contact_policy": contact})
    return tick._replace(catalog=tick.catalog.model_copy(update={"defaults": defaults}))


def engine_tells(warehouse: DuckDBWarehouse, tick: Tick) -> Results:
    """What the engine decides for whoever is eligible and to whom the action applies."""
    with warehouse.cursor() as cursor:
        stages.decide(cursor, tick)
        rows = cursor.execute(
            "SELECT user_id, policy_key, action_key, reason_code, ghost, channel, not_before "
            "FROM outcome WHERE eligible"
        ).fetchall()
    return {(user, policy, action): OResult(*told) for user, policy, action, *told in rows}


def alone_tells(warehouse: DuckDBWarehouse, tick: Tick, read_at: datetime) -> Results:
    """The same, user by user; users are read anew only where what was read no longer holds."""
    book, now = Book(tick), micros(tick.as_of)
    with warehouse.cursor() as cursor:
        newest = {
            one: micros(stages.newest(cursor, one, tick.catalog, tick.as_of))
            for one in book.watched
        }
        users = [user for (user,) in cursor.execute(OWN).fetchall()]
        people = book.reader.read(cursor, users, read_at)
        old = [user for user, person in people.items() if person.last < now]
        people |= book.reader.read(cursor, old, tick.as_of) if old else {}
    stale = book.stale(newest, now)
    found: Results = {}
    for user, person in people.items():
        book.settle(person)
        found |= results(user, decide(book, person, now, released=tick.released, stale=stale))
    return found


def results(user: str, told: Told) -> Results:
    found: Results = {}
    for row in told.rows:
        action = row.line.candidate.entry.action
        code = REASONS[row.reason].code
        ready = None
        if row.ghost or code == "SELECTED":
            ready = EPOCH + MICROSECOND * row.ready
        channel = action.channels[max(row.place, 0)]
        key = (user, row.line.policy, action.key)
        found[key] = OResult(code, row.ghost, channel, ready)
    return found


LATER = (
    timedelta(0),
    timedelta(seconds=37, microseconds=123_456),
    timedelta(hours=3, seconds=59),
    timedelta(days=40),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_one_user_alone_is_decided_as_everybody_at_once(
    warehouse: DuckDBWarehouse, seed: int
) -> None:
    worlds = small_worlds.batch(seed, WORLDS, everything=True)

    told, expected = both_tell(warehouse, worlds, LATER[seed % len(LATER)])

    assert told.keys() == expected.keys()
    differing = {key: (told[key], one) for key, one in expected.items() if told[key] != one}
    assert expected
    assert not differing


def both_tell(
    warehouse: DuckDBWarehouse, worlds: Sequence[OWorld], later: timedelta
) -> tuple[Results, Results]:
    """What is decided alone some time after users were read, and what the engine decides then."""
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, worlds)
    tick = without_putting_off(small_worlds.tick_of(worlds, load_catalog()))
    then = tick._replace(as_of=tick.as_of + later, counts_later=True)
    return alone_tells(warehouse, then, tick.as_of), engine_tells(warehouse, then)


@pytest.mark.slow
@pytest.mark.timeout(120 + 2 * CASES)
@settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)  # fmt: skip
@given(
    chance=st.randoms(use_true_random=False),
    later=st.sampled_from(LATER) | st.timedeltas(timedelta(0), timedelta(days=60)),
)
def test_whatever_the_world_one_user_alone_is_decided_as_in_a_batch(
    warehouse: DuckDBWarehouse, chance: random.Random, later: timedelta
) -> None:
    told, expected = both_tell(
        warehouse, small_worlds.drawn(chance, "p", 1, everything=True), later
    )

    assert told == expected
