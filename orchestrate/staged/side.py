"""The side of the warehouse on which staging writes: a schema of its own, the rest as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

import duckdb
from sqlglot import exp

from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse

SCHEMA = "staging"
LIVE = "main"
_RUNS = Path(__file__).parent / "sql" / "journeys.sql"
_MAKING = threading.Lock()
_MADE: WeakSet[DuckDBWarehouse] = WeakSet()
"""Warehouses in which staging's schema is there: whoever only reads then changes nothing."""


class StagingSide(DuckDBWarehouse):
    """The same warehouse; a table of decisions that is named on its cursors is staging's own.

    Everything that staging does not have of its own is read where it always is. Rewriting and
    closing are left to the warehouse itself.
    """

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self.path = warehouse.path
        self.whole = warehouse
        """The warehouse that it is a side of."""

    @contextmanager
    def cursor(self, *, told: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose names mean staging's tables first."""
        is_made = self.whole in _MADE
        with self.whole.cursor(told=told or not is_made) as cursor:
            if not is_made:
                self._make(cursor)
            cursor.execute(f"SET search_path = '{SCHEMA},{LIVE}'")
            yield cursor

    def _make(self, cursor: duckdb.DuckDBPyConnection) -> None:
        # Two transactions that made the same table at once would be at odds.
        with _MAKING:
            schema = exp.Create(this=exp.to_identifier(SCHEMA), kind="SCHEMA", exists=True)
            cursor.execute(schema.sql(DIALECT))
            cursor.execute(_RUNS.read_text(encoding="utf-8"))
            _MADE.add(self.whole)
