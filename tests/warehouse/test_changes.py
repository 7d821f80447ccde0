"""Whether a warehouse was written to: what whoever keeps what it read relies on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.engines.duckdb import DuckDBWarehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    made = DuckDBWarehouse(tmp_path / "w.duckdb", must_exist=False, threads=1)
    made.execute("CREATE TABLE t (n INTEGER)")
    yield made
    made.close()


def test_every_way_to_write_is_noticed(warehouse: DuckDBWarehouse) -> None:
    seen = [warehouse.changes]
    warehouse.execute("INSERT INTO t VALUES (1)")
    seen.append(warehouse.changes)
    with warehouse.transaction() as cursor:
        cursor.execute("UPDATE t SET n = 2")
    seen.append(warehouse.changes)
    with warehouse.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("DELETE FROM t")
        cursor.execute("COMMIT")
    seen.append(warehouse.changes)
    warehouse.execute("INSERT INTO t SELECT range FROM range(300000)")
    seen.append(warehouse.changes)
    warehouse.execute("ALTER TABLE t RENAME TO u")
    seen.append(warehouse.changes)

    assert seen == sorted(set(seen))


def test_a_writer_is_noticed_although_somebody_else_finished_meanwhile(
    warehouse: DuckDBWarehouse,
) -> None:
    with warehouse.cursor() as writer:
        writer.execute("INSERT INTO t VALUES (1)")
        with warehouse.cursor() as reader:
            reader.execute("SELECT 1")
        seen = warehouse.changes

    assert warehouse.changes > seen


def test_reading_and_what_the_keeper_knows_changes_nothing(warehouse: DuckDBWarehouse) -> None:
    seen = warehouse.changes

    warehouse.fetch("SELECT n FROM t")
    with warehouse.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE own AS FROM t")
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO t VALUES (1)")
        cursor.execute("ROLLBACK")
    with warehouse.cursor(told=False) as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")

    assert warehouse.changes == seen


def test_a_warehouse_in_memory_may_have_changed_with_every_use() -> None:
    warehouse = DuckDBWarehouse(Path(":memory:"), must_exist=False)
    seen = warehouse.changes
    warehouse.execute("CREATE TABLE t (n INTEGER)")

    assert warehouse.changes > seen
    warehouse.close()
