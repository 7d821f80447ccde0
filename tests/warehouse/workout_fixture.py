"""A few users of the workout app, in the tables that its catalog lists."""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}

_ROWS = """
INSERT INTO dim_users (user_id, device_os, utm_source, country, email, signup_at, app_version)
SELECT 'u' || i, CASE WHEN i % 3 = 0 THEN 'ios' ELSE 'android' END, 'organic', 'DE',
       'private_' || i, TIMESTAMP '2026-01-01' + to_days(CAST(i % 90 AS INTEGER)), '4.2.1'
FROM range(120) t(i);
INSERT INTO fct_events (event_time, user_id, event_name, properties, message_id)
SELECT TIMESTAMP '2026-04-01' + to_minutes(i * 11), 'u' || (i * 7 % 119),
       list_value('app_opened', 'pricing_viewed', 'workout_completed', 'checkout_started',
                  'subscription_started')[i % 5 + 1],
       '{"workout_type": "yoga", "duration_seconds": ' || i || '}', 'm' || i
FROM range(2400) t(i);
INSERT INTO fct_subscriptions (user_id, status, trial_start, trial_end)
SELECT 'u' || i, CASE WHEN i % 4 = 0 THEN 'expired' ELSE 'trialing' END,
       TIMESTAMP '2026-04-01', TIMESTAMP '2026-05-01'
FROM range(80) t(i);
INSERT INTO fct_support (user_id, ticket_id, ticket_reason, status, created_at, csat_score)
SELECT 'u' || (i * 5), 't' || i, 'bug', CASE WHEN i % 2 = 0 THEN 'open' ELSE 'closed' END,
       TIMESTAMP '2026-04-03', i % 5 + 1
FROM range(20) t(i);
"""


def workout_warehouse(path: Path, catalog: Catalog) -> DuckDBWarehouse:
    """Every table of the catalog, four of them filled, plus one column it does not list."""
    warehouse = DuckDBWarehouse(path, must_exist=False, memory_limit_mb=256)
    for name, table in catalog.tables.items():
        columns = [
            exp.ColumnDef(this=exp.to_identifier(key), kind=exp.DataType.build(_TYPES[column.type]))
            for key, column in table.columns.items()
        ]
        schema = exp.Schema(this=exp.to_table(name), expressions=columns)
        warehouse.execute(exp.Create(this=schema, kind="TABLE").sql("duckdb", identify=True))
    warehouse.execute(_ROWS)
    warehouse.execute(
        "ALTER TABLE dim_users ADD COLUMN unlisted VARCHAR DEFAULT 'not in the catalog'"
    )
    return warehouse
