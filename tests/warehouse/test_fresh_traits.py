"""Fresh traits: what a build at this moment would give those of whom something came in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.tools.demo import demo_file
from warehouse.catalog import load_catalog
from warehouse.fresh_traits import FreshTraits
from warehouse.models import build
from warehouse.models.modelset import ModelSet, load_models, models_of
from warehouse.transactions import undone

NOW = datetime(2026, 6, 29, 0, 5)
ACROSS_USERS = """-- name: rank_of_user
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: The place of the user among all, by workouts.
SELECT user_id, CAST(RANK() OVER (ORDER BY workouts DESC) AS DOUBLE) AS rank_of_user
FROM user_facts
"""
AMONG_THE_FIRST = """-- name: rank_of_user
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: Whether the user is among the ten with the most workouts.
WITH first AS (
    SELECT user_id, SUM(workouts) AS workouts FROM user_facts
    GROUP BY user_id ORDER BY workouts DESC, user_id LIMIT 10
)
SELECT u.user_id, CAST(f.user_id IS NOT NULL AS DOUBLE) AS rank_of_user
FROM dim_users AS u
LEFT JOIN first AS f ON f.user_id = u.user_id
WHERE u.merged_into IS NULL
"""


@pytest.fixture
def cursor(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    copied = Path(shutil.copy(demo_file(), tmp_path / "own.duckdb"))
    with duckdb.connect(str(copied)) as connection:
        yield connection


def users_of(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    query = "SELECT user_id FROM traits ORDER BY user_id"
    return [user for (user,) in cursor.execute(query).fetchall()]


def come_in(cursor: duckdb.DuckDBPyConnection, users: list[str], event: str) -> set[str]:
    """An event, some seconds after the last build, of each of these users who had any before;
    gives who."""
    cursor.execute(
        "INSERT INTO fct_events BY NAME SELECT * REPLACE ($at AS event_time, $at AS received_at, "
        "$event AS event_name) FROM fct_events WHERE user_id IN (SELECT UNNEST($users)) "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY event_time) = 1",
        {"at": NOW - timedelta(minutes=4), "event": event, "users": users},
    )
    came = "SELECT DISTINCT user_id FROM fct_events WHERE received_at > $built"
    found = cursor.execute(came, {"built": NOW - timedelta(minutes=5)}).fetchall()
    return {user for (user,) in found}


def seen(cursor: duckdb.DuckDBPyConnection, users: list[str]) -> dict[str, tuple[Any, ...]]:
    query = "SELECT * FROM traits WHERE user_id IN (SELECT UNNEST($users))"
    return {row[0]: row[1:] for row in cursor.execute(query, {"users": users}).fetchall()}


def built(cursor: duckdb.DuckDBPyConnection, models: ModelSet) -> None:
    made = build.build(cursor, models, as_of=NOW, built_at=NOW)
    build.show(cursor, made.build.number)


@pytest.mark.parametrize(
    "more", [{}, {"rank_of_user": ACROSS_USERS}, {"rank_of_user": AMONG_THE_FIRST}]
)
def test_of_whom_something_came_in_have_the_traits_that_the_next_build_gives_them(
    cursor: duckdb.DuckDBPyConnection, more: dict[str, str]
) -> None:
    models = models_of(load_models().files | more)
    made = build.build(cursor, models, as_of=NOW - timedelta(minutes=5), built_at=NOW)
    build.show(cursor, made.build.number)
    users = users_of(cursor)[:60]
    came = come_in(cursor, users[:40], "workout_completed")
    stored = seen(cursor, users)

    with undone(cursor):
        ahead = FreshTraits(load_catalog()).see(cursor, users, NOW)
        fresh = seen(cursor, users)

    built(cursor, models)
    expected = seen(cursor, users)
    assert ahead == len(came) > 20
    assert {user: fresh[user] for user in came} == {user: expected[user] for user in came}
    assert any(fresh[user] != stored[user] for user in came)
    assert all(fresh[user] == stored[user] for user in users[40:])
    assert len(fresh) == len(users)


def test_nothing_is_worked_out_of_whom_nothing_came_in(cursor: duckdb.DuckDBPyConnection) -> None:
    users = users_of(cursor)
    come_in(cursor, users[:5], "workout_completed")

    with undone(cursor):
        assert FreshTraits(load_catalog()).see(cursor, users[10:20], NOW) == 0
    assert seen(cursor, users[:5])


def test_traits_that_somebody_else_fills_are_read_as_they_are() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE traits (user_id VARCHAR, ltv DOUBLE)")
        assert FreshTraits(load_catalog()).see(connection, ["a"], NOW) == 0
