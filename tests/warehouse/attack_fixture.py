"""The schema that the attack list was written for, as a catalog and as a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import yaml

from warehouse.catalog import Catalog, Column, Event, Table, load_catalog

FIXTURES = Path(__file__).parents[1] / "fixtures"
ATTACKS: list[dict[str, Any]] = json.loads((FIXTURES / "sql_attacks.json").read_text())
_MORE = yaml.load((FIXTURES / "sql_attacks_more.yaml").read_text(), yaml.CSafeLoader)
ALLOWED: list[str] = _MORE["allow"]
"""What an analyst asks and must get."""


def refused_by_kind() -> dict[str, list[str]]:
    """Statements that must be refused, by what they try; those too long for a file are built."""
    kinds: dict[str, list[str]] = _MORE["refuse"]
    return kinds | {"resource": [*kinds["resource"], *_large()]}


def _large() -> tuple[str, ...]:
    doubled = ", ".join(f"a{i} AS ({_DOUBLE.format(i - 1)})" for i in range(1, 10))
    grown = ", ".join(
        f"a{i} AS (SELECT {' || '.join('s' * 10)} AS s FROM a{i - 1})" for i in RISING
    )
    chain = " ".join(f"JOIN fct_support t{i} USING (status)" for i in range(1, 15))
    written = ", ".join(f"({i})" for i in range(300))
    return (
        f"WITH a0 AS (SELECT user_id FROM fct_events), {doubled} SELECT COUNT(*) FROM a9",
        f"WITH a0 AS (SELECT country AS s FROM dim_users), {grown} SELECT LENGTH(s) FROM a9",
        f"SELECT COUNT(*) FROM fct_support t0 {chain}",
        "SELECT COUNT(*) FROM " + ", ".join(f"(VALUES {written}) v{i}(x)" for i in range(4)),
        "SELECT " + "+".join("1" * 2_500),
        "SELECT " + "NOT " * 1_500 + "TRUE",
        "SELECT " + "- " * 1_500 + "1",
        "SELECT " + "CASE WHEN TRUE THEN " * 300 + "1" + " END" * 300,
        "SELECT " + "1 UNION ALL SELECT " * 700 + "1",
        "SELECT * FROM " + "(SELECT * FROM " * 70 + "fct_support" + ")" * 70,
        "SELECT " + "(" * 80 + "1" + ")" * 80,
        "SELECT " + ", ".join(f"user_id AS c{i}" for i in range(1_800)) + " FROM dim_users",
        f"SELECT user_id FROM dim_users WHERE user_id IN ({', '.join('1' * 5_000)})",
        f"SELECT '{'x' * 21_000}'",
    )


RISING = range(1, 10)
_DOUBLE = "SELECT x.user_id FROM a{0} x JOIN a{0} y ON x.user_id = y.user_id"

_TABLES = {
    "dim_users": "user_id:integer email phone full_name date_of_birth:date gender device_os "
    "utm_source country marketing_opt_in:boolean",
    "fct_events": "event_time:timestamp user_id:integer event_name properties:json",
    "fct_subscriptions": "user_id:integer status trial_start:timestamp trial_end:timestamp "
    "is_upgrade:boolean",
    "fct_support": "user_id:integer ticket_reason created_at:timestamp csat_score:integer status",
    "fct_messages": "message_id:integer user_id:integer channel campaign sent_at:timestamp "
    "opened_at:timestamp",
}
_CLASSES = {
    "email": "personal",
    "phone": "personal",
    "full_name": "personal",
    "date_of_birth": "sensitive",
    "gender": "protected",
}


def attack_catalog() -> Catalog:
    """Five tables with personal and protected columns, and one personal property."""
    tables = {
        name: Table(description=name, grain="row", owner="data", columns=_columns(columns))
        for name, columns in _TABLES.items()
    }
    events = {
        "pricing_viewed": Event(description="Pricing.", properties=_columns("plan email")),
        "workout_completed": Event(
            description="Workout.", properties=_columns("duration_s:number")
        ),
    }
    return load_catalog().model_copy(update={"tables": tables, "events": events})


def _columns(text: str) -> dict[str, Column]:
    parts = [word.partition(":") for word in text.split()]
    return {
        name: Column.model_validate(
            {
                "description": name,
                "type": kind or "string",
                "data_class": _CLASSES.get(name, "public"),
            }
        )
        for name, _, kind in parts
    }


def attack_database() -> duckdb.DuckDBPyConnection:
    """The schema with a handful of rows, in a database named like the real one."""
    connection = duckdb.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
    connection.execute((FIXTURES / "sql_attacks_schema.sql").read_text())
    connection.execute(
        """
        INSERT INTO dim_users
        SELECT i, 'PII_MAIL_' || i, 'PII_PHONE_' || i, 'PII_NAME_' || i, DATE '1990-01-01',
               'x', 'ios', 'google', 'US', i % 2 = 0 FROM range(50) t(i);
        INSERT INTO fct_events
        SELECT TIMESTAMP '2026-05-01' + to_hours(i), i % 50,
               CASE WHEN i % 3 = 0 THEN 'pricing_viewed' ELSE 'workout_completed' END,
               '{"plan": "annual", "duration_s": 600, "email": "PII_MAIL"}' FROM range(300) t(i);
        INSERT INTO fct_subscriptions
        SELECT i, 'trial', TIMESTAMP '2026-05-01', TIMESTAMP '2026-05-08', false
        FROM range(30) t(i);
        INSERT INTO fct_support
        SELECT i, 'billing', TIMESTAMP '2026-05-02', 3, 'open' FROM range(20) t(i);
        INSERT INTO fct_messages
        SELECT i, i % 50, 'email', 'spring', TIMESTAMP '2026-05-03', NULL FROM range(60) t(i);
        """
    )
    return connection
