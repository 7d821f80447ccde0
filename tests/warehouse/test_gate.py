"""A warehouse file is written anew: nothing deleted is left in it, and nobody notices."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.errors import Code, PilothouseError
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.gate import Gate, StillInside


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    made = DuckDBWarehouse(tmp_path / "ware house.v1.duckdb", must_exist=False)
    made.execute("CREATE SCHEMA physical")
    made.execute("CREATE TABLE physical.t (i BIGINT, s VARCHAR USING COMPRESSION uncompressed)")
    made.execute("INSERT INTO physical.t SELECT range, 'secret-' || range FROM range(20000)")
    made.execute("CREATE VIEW v AS SELECT i FROM physical.t")
    made.execute("CREATE TABLE kept (x VARCHAR USING COMPRESSION zstd, j JSON, k VARCHAR UNIQUE)")
    return made


def test_a_rewritten_file_has_no_byte_of_what_was_deleted(warehouse: DuckDBWarehouse) -> None:
    warehouse.execute("CHECKPOINT")
    assert b"secret-12345" in warehouse.path.read_bytes()
    warehouse.execute("DELETE FROM physical.t WHERE i > 2")

    warehouse.rewrite()

    assert b"secret-12345" not in warehouse.path.read_bytes()
    assert warehouse.fetch("SELECT i FROM v ORDER BY i").rows == [(0,), (1,), (2,)]
    described = "SELECT sql FROM duckdb_tables() WHERE table_name = 'kept'"
    assert "ZSTD" in warehouse.fetch(described).scalar()
    assert [file.name for file in warehouse.path.parent.iterdir()] == [warehouse.path.name]


def test_views_over_a_team_s_own_file_stay(tmp_path: Path) -> None:
    theirs = DuckDBWarehouse(tmp_path / "theirs.duckdb", must_exist=False)
    theirs.execute("CREATE TABLE customers AS SELECT 'c1' AS id")
    theirs.close()
    attached = {"source": tmp_path / "theirs.duckdb"}
    ours = DuckDBWarehouse(tmp_path / "ours.duckdb", must_exist=False, attached=attached)
    ours.execute("CREATE VIEW users AS SELECT id FROM source.main.customers")

    ours.rewrite()

    assert ours.fetch("SELECT id FROM users").rows == [("c1",)]


def test_queries_that_run_are_waited_for_and_those_that_come_wait(
    warehouse: DuckDBWarehouse,
) -> None:
    counted: list[int] = []
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with warehouse.cursor() as cursor:
            started.set()
            go_on.wait()
            (count,) = cursor.execute("SELECT COUNT(*) FROM v").fetchone() or (0,)
            counted.append(count + int(warehouse.fetch("SELECT 1").scalar()))

    reader = threading.Thread(target=slow)
    reader.start()
    started.wait()
    with pytest.raises(PilothouseError) as error:
        warehouse.rewrite(patience_seconds=0.05)
    assert error.value.refusal.code is Code.WAREHOUSE_LIMIT
    rewriter = threading.Thread(target=warehouse.rewrite)
    rewriter.start()
    go_on.set()
    reader.join()
    rewriter.join()

    assert counted == [20001]
    assert warehouse.fetch("SELECT COUNT(*) FROM v").scalar() == 20000


def test_two_may_not_be_alone_at_once() -> None:
    gate = Gate()

    with gate.alone(patience_seconds=1), pytest.raises(StillInside):
        gate.alone(patience_seconds=0.01).__enter__()
    with gate.passed(), gate.passed():
        pass
