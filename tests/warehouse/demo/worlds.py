"""Demo worlds that tests only read: made once a process."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import duckdb

from warehouse.demo.generate import generate
from warehouse.demo.truth import DemoTruth

NOW = datetime(2026, 6, 29)


@cache
def demo_world(scenario: str) -> tuple[duckdb.DuckDBPyConnection, DemoTruth]:
    """A small world of a scenario, and what is true of it."""
    connection = duckdb.connect(config={"threads": 2})
    return connection, generate(connection, users=4_000, days=56, scenario=scenario)


def value(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    """The one value that a query gives."""
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]
