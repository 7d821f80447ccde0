"""More rows than one row group holds: none goes unseen, in whatever order a connection writes.

DuckDB 2.0 does not show a row group that was written where the same transaction had put
no rows before: a table made of a query without rows, or an INSERT that found none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.project.tree import ROOT, modules, packages, parsed
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.build import build, show
from warehouse.models.modelset import load_models
from warehouse.models.states import touched_are_done

ROWS = 250_000
USERS = 250_000
NOW = datetime(2026, 6, 29)
MODELS = load_models()
EMPTY_COPY = re.compile(
    r"\bCREATE\b[^;]*\bTABLE\b[^;]*\bAS\b[^;]*(\bLIMIT\s+0\b|\bWHERE\s+(FALSE|1\s*=\s*0)\b)",
    re.IGNORECASE,
)


class TestAnInsertOfNoRows:
    @pytest.mark.parametrize(
        "nothing",
        [
            "CREATE TABLE filled AS SELECT number FROM numbers LIMIT 0",
            "CREATE TABLE filled (number BIGINT);"
            "INSERT INTO filled SELECT number FROM numbers WHERE number < 0",
        ],
    )
    def test_hides_no_rows_that_the_same_transaction_writes_after_it(
        self, nothing: str, tmp_path: Path
    ) -> None:
        with closing(DuckDBWarehouse(tmp_path / "many.duckdb", must_exist=False)) as warehouse:
            warehouse.execute(f"CREATE TABLE numbers AS FROM range({ROWS}) AS r(number)")
            with warehouse.transaction() as cursor:
                cursor.execute(nothing)
                cursor.execute("INSERT INTO filled FROM numbers")
                within = cursor.execute("SELECT COUNT(DISTINCT number) FROM filled").fetchone()
            after = warehouse.fetch("SELECT COUNT(DISTINCT number) FROM filled").rows[0]

        assert within == after == (ROWS,)


def _statements() -> Iterator[tuple[Path, str]]:
    """Every statement of a file of SQL, and every text of a module."""
    for package in packages():
        for path in sorted((ROOT / package).rglob("*.sql")):
            text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
            yield from ((path, statement) for statement in text.split(";"))
        for path in modules(package):
            if "CREATE" in (ROOT / path).read_text(encoding="utf-8"):
                nodes = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
                yield from ((path, node.value) for node in nodes if isinstance(node.value, str))


def test_no_table_is_made_of_a_query_that_gives_no_rows() -> None:
    found = [f"{path}: {text[:80]}" for path, text in _statements() if EMPTY_COPY.search(text)]

    assert not found, "write the columns out instead"


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of a demo, with many more users: each opens the app twice, some work out."""
    generate(connection, users=100, days=30)
    given = {"users": USERS, "now": NOW}
    connection.execute(
        """
        INSERT INTO dim_users BY NAME
        SELECT 'many-' || i AS user_id, $now - INTERVAL '40' DAY AS signup_at
        FROM range($users) AS r(i)
        """,
        given,
    )
    connection.execute(
        """
        INSERT INTO fct_events BY NAME
        SELECT
            $now - INTERVAL '39' DAY + to_minutes(i * 56160 // (3 * $users)) AS event_time,
            event_time AS received_at,
            'many-' || (i * 7919) % $users AS user_id,
            CASE WHEN i % 3 = 0 THEN 'workout_completed' ELSE 'app_opened' END AS event_name,
            '{"workout_type": "yoga", "duration_seconds": 1234.5}' AS properties,
            'm' || i AS message_id
        FROM range(3 * $users) AS r(i)
        """,
        given,
    )


def _renew(connection: duckdb.DuckDBPyConnection, as_of: datetime, *, full: bool = False) -> str:
    connection.execute("BEGIN")
    made = build(connection, MODELS, as_of=as_of, built_at=as_of, full=full)
    show(connection, made.build.number)
    touched_are_done(connection, MODELS)
    connection.execute("COMMIT")
    return made.how["user_events"]


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


SEEN = (
    "SELECT COUNT(DISTINCT user_id), BIT_XOR(HASH(t)) FROM traits AS t WHERE user_id LIKE 'many-%'"
)
NOTED = "SELECT COUNT(DISTINCT user_id || trait) FROM trait_history WHERE user_id LIKE 'many-%'"


@pytest.mark.slow
@pytest.mark.parametrize("keeps_order", [False, True], ids=["as the product", "in order"])
def test_traits_of_many_users_are_all_there_and_a_day_on_those_of_a_full_build(
    keeps_order: bool,
) -> None:
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": keeps_order})
    _fill(connection)

    assert _renew(connection, NOW - timedelta(days=1), full=True) == "full"
    assert _one(connection, SEEN)[0] == USERS
    assert _one(connection, NOTED) == (USERS * len(MODELS.traits),)
    assert _renew(connection, NOW) == "rolled"
    carried_on = _one(connection, SEEN)

    assert _renew(connection, NOW, full=True) == "full"
    assert _one(connection, SEEN) == carried_on
