"""What the plan asks beyond names and types: values, nested properties, nothing unlisted.

A plan that asks for none of it pays nothing: its rows are empty, and nothing is looked at.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from collect.plan import CheckRow, TrackingPlan
from warehouse.statements import run_text

_ASKED = "SELECT (SELECT COUNT(*) FROM planned_checks) + (SELECT COUNT(*) FROM planned_others)"
_SQL = Path(__file__).parent / "sql"


def begin(cursor: duckdb.DuckDBPyConnection, plan: TrackingPlan) -> None:
    """Tell a connection what the plan asks of values."""
    checks, closed = plan.checks(), plan.closed()
    values: dict[str, Any] = {
        column: [getattr(row, column) for row in checks] for column in CheckRow._fields
    }
    values |= {
        "closed_name": [row.sent_name for row in closed],
        "others": [row.others for row in closed],
        "known": [row.known for row in closed],
    }
    run_text(cursor, _text("plan_rows"), values)


def check(cursor: duckdb.DuckDBPyConnection) -> None:
    """Add to ``violations`` what the arrived events of a slice break, one an event."""
    if _is_asked(cursor):
        run_text(cursor, _text("bounds"))


def trim(cursor: duckdb.DuckDBPyConnection) -> None:
    """Take unlisted properties off the events about to be stored, where the plan drops them."""
    if _is_asked(cursor):
        run_text(cursor, _text("trim"))


def _is_asked(cursor: duckdb.DuckDBPyConnection) -> bool:
    row = cursor.execute(_ASKED).fetchone()
    return bool(row and row[0])


@cache
def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
