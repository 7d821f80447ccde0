"""Random small worlds with everything on: the cycle decides what the oracle decides."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from orchestrate import stages
from tests.orchestrate import oracle, small_worlds
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

CASES = int(os.environ.get("PILOTHOUSE_ORACLE_CASES", "5000"))
WORLDS = 100
"""Worlds that share one cycle."""
Told = dict[tuple[str, str, str], oracle.OResult]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("oracle")
    made = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
    made.execute(SCHEMA)
    yield made
    made.close()


def cycle_tells(warehouse: DuckDBWarehouse, catalog: Catalog, worlds: list[oracle.OWorld]) -> Told:
    """What a cycle decides for every candidate of these worlds."""
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, worlds)
        stages.decide(cursor, small_worlds.tick_of(worlds, catalog))
        rows = cursor.execute(
            "SELECT user_id, policy_key, action_key, reason_code, ghost, channel, not_before "
            "FROM outcome"
        ).fetchall()
    return {(user, policy, action): oracle.OResult(*told) for user, policy, action, *told in rows}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(CASES // WORLDS, 1)))
def test_the_cycle_decides_what_the_oracle_decides(warehouse: DuckDBWarehouse, seed: int) -> None:
    worlds = small_worlds.batch(seed, WORLDS)
    told = cycle_tells(warehouse, load_catalog(), worlds)

    expected: Told = {}
    for world in worlds:
        expected |= oracle.decide(world)
    assert told.keys() == expected.keys()
    differing = {key: (told[key], one) for key, one in expected.items() if told[key] != one}
    assert not differing
