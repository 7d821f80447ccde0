"""Taking somebody out of tables: theirs go, others' stay, shared devices are parted by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.identifiers import Traces
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.forget.removal import Shared, lines_of, mentions, remove

CATALOG = load_catalog()
ZOE = Traces(["u1", "zoe@example.com"])
NOBODY: list[Shared] = []
TABLET = [Shared("tablet", datetime(2026, 6, 1), datetime(2026, 6, 3))]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb", must_exist=False)
    made.execute(
        """
        CREATE TABLE raw_events AS SELECT * FROM (VALUES
            (1, 'm1', 'u1', 'tablet', TIMESTAMP '2026-06-01'),
            (2, 'm2', NULL, 'tablet', TIMESTAMP '2026-06-02'),
            (3, 'm3', 'u2', 'tablet', TIMESTAMP '2026-06-02 12:00:00'),
            (4, 'm4', NULL, 'tablet', TIMESTAMP '2026-06-03'),
            (5, 'm5', 'u12', 'u1-tablet', TIMESTAMP '2026-06-03'),
            (6, 'm6', 'U1', 'phone', TIMESTAMP '2026-06-03')
        ) t(seq, message_id, user_id, anonymous_id, event_time);
        CREATE TABLE dead_letters AS SELECT * FROM (VALUES
            (7, JSON('{"userId": "u1"}')), (8, JSON('"no event of u1"')),
            (9, JSON('{"userId": "u2", "with": "u1"}')), (10, JSON('{"userId": "u2"}'))
        ) t(seq, body);
        CREATE TABLE ingest_ledger AS
            SELECT 1 AS request_id, 10 AS received, 6 AS stored, 4 AS dead_letter, 0 AS suppressed;
        CREATE TABLE campaigns AS SELECT * FROM (VALUES
            ('spring', 'Zoe@Example.com'), ('u1', 'x u1 u1, u12'), ('u1-b', 'none')
        ) t(campaign, made_by);
        CREATE TABLE groups AS SELECT * FROM (VALUES (1, ['u1', 'u2']), (2, ['u2'])) t(id, members);
        CREATE SCHEMA old;
        CREATE TABLE old.score__1 AS SELECT * FROM (VALUES ('u1', 1), ('u2', 2)) t(user_id, score);
        """
    )
    yield made
    made.close()


def test_rows_of_the_person_go_from_every_schema(warehouse: DuckDBWarehouse) -> None:
    removed = remove(warehouse, CATALOG, ZOE, NOBODY)

    assert removed.rows == {"raw_events": 1, "dead_letters": 2, "groups": 1, "old.score__1": 1}
    assert warehouse.fetch("SELECT user_id FROM old.score__1").rows == [("u2",)]
    assert warehouse.fetch("SELECT id FROM groups").rows == [(2,)]
    assert mentions(warehouse, CATALOG, ZOE) == {}
    assert remove(warehouse, CATALOG, ZOE, NOBODY) == ({}, {})


def test_of_a_shared_device_only_what_nobody_signed_in_for_goes_and_only_of_their_time(
    warehouse: DuckDBWarehouse,
) -> None:
    lines = lines_of(warehouse, CATALOG, ZOE, TABLET)
    remove(warehouse, CATALOG, ZOE, TABLET)

    assert lines == {1, 2, 7, 8}
    assert warehouse.fetch("SELECT seq FROM raw_events ORDER BY seq").rows == [
        (3,), (4,), (5,), (6,),
    ]  # fmt: skip


def test_mentions_are_cut_out_and_what_only_looks_alike_stays(warehouse: DuckDBWarehouse) -> None:
    removed = remove(warehouse, CATALOG, ZOE, NOBODY)

    assert removed.texts == {"dead_letters": 1, "campaigns": 3}
    assert warehouse.fetch("SELECT campaign, made_by FROM campaigns").rows == [
        ("spring", ""), ("", "x  , u12"), ("u1-b", "none"),
    ]  # fmt: skip
    assert warehouse.fetch("SELECT body ->> '$.with' FROM dead_letters").rows == [("",), (None,)]


def test_the_ledger_balances_afterwards(warehouse: DuckDBWarehouse) -> None:
    remove(warehouse, CATALOG, ZOE, TABLET)

    counted = "SELECT received, stored, dead_letter, suppressed FROM ingest_ledger"
    assert warehouse.fetch(counted).rows == [(10, 4, 2, 4)]


def test_a_number_is_looked_for_as_a_value_and_in_quotes_only(warehouse: DuckDBWarehouse) -> None:
    warehouse.execute(
        """
        CREATE TABLE tickets AS SELECT * FROM (VALUES
            ('4711', JSON('{}')), ('u2', JSON('{"of": "4711", "seconds": 4711}'))
        ) t(user_id, more)
        """
    )

    remove(warehouse, CATALOG, Traces(["4711"]), NOBODY)

    assert warehouse.fetch("SELECT user_id, more FROM tickets").rows == [
        ("u2", '{"of":"","seconds":4711}')
    ]
