"""Checked queries run in a process that can do no harm, over a published copy."""

from __future__ import annotations

import os
import threading
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import Code, PilothouseError
from core.settings import Limits
from tests.warehouse.workout_fixture import workout_warehouse
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.published import Published, latest, publish
from warehouse.sandbox import ask_child, run_sandboxed
from warehouse.sqlcheck import CheckedQuery, check
from warehouse.stopping import Stop, Stopped, stoppable

CATALOG = load_catalog()
LIMITS = Limits(rows=10_000, seconds=5, memory_mb=128)
RUNAWAY = """
    SELECT COUNT(*) FROM fct_events a
    JOIN fct_events b ON a.event_name = b.event_name AND a.user_id <> b.user_id
    JOIN fct_events c ON c.event_name = b.event_name AND c.user_id <> a.user_id
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def warehouse(folder: Path) -> DuckDBWarehouse:
    return workout_warehouse(folder / "warehouse.duckdb", CATALOG)


@pytest.fixture(scope="module")
def published(warehouse: DuckDBWarehouse, folder: Path) -> Published:
    return publish(warehouse, CATALOG, folder / "published")


def checked(sql: str, row_limit: int = 10_000) -> CheckedQuery:
    query = check(sql, CATALOG, role="analyst", row_limit=row_limit)
    assert isinstance(query, CheckedQuery), query
    return query


def refusal_code(sql: str, published: Published, limits: Limits) -> Code:
    with pytest.raises(PilothouseError) as caught:
        run_sandboxed(checked(sql), published, limits)
    return caught.value.refusal.code


# --- rows ---------------------------------------------------------------------------------------


def test_values_keep_their_types(published: Published) -> None:
    rows = run_sandboxed(
        checked(
            "SELECT MAX(event_time) AS t, DATE '2026-04-01' AS d, INTERVAL 3 DAY AS i, "
            "CAST(1.5 AS DECIMAL(5, 2)) AS x, TRUE AS b, NULL AS n, COUNT(*) AS c FROM fct_events"
        ),
        published,
        LIMITS,
    )

    assert rows.columns == ("t", "d", "i", "x", "b", "n", "c")
    ((t, *others),) = rows.rows
    assert isinstance(t, datetime)
    assert others == [date(2026, 4, 1), timedelta(days=3), Decimal("1.50"), True, None, 2400]


def test_the_rows_are_those_of_the_warehouse(
    published: Published, warehouse: DuckDBWarehouse
) -> None:
    query = checked("SELECT device_os, COUNT(*) AS n FROM dim_users GROUP BY 1 ORDER BY 1")

    assert run_sandboxed(query, published, LIMITS) == warehouse.fetch(query.sql)


def test_only_a_checked_query_may_run(published: Published) -> None:
    text: Any = "SELECT 1"

    with pytest.raises(TypeError, match="only a CheckedQuery"):
        run_sandboxed(text, published, LIMITS)


# --- limits -------------------------------------------------------------------------------------


def test_a_runaway_query_is_stopped_in_time(published: Published) -> None:
    limits = LIMITS.model_copy(update={"seconds": 0.5})
    started = time.monotonic()

    assert refusal_code(RUNAWAY, published, limits) == Code.WAREHOUSE_LIMIT
    assert time.monotonic() - started < limits.seconds + 1


def test_a_query_that_would_never_end_is_refused_before_it_runs(published: Published) -> None:
    joined = " ".join(f"JOIN fct_events e{i} USING (event_name)" for i in range(1, 9))
    started = time.monotonic()

    code = refusal_code(f"SELECT COUNT(*) FROM fct_events e0 {joined}", published, LIMITS)

    assert code == Code.WAREHOUSE_LIMIT
    assert time.monotonic() - started < LIMITS.seconds / 2


def test_a_query_the_engine_cannot_interrupt_is_killed(published: Published) -> None:
    limits = LIMITS.model_copy(update={"seconds": 0.3})
    started = time.monotonic()

    answer = ask_child("SELECT sleep_ms(20000)", published.path, limits)

    assert answer["error"] == "InterruptException"
    assert time.monotonic() - started < limits.seconds + 1


def test_a_query_that_its_asker_stops_is_killed(published: Published) -> None:
    stop, started = Stop(), time.monotonic()
    timer = threading.Timer(0.3, stop.ask)
    timer.start()

    with stoppable(stop), pytest.raises(Stopped):
        ask_child("SELECT sleep_ms(20000)", published.path, LIMITS)

    assert time.monotonic() - started < LIMITS.seconds / 2


def test_a_query_that_needs_too_much_memory_is_refused(published: Published) -> None:
    limits = LIMITS.model_copy(update={"memory_mb": 64})
    answer = ask_child("SELECT length(repeat('x', 2000000000))", published.path, limits)

    assert answer["error"] == "OutOfMemoryException"


def test_more_rows_than_allowed_are_refused_not_cut(published: Published) -> None:
    limits = LIMITS.model_copy(update={"rows": 100})

    assert refusal_code("SELECT user_id FROM dim_users", published, limits) == Code.WAREHOUSE_LIMIT


def test_an_engine_error_is_told_without_paths(published: Published) -> None:
    with pytest.raises(PilothouseError) as caught:
        run_sandboxed(checked("SELECT CAST(event_name AS INT) FROM fct_events"), published, LIMITS)
    missing = published._replace(path=Path("/nowhere/private.duckdb"))
    with pytest.raises(PilothouseError) as lost:
        run_sandboxed(checked("SELECT 1 AS one"), missing, LIMITS)

    assert caught.value.refusal.code == lost.value.refusal.code == Code.SQL_FAILED
    assert "Could not convert" in caught.value.refusal.message
    assert "nowhere" not in str(lost.value)


# --- what the process can reach -------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x AS SELECT 1",
        "DELETE FROM dim_users",
        "COPY dim_users TO '/tmp/stolen.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "ATTACH '/tmp/other.db' AS other",
        "SET memory_limit = '10GB'",
        "SET lock_configuration = false",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_unchecked_text_could_change_nothing_and_reach_nothing(
    sql: str, published: Published
) -> None:
    before = published.path.read_bytes()

    assert "error" in ask_child(sql, published.path, LIMITS)
    assert published.path.read_bytes() == before


def test_nothing_of_one_query_survives_for_the_next(published: Published) -> None:
    ask_child("CREATE TEMP TABLE dim_users AS SELECT 'forged' AS user_id", published.path, LIMITS)
    ask_child("CREATE TEMP MACRO lower(x) AS 'forged'", published.path, LIMITS)
    ask_child("SET VARIABLE kept = 1", published.path, LIMITS)

    rows = run_sandboxed(
        checked("SELECT COUNT(*) AS n, MAX(LOWER('A')) AS a FROM dim_users"), published, LIMITS
    )
    variable = ask_child("SELECT getvariable('kept')", published.path, LIMITS)

    assert rows.rows == [(120, "a")]
    assert variable["rows"] == [[None]]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_the_process_sees_no_secret_of_ours(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-secret")
    limits = LIMITS.model_copy(update={"seconds": 0.8})
    asking = threading.Thread(target=ask_child, args=(RUNAWAY, published.path, limits))
    asking.start()
    time.sleep(0.3)

    environments = [_environment(pid) for pid in _children()]
    asking.join()

    assert environments
    assert all(b"planted-secret" not in environment for environment in environments)


def _children() -> list[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = [pid for task in tasks for pid in task.read_text().split()]
    return [pid for pid in children if "sandbox_child" in _command(pid)]


def _command(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def _environment(pid: str) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


# --- the published copy ---------------------------------------------------------------------------


def test_the_copy_holds_only_what_the_catalog_lists(published: Published) -> None:
    columns = ask_child(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'dim_users'",
        published.path,
        LIMITS,
    )
    assert [name for (name,) in columns["rows"]] == list(CATALOG.tables["dim_users"].columns)


def test_the_copy_says_how_recent_its_data_is(
    published: Published, warehouse: DuckDBWarehouse
) -> None:
    newest = warehouse.fetch("SELECT MAX(event_time) FROM fct_events").scalar()

    assert published.data_as_of == newest


def test_a_new_copy_becomes_the_latest_and_the_one_before_can_still_be_read(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    assert latest(tmp_path / "copies") is None

    copies = [publish(warehouse, CATALOG, tmp_path / "copies") for _ in range(3)]

    assert latest(tmp_path / "copies") == copies[2]
    assert [copy.path.exists() for copy in copies] == [False, True, True]
    assert run_sandboxed(checked("SELECT 1 AS one"), copies[1], LIMITS).scalar() == 1
