"""Models on other tables than the canonical ones: whose users, whose names, and whose clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest

from core.errors import PilothouseError
from warehouse.clocks.freshness import freshness
from warehouse.clocks.leakage import audit_sql
from warehouse.models.build import build, show, shown_models
from warehouse.models.modelset import ModelSet, models_of
from warehouse.models.sources import CANONICAL, Sources, Times, from_text, to_text

NOW = datetime(2026, 6, 29)
CLUB = Sources(
    frozenset({"members", "visits"}),
    users="members",
    key="member_no",
    canonical="left_at IS NULL",
    times=(Times("members", "joined_at"), Times("visits", "came_at", "noted_at")),
)
VISITS = """-- name: visits_made
-- grain: user_id
-- type: integer
-- owner: club
-- freshness: 86400
-- audit: not_null
-- meaning: How often the member came.
SELECT m.member_no AS user_id, COUNT(v.came_at) AS visits_made
FROM members AS m LEFT JOIN visits AS v ON v.member_no = m.member_no AND v.came_at < $as_of
WHERE m.left_at IS NULL
GROUP BY m.member_no
"""


def club(text: str = VISITS) -> ModelSet:
    return models_of({"visits_made": text}, CLUB)


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """Three members, of whom one left; two visits, one of them after the moment."""
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE members (member_no VARCHAR, joined_at TIMESTAMP, left_at TIMESTAMP);
        CREATE TABLE visits (member_no VARCHAR, came_at TIMESTAMP, noted_at TIMESTAMP);
        INSERT INTO members VALUES ('a', '2026-01-01', NULL), ('b', '2026-02-01', NULL),
            ('c', '2026-01-01', '2026-05-01');
        INSERT INTO visits VALUES ('a', '2026-06-01', '2026-06-27'),
            ('a', '2026-06-30', '2026-06-30');
    """)
    return connection


def shown(connection: duckdb.DuckDBPyConnection, models: ModelSet) -> list[tuple[object, ...]]:
    """What readers see once the set is built."""
    made = build(connection, models, as_of=NOW, built_at=NOW)
    show(connection, made.build.number)
    return connection.execute("SELECT * FROM traits ORDER BY user_id").fetchall()


def test_a_trait_has_a_row_for_each_user_who_counts_under_the_name_user_id(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert shown(warehouse, club()) == [("a", 1), ("b", 0)]


def test_somebody_who_does_not_count_has_no_row_whatever_a_model_gives(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    everybody = club(VISITS.replace("WHERE m.left_at IS NULL\n", ""))

    assert [row[0] for row in shown(warehouse, everybody)] == ["a", "b"]


def test_a_user_whom_the_teams_table_has_twice_has_one_row(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute("INSERT INTO members VALUES ('a', '2026-03-01', NULL)")

    assert shown(warehouse, club()) == [("a", 2), ("b", 0)]


def test_a_key_of_numbers_is_given_as_text(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("UPDATE members SET member_no = CASE member_no WHEN 'a' THEN 1 ELSE 2 END")
    warehouse.execute("ALTER TABLE members ALTER member_no TYPE BIGINT")
    as_text = VISITS.replace("m.member_no AS", "CAST(m.member_no AS VARCHAR) AS").replace(
        "v.member_no = m.member_no", "v.member_no = CAST(m.member_no AS VARCHAR)"
    )

    assert shown(warehouse, club(as_text)) == [("1", 0), ("2", 0)]


def test_what_is_shown_knows_what_it_stands_on(warehouse: duckdb.DuckDBPyConnection) -> None:
    shown(warehouse, club())

    found = shown_models(warehouse)

    assert found is not None
    assert found.sources == CLUB


@pytest.mark.parametrize("sources", [CLUB, CANONICAL], ids=["own", "canonical"])
def test_what_models_stand_on_is_kept_as_text(sources: Sources) -> None:
    assert from_text(to_text(sources)) == sources


def test_a_trait_is_as_fresh_as_what_arrived_last_in_the_tables_it_reads(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute("UPDATE members SET joined_at = '2026-06-28'")

    (found,) = freshness(warehouse, club(), NOW)

    assert (found.source, found.newest) == ("visits", datetime(2026, 6, 27))
    assert found.age_seconds == timedelta(days=2).total_seconds()
    assert found.stale


def test_tables_without_a_time_cannot_fall_silent(warehouse: duckdb.DuckDBPyConnection) -> None:
    timeless = models_of({"visits_made": VISITS}, CLUB._replace(times=()))

    (found,) = freshness(warehouse, timeless, NOW)

    assert (found.source, found.stale) == ("", False)


def test_a_table_with_a_time_has_to_be_bounded_by_the_moment() -> None:
    (model,) = club(VISITS.replace(" AND v.came_at < $as_of", "")).models

    assert [one.kind for one in audit_sql(model, CLUB)] == ["UNBOUNDED"]


@pytest.mark.parametrize("table", ["fct_events", "traits"])
def test_a_model_reads_the_tables_that_it_stands_on_and_no_others(table: str) -> None:
    with pytest.raises(PilothouseError, match=f"reads {table}, which no model may read"):
        club(VISITS.replace("visits AS v", f"{table} AS v"))


def test_a_model_has_not_the_name_of_a_table() -> None:
    with pytest.raises(PilothouseError, match="visits is the name of a table"):
        models_of({"visits": VISITS.replace("visits_made", "visits")}, CLUB)
