"""Drift of traits is read off their history: nothing has to be kept for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest

from measure.drift.traits import traits_look
from tests.measure.small_world import CATALOG
from warehouse.clocks.history import record

AS_OF = datetime(2026, 6, 28)


@pytest.fixture
def cursor() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("CREATE SCHEMA models")
    return made


def built(cursor: duckdb.DuckDBPyConnection, back: int, states: str) -> None:
    """The traits of 2,000 users as a build so many weeks ago left them."""
    cursor.execute("DROP TABLE IF EXISTS traits")
    cursor.execute(
        f"CREATE TABLE traits AS SELECT 'u' || n AS user_id, {states} AS activation_state,"
        f" (n * 7 + {back}) % 30 AS momentum_score FROM range(2000) AS numbers(n)"
    )
    at = AS_OF - timedelta(weeks=back)
    fingerprints = {"activation_state": "f", "momentum_score": "g"}
    record(cursor, event_at=at, known_at=at, fingerprints=fingerprints)


def usual(back: int) -> str:
    return f"['new', 'activated', 'dormant'][1 + (n + {back}) % 3]"


def test_traits_that_are_spread_as_always_have_no_drift(cursor: duckdb.DuckDBPyConnection) -> None:
    for back in range(8, -1, -1):
        built(cursor, back, usual(back))

    findings, _ = traits_look(cursor, CATALOG, as_of=AS_OF)

    assert {one.subject for one in findings} == {"activation_state", "momentum_score"}
    assert {one.verdict for one in findings} == {"quiet"}


def test_a_trait_whose_values_moved_is_named(cursor: duckdb.DuckDBPyConnection) -> None:
    for back in range(8, 0, -1):
        built(cursor, back, usual(back))
    built(cursor, 0, "CASE WHEN n % 10 < 8 THEN 'dormant' ELSE 'new' END")

    findings, _ = traits_look(cursor, CATALOG, as_of=AS_OF)

    (found,) = (one for one in findings if one.verdict == "alert")
    assert found.subject == "activation_state"
    assert found.event is None


def test_a_history_of_few_weeks_is_said_and_not_judged(cursor: duckdb.DuckDBPyConnection) -> None:
    built(cursor, 1, usual(1))

    findings, unjudged = traits_look(cursor, CATALOG, as_of=AS_OF)

    assert findings == ()
    assert "history holds 1 of the weeks before" in unjudged[0]
