"""Random statements: what passes the check reads and changes nothing it must not.

Nothing else stands in the way here: the engine may write, read files and see
every table. More on demand: ``python -m tests.warehouse.sqlfuzz --variants 100000``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.sqlfuzz.hunt import hunt
from tests.warehouse.sqlfuzz.planted import Planted

LEAKS = (
    "SELECT email FROM dim_users",
    "SELECT user_id FROM dim_users WHERE phone > 'PII5'",
    "SELECT user_id FROM dim_users ORDER BY email LIMIT 1",
    "SELECT user_id AS email FROM dim_users ORDER BY lower(email) LIMIT 1",
    "SELECT count(*) FROM dim_users WHERE gender = 'a'",
    "SELECT properties ->> 'email' FROM fct_events",
    "SELECT count(*) FROM fct_events WHERE (properties ->> 'email') > 'PII5'",
    "SELECT count(*) FROM control.approvals",
    "SELECT country FROM dim_users, secrets_t LIMIT 1",
    "SELECT * FROM v_pii",
    "SELECT content FROM read_text('secret.txt')",
    "SELECT count(*) FROM 'secret.csv'",
    "SELECT table_name FROM duckdb_tables()",
    "SELECT getvariable('kept')",
    "SELECT country FROM dim_users",
)
CHANGES = (
    "SELECT nextval('seq')",
    "COPY dim_users TO 'canary.csv'",
    "CREATE TABLE canary AS SELECT 1 AS one",
    "CREATE TEMP MACRO lower(x) AS 'forged'",
    "SET VARIABLE kept = 0",
    "DELETE FROM fct_support",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = Path.cwd()
    yield tmp_path_factory.mktemp("planted")
    os.chdir(home)


def test_the_planted_warehouses_give_away_whatever_reads_what_is_hidden(folder: Path) -> None:
    planted = Planted(folder / "leaks")
    said = ("dim_users.user_id", "fct_events.properties")

    assert [sql for sql in LEAKS if planted.fault(sql, said) is None] == []
    assert planted.fault("SELECT user_id FROM dim_users", said) is None
    assert planted.fault("SELECT properties ->> 'plan' FROM fct_events", said) is None


def test_the_planted_warehouses_give_away_whatever_changes_something(folder: Path) -> None:
    planted = Planted(folder / "changes")

    for sql in CHANGES:
        planted.before = planted.effects()
        assert planted.change() is None
        planted.fault(sql, ())
        assert planted.change() is not None, sql


def test_no_random_statement_that_passes_reads_or_changes_what_it_must_not(folder: Path) -> None:
    found = hunt(folder / "hunt", variants=500, seed=20)

    assert found.faults == []
    # The hunt is worth something only while enough of its statements are allowed.
    assert found.ran > 50
