"""What of a figure's data is not the catalog's: tables that only Pilothouse reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlglot import exp

from control.store import Store
from core.artifacts import SqlText
from measure.outcomes.asking import Asked
from measure.queries import AS_RECORDED, DIALECT, text
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.rows import Rows


class House(NamedTuple):
    """Where decisions, models and change requests are kept."""

    warehouse: DuckDBWarehouse
    store: Store

    def fetch(
        self, asked: Asked, main: exp.Query, name: str, purpose: str, **tables: exp.Query
    ) -> tuple[Rows, SqlText]:
        """Rows of a query of ours over the warehouse, and the query under a name of its own."""
        sql = text(main, asked.catalog, AS_RECORDED, **tables)
        rows = self.warehouse.fetch(sql, timeout_seconds=asked.runner.timeout_seconds)
        return rows, SqlText(id=name, purpose=purpose, dialect=DIALECT, text=sql)

    def select(
        self, query: sa.Select[Any], name: str, purpose: str
    ) -> tuple[list[sa.Row[Any]], SqlText]:
        """Rows of the control store, and the query."""
        dialect = self.store.engine.dialect
        sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        with self.store.read() as connection:
            rows = list(connection.execute(query).all())
        return rows, SqlText(id=name, purpose=purpose, dialect=dialect.name, text=sql)
