"""The leakage audit finds planted leaks and names them."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from tests.warehouse.clocks.conftest import THEN
from warehouse.catalog import Catalog
from warehouse.clocks.leakage import audit_features, audit_sql, audit_values
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.model import read_model
from warehouse.models.modelset import ModelSet, models_of

HEADER = """-- name: planted
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: A score with something wrong.
"""
AT = datetime(2026, 6, 1)
BEFORE, AFTER = datetime(2026, 5, 31), datetime(2026, 6, 2)


def features(*rows: tuple[object, ...]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        'CREATE TABLE features (user_id VARCHAR, "at" TIMESTAMP, known_at TIMESTAMP, '
        "event_at TIMESTAMP, label_from TIMESTAMP)"
    )
    clean = ("clean", AT, BEFORE, BEFORE, AT)
    connection.executemany("INSERT INTO features VALUES (?, ?, ?, ?, ?)", [clean, *rows])
    return connection


ALL = frozenset({"known_at", "event_at", "label_from"})


class TestFeatures:
    def test_a_clean_table_has_no_leak(self) -> None:
        assert audit_features(features(), "features", ALL) == ()

    @pytest.mark.parametrize(
        ("row", "kind"),
        [
            (("late", AT, AFTER, BEFORE, AT), "KNOWN_LATER"),
            (("future", AT, BEFORE, AFTER, AFTER), "HAPPENED_LATER"),
            (("unknown", AT, None, BEFORE, AT), "NOT_KNOWN"),
            (("overlap", AT, BEFORE, BEFORE, BEFORE), "LABEL_OVERLAPS"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_planted_leak_is_counted_and_named(self, row: tuple[object, ...], kind: str) -> None:
        found = {leak.kind: leak for leak in audit_features(features(row), "features", ALL)}
        assert kind in found
        assert found[kind].rows == 1
        assert "1 rows of features" in found[kind].message

    def test_a_row_known_at_the_very_moment_of_its_label_is_no_leak(self) -> None:
        assert audit_features(features(("same", AT, AT, BEFORE, AT)), "features", ALL) == ()


class TestModels:
    def test_the_shipped_models_bound_all_that_they_read(self, models: ModelSet) -> None:
        assert [leak for model in models.models for leak in audit_sql(model)] == []

    @pytest.mark.slow
    def test_no_shipped_trait_knows_what_came_later(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        names = tuple(model.name for model in models.traits)
        with warehouse.cursor() as cursor:
            assert audit_values(cursor, catalog, models, names, THEN) == ()

    @pytest.mark.parametrize(
        ("select", "kind", "words"),
        [
            (
                "SELECT user_id, COUNT(*) AS planted FROM fct_events GROUP BY user_id",
                "UNBOUNDED",
                "planted reads fct_events without event_time < $as_of.",
            ),
            (
                "SELECT user_id, COUNT(*) AS planted FROM fct_events "
                "WHERE event_time >= $as_of - INTERVAL '14' DAY GROUP BY user_id",
                "UNBOUNDED",
                "planted reads fct_events without event_time < $as_of.",
            ),
            (
                "SELECT user_id, MAX(CASE WHEN status = 'active' THEN 1 ELSE 0 END) AS planted "
                "FROM fct_subscriptions WHERE trial_start < $as_of GROUP BY user_id",
                "REVISED",
                "planted reads fct_subscriptions.status, which is overwritten",
            ),
            (
                "SELECT user_id, CASE WHEN app_version = '5.4.0' THEN 1 ELSE 0 END AS planted "
                "FROM dim_users",
                "REVISED",
                "planted reads dim_users.app_version, which is overwritten",
            ),
        ],
        ids=["no bound", "only a lower bound", "a status of today", "an attribute of today"],
    )
    def test_sql_that_reads_too_much_is_named(self, select: str, kind: str, words: str) -> None:
        leaks = audit_sql(read_model(HEADER + select, "planted.sql"))
        assert [leak.kind for leak in leaks] == [kind]
        assert leaks[0].message.startswith(words)

    def test_a_bound_on_another_column_does_not_hide_the_leak(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        select = """
            SELECT user_id, MAX(CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END) AS planted
            FROM fct_subscriptions WHERE COALESCE(trial_start, started_at) < $as_of
            GROUP BY user_id
        """
        planted = models_of({**models.files, "planted": HEADER + select})
        with warehouse.cursor() as cursor:
            (leak,) = audit_values(cursor, catalog, planted, ("planted",), THEN)
        assert leak.kind == "FUTURE"
        assert leak.rows > 0
        assert leak.message.startswith(f"planted of {leak.rows:,} users")
