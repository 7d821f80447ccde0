"""How long compiling and checking one rule takes, beside parsing and writing the same SQL."""

from __future__ import annotations

from datetime import datetime

import sqlglot

from benchmarks.measured import Measured, median_seconds
from core.conditions import And, Condition, EventCount, Filter, Op, Related
from warehouse.catalog import Catalog, load_catalog
from warehouse.compile import compile_audience
from warehouse.sqlcheck import CheckedQuery, check

AS_OF = datetime(2026, 6, 29)
LIMIT_MS = 15.0
REPEATS = 60
RULE = And(
    of=(
        EventCount(event="workout_completed", op=Op.GE, n=3),
        EventCount(event="pricing_viewed", op=Op.GE, n=1),
        Related(entity="ticket", where=(Filter(column="status", value="open"),), op=Op.EQ, n=0),
    )
)


def measure() -> list[Measured]:
    """Milliseconds of one warm compile and check, as a multiple of sqlglot's own work."""
    catalog = load_catalog()
    sql = _compiled(RULE, catalog)
    ours = median_seconds(lambda: _checked(_compiled(RULE, catalog), catalog), REPEATS)
    bare = median_seconds(
        lambda: sqlglot.parse_one(sql, dialect="duckdb").sql("duckdb", pretty=True), REPEATS
    )
    return [
        Measured(
            "check + compile of one rule",
            ours.wall * 1_000,
            "ms",
            LIMIT_MS,
            cpu=ours.cpu * 1_000,
            ratio=ours.cpu / bare.cpu,
            yardstick="sqlglot parsing and writing the same SQL",
        )
    ]


def _compiled(rule: Condition, catalog: Catalog) -> str:
    return compile_audience(rule, catalog, as_of=AS_OF)


def _checked(sql: str, catalog: Catalog) -> CheckedQuery:
    checked = check(sql, catalog, role="system")
    if not isinstance(checked, CheckedQuery):
        raise TypeError(f"the rule's own SQL was refused: {checked[0]}")
    return checked
