"""The point-in-time join: every label gets what was known at its moment, and nothing later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from tests.warehouse.clocks.conftest import NOW, THEN
from tests.warehouse.clocks.late_facts import DAY, a_user_of_then, arrive_late
from warehouse.catalog import Catalog
from warehouse.clocks.pit import at_labels, backfill
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet

TYPES = {"stage": "text", "score": "double"}
HISTORY = [
    ("anna", "score", "1.0", datetime(2026, 1, 1), datetime(2026, 1, 1), "f", 1),
    ("anna", "stage", "new", datetime(2026, 1, 1), datetime(2026, 1, 1), "f", 1),
    ("anna", "score", "2.5", datetime(2026, 1, 3), datetime(2026, 1, 5), "f", 2),
    ("anna", "score", "3.5", datetime(2026, 1, 3), datetime(2026, 1, 5), "g", 3),
    ("bert", "score", "7.0", datetime(2026, 1, 1), datetime(2026, 1, 1), "f", 1),
    ("bert", "score", None, datetime(2026, 1, 5), datetime(2026, 1, 5), None, 2),
]
LABELS = [
    ("anna", datetime(2025, 12, 31)),
    ("anna", datetime(2026, 1, 1)),
    ("anna", datetime(2026, 1, 4)),
    ("anna", datetime(2026, 1, 5)),
    ("bert", datetime(2026, 1, 4)),
    ("bert", datetime(2026, 1, 6)),
    ("carl", datetime(2026, 1, 6)),
]


@pytest.fixture
def joined() -> dict[tuple[str, datetime], tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE trait_history (user_id VARCHAR, trait VARCHAR, value VARCHAR, "
        "event_at TIMESTAMP, known_at TIMESTAMP, fingerprint VARCHAR, build BIGINT)"
    )
    connection.executemany("INSERT INTO trait_history VALUES (?, ?, ?, ?, ?, ?, ?)", HISTORY)
    connection.execute('CREATE TABLE labels (user_id VARCHAR, "at" TIMESTAMP)')
    connection.executemany("INSERT INTO labels VALUES (?, ?)", LABELS)
    rows = connection.execute(at_labels(TYPES).sql("duckdb")).fetchall()
    return {(user, moment): tuple(values) for user, moment, *values in rows}


class TestTheValueThatWasKnown:
    def test_every_label_has_one_row(self, joined: dict[Any, Any]) -> None:
        assert set(joined) == set(LABELS)

    def test_a_value_counts_from_the_moment_it_was_known(self, joined: dict[Any, Any]) -> None:
        assert joined["anna", datetime(2026, 1, 1)][:2] == ("new", 1.0)
        assert joined["anna", datetime(2026, 1, 4)][:2] == ("new", 1.0)

    def test_of_two_builds_at_one_moment_the_later_was_known(self, joined: dict[Any, Any]) -> None:
        assert joined["anna", datetime(2026, 1, 5)][:2] == ("new", 3.5)

    def test_before_the_first_build_nothing_was_known(self, joined: dict[Any, Any]) -> None:
        assert joined["anna", datetime(2025, 12, 31)] == (None, None, None, None)

    def test_a_user_who_was_gone_has_no_value(self, joined: dict[Any, Any]) -> None:
        assert joined["bert", datetime(2026, 1, 4)][1] == 7.0
        assert joined["bert", datetime(2026, 1, 6)] == (None, None, None, None)
        assert joined["carl", datetime(2026, 1, 6)] == (None, None, None, None)

    def test_each_row_says_when_it_was_known(self, joined: dict[Any, Any]) -> None:
        known = joined["anna", datetime(2026, 1, 5)][2:]
        assert known == (datetime(2026, 1, 5), datetime(2026, 1, 3))

    @pytest.mark.parametrize("dialect", ["postgres", "spark"])
    def test_the_join_is_plain_windows_and_inequalities(self, dialect: str) -> None:
        sql = at_labels(TYPES).sql(dialect)
        assert "ASOF" not in sql.upper()
        assert "LEAD(" in sql
        assert "ROW_NUMBER" not in sql


class TestBeforeTheFirstBuild:
    def test_the_grid_knows_what_had_arrived_and_nothing_else(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        user = a_user_of_then(warehouse, THEN)
        arrive_late(warehouse, user, "pricing_viewed", happened=THEN - DAY, arrived=THEN + 3 * DAY)
        moments = [THEN, THEN + 2 * DAY, THEN + 4 * DAY]
        with warehouse.cursor() as cursor:
            backfill(cursor, catalog, moments, models)
            cursor.execute('CREATE TEMP TABLE labels (user_id VARCHAR, "at" TIMESTAMP)')
            days = (1, 3, 5)
            cursor.executemany(
                "INSERT INTO labels VALUES (?, ?)", [(user, THEN + day * DAY) for day in days]
            )
            query = at_labels({"upgrade_intent": "double"}, grid_until=NOW)
            rows = cursor.execute(f"{query.sql('duckdb')} ORDER BY l.at").fetchall()
        assert [row[2] for row in rows] == [0.0, 0.0, 0.3]
        assert all(known <= moment for _, moment, _, known, _ in rows)

    def test_moments_that_history_covers_are_left_to_history(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        with warehouse.cursor() as cursor:
            assert backfill(cursor, catalog, [NOW, NOW + DAY], models) == 0
            assert backfill(cursor, catalog, [NOW - DAY], models) > 0
