"""The catalog's tables, empty or with seven level weeks of a small app, and a runner over them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlglot import exp

from measure.compared import Compared, SliceOf
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

AS_OF = datetime(2026, 6, 29)
WEEK = timedelta(days=7)
IOS = SliceOf("device_os", "ios", "iOS")
ANDROID = SliceOf("device_os", "android", "Android")
IOS_AGAINST_ANDROID = Compared(IOS, ANDROID)
CATALOG: Catalog = load_catalog()

_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}


class SmallWorld:
    """A warehouse in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, memory_limit_mb=256)
        for name, table in CATALOG.tables.items():
            columns = [
                exp.ColumnDef(
                    this=exp.to_identifier(key), kind=exp.DataType.build(_TYPES[column.type])
                )
                for key, column in table.columns.items()
            ]
            schema = exp.Schema(this=exp.to_table(name), expressions=columns)
            self.warehouse.execute(exp.Create(this=schema, kind="TABLE").sql("duckdb"))

    def runner(self) -> CheckedRunner:
        """A runner that has run nothing yet."""
        return CheckedRunner(self.warehouse, CATALOG)

    def user(self, user_id: str, device_os: str = "ios", merged_into: str | None = None) -> None:
        """One user who signed up long ago."""
        self.warehouse.execute(
            "INSERT INTO dim_users (user_id, device_os, signup_at, merged_into)"
            " VALUES ($user, $os, TIMESTAMP '2025-01-01', $merged)",
            {"user": user_id, "os": device_os, "merged": merged_into},
        )

    def event(
        self, user_id: str, name: str, at: datetime, received_at: datetime | None = None
    ) -> None:
        """One event, received at once unless told otherwise."""
        self.warehouse.execute(
            "INSERT INTO fct_events (user_id, event_name, event_time, received_at, app_version)"
            " VALUES ($user, $name, $at, $received, '5.3.0')",
            {"user": user_id, "name": name, "at": at, "received": received_at or at},
        )

    def level_weeks(self) -> None:
        """Seven weeks; in each 600 users a platform open the app and 150 of them subscribe."""
        self.warehouse.execute(_LEVEL_WEEKS)


_LEVEL_WEEKS = """
CREATE TEMP MACRO week_start(w) AS TIMESTAMP '2026-06-22' - to_days(CAST(7 * w AS INTEGER));
INSERT INTO dim_releases VALUES
    ('ios', '5.3.0', TIMESTAMP '2026-01-01'), ('ios', '5.4.0', TIMESTAMP '2026-06-21 10:00:00'),
    ('android', '5.3.0', TIMESTAMP '2026-01-01');
INSERT INTO dim_users (user_id, device_os, utm_source, country, signup_at)
SELECT o || w || '-' || i, o, ['organic', 'google'][1 + i % 2], ['DE', 'US', 'GB'][1 + i % 3],
    TIMESTAMP '2025-01-01'
FROM (SELECT unnest(['ios', 'android']) AS o), range(7) AS t(w), range(600) AS s(i);
CREATE TABLE planned AS
SELECT o || w || '-' || i AS user_id, o AS device_os, e.name, e.step,
    week_start(w) + to_days(CAST(i % 7 AS INTEGER))
    + INTERVAL 10 HOUR + to_minutes(e.step) AS happened_at,
    CASE WHEN w = 0 AND o = 'ios' AND i % 5 < 3 THEN '5.4.0' ELSE '5.3.0' END AS version,
    w AS week, i AS ordinal
FROM range(7) AS t(w), range(600) AS s(i), (VALUES
    ('app_opened', 1, 600), ('pricing_viewed', 2, 400), ('plan_compared', 3, 350),
    ('checkout_started', 4, 300), ('subscription_started', 5, 150)) AS e(name, step, users),
    (SELECT unnest(['ios', 'android']) AS o)
WHERE (i * 7) % 600 < e.users;
INSERT INTO fct_events
    (user_id, event_name, event_time, received_at, device_os, app_version, message_id)
SELECT user_id, name, happened_at, happened_at, device_os, version, user_id || name FROM planned;
INSERT INTO fct_subscriptions (user_id, status, plan, price, started_at)
SELECT user_id, 'active', 'monthly', 12.99, happened_at FROM planned WHERE step = 5;
"""
