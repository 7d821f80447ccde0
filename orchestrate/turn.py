"""One cycle at a time: what two cycles grant at once, neither would count for the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from core.errors import Code, refuse
from orchestrate.stages import create_tables
from warehouse.engines.duckdb import DuckDBWarehouse

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 600.0


@contextmanager
def own_turn(
    warehouse: DuckDBWarehouse, cycle_id: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A transaction that sees everything that cycles before it decided: all of it, or nothing.

    Waits while another cycle has the turn; refuses with WAREHOUSE_LOCKED when that takes too long.
    """
    with warehouse.cursor() as cursor:
        waited = 0.0
        while not _has_turn(cursor, cycle_id):
            if waited >= patience_seconds:
                raise refuse(
                    Code.WAREHOUSE_LOCKED,
                    f"Another cycle has been deciding for more than {patience_seconds:,.0f} s.",
                    fix="Run this one again when it has ended.",
                )
            threading.Event().wait(PAUSE_SECONDS)
            waited += PAUSE_SECONDS
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def _has_turn(cursor: duckdb.DuckDBPyConnection, cycle_id: str) -> bool:
    """Whether the row was ours to write; the engine lets one open transaction write it."""
    try:
        create_tables(cursor)
        if cursor.execute("SELECT 1 FROM cycle_turn LIMIT 1").fetchone() is None:
            cursor.execute("INSERT INTO cycle_turn VALUES (NULL)")
    except duckdb.TransactionException:
        return False  # somebody else makes the tables at this moment
    cursor.execute("BEGIN")
    try:
        cursor.execute("UPDATE cycle_turn SET taken_by = ?", (cycle_id,))
    except duckdb.TransactionException:
        cursor.execute("ROLLBACK")
        return False
    return True
