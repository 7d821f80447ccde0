"""Random small worlds with everything on: the cycle decides what the oracle decides."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrate import stages
from orchestrate.stages import Tick
from tests.orchestrate import oracle, small_worlds
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

CASES = int(os.environ.get("PILOTHOUSE_ORACLE_CASES", "5000"))
WORLDS = 100
"""Worlds that share one cycle."""
CHUNKS = (64, 331)
"""Few users at a time, now and then; else all at once."""
Told = dict[tuple[str, str, str], oracle.OResult]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("oracle")
    made = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
    made.execute(SCHEMA)
    yield made
    made.close()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def laid_out(warehouse: DuckDBWarehouse, seed: int) -> list[oracle.OWorld]:
    """Worlds, written in an order of no meaning."""
    worlds = small_worlds.batch(seed, WORLDS, everything=True)
    random.Random(-seed).shuffle(worlds)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, worlds)
    return worlds


def cycle_tells(
    warehouse: DuckDBWarehouse, tick: Tick, users: tuple[str, ...] | None, chunk: int
) -> Told:
    """What a cycle decides for every candidate, in chunks of that many users."""
    with warehouse.cursor() as cursor:
        stages.decide(cursor, tick, users, chunk)
        rows = cursor.execute(
            "SELECT user_id, policy_key, action_key, reason_code, ghost, channel, not_before "
            "FROM outcome"
        ).fetchall()
    return {(user, policy, action): oracle.OResult(*told) for user, policy, action, *told in rows}


def oracle_tells(worlds: list[oracle.OWorld]) -> Told:
    """What must come of every candidate."""
    expected: Told = {}
    for world in worlds:
        expected |= oracle.decide(world)
    return expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(CASES // WORLDS, 1)))
def test_the_cycle_decides_what_the_oracle_decides(
    warehouse: DuckDBWarehouse, catalog: Catalog, seed: int
) -> None:
    worlds = laid_out(warehouse, seed)
    tick = small_worlds.tick_of(worlds, catalog)

    told = cycle_tells(warehouse, tick, None, dict(enumerate(CHUNKS)).get(seed % 8, stages.CHUNK))

    expected = oracle_tells(worlds)
    assert told.keys() == expected.keys()
    differing = {key: (told[key], one) for key, one in expected.items() if told[key] != one}
    assert not differing


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_any_number_of_workers_decides_the_same(
    warehouse: DuckDBWarehouse, catalog: Catalog, workers: int
) -> None:
    worlds = laid_out(warehouse, workers)
    tick = small_worlds.tick_of(worlds, catalog)
    users = [user.key for world in worlds for user in world.users]
    random.Random(workers).shuffle(users)
    parts = [tuple(users[start::workers]) for start in range(workers)]

    with ThreadPoolExecutor(workers) as pool:
        told = [*pool.map(lambda part: cycle_tells(warehouse, tick, part, 50), parts)]

    assert {key: one for part in told for key, one in part.items()} == oracle_tells(worlds)
