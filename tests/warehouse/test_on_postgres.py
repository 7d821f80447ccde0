"""The same rules on DuckDB and on a real PostgreSQL mean the same people."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.conditions import Condition
from tests.orchestrate.world import SCHEMA
from tests.warehouse.condition_strategies import CATALOG, LEAVES, grown
from tests.warehouse.connect.postgres_server import programs, running_server
from tests.warehouse.messy_world import AS_OF, TABLES, Rows, messy_rows
from tests.warehouse.test_one_meaning import Truths, by_sql, world
from warehouse.compile import compile_audience, compile_flags

TREES = 100
WORLDS = (0, 5)
"""Seeds of worlds whose moment of decision is the same, so that one query fits both."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection]:
    """A real server with a schema for each world; skips, with the reason, where none is."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url, psycopg.connect(url, autocommit=True) as connection:
        for seed in WORLDS:
            connection.execute(f"CREATE SCHEMA world_{seed}")
            connection.execute(f"SET search_path TO world_{seed}")
            connection.execute(SCHEMA.replace("DOUBLE", "DOUBLE PRECISION"))
            _fill(connection, messy_rows(seed, AS_OF))
        yield connection


def _fill(connection: psycopg.Connection, rows: Rows) -> None:
    for name, table in TABLES.items():
        for row in getattr(rows, name):
            values = [json.dumps(one) if isinstance(one, dict) else one for one in row.values()]
            marks = ", ".join("%s" for _ in row)
            connection.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})".encode(), values
            )


def by_postgres(asked: dict[str, Condition], postgres: psycopg.Connection, seed: int) -> Truths:
    postgres.execute(f"SET search_path TO world_{seed}")
    query = compile_flags(asked, CATALOG, as_of=AS_OF, dialect="postgres")
    rows = postgres.execute(query.encode()).fetchall()
    return {name: {row[0]: row[place] for row in rows} for place, name in enumerate(asked, start=1)}


@pytest.mark.slow
@settings(
    max_examples=1_000 // TREES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    seed=st.sampled_from(WORLDS),
    leaves=st.lists(LEAVES, min_size=20, max_size=40),
    shape=st.integers(0, 2**32),
)
def test_a_thousand_random_trees_give_equal_audiences_on_postgres(
    postgres: psycopg.Connection, seed: int, leaves: list[Condition], shape: int
) -> None:
    dice = random.Random(shape)
    asked = {f"tree {number}": grown(leaves, dice) for number in range(TREES)}

    expected, got = by_sql(asked, world(seed)), by_postgres(asked, postgres, seed)

    wrong = [asked[name] for name in asked if got[name] != expected[name]]
    assert not wrong, min(wrong, key=lambda one: len(one.model_dump_json()))


def test_an_audience_on_postgres_is_the_same_sorted_list(postgres: psycopg.Connection) -> None:
    condition = CATALOG.audiences["upgrade_ready"].condition
    postgres.execute("SET search_path TO world_0")

    theirs = postgres.execute(
        compile_audience(condition, CATALOG, as_of=AS_OF, dialect="postgres").encode()
    ).fetchall()

    ours = compile_audience(condition, CATALOG, as_of=AS_OF)
    assert theirs == world(0).warehouse.cursor().execute(ours).fetchall()
    assert theirs
