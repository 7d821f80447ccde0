"""The only way a tool reaches data: check the SQL, run it, remember what ran.

Every query gets an id. A number in an answer names the id of the query that
made it, and the answer lists the queries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from core.artifacts import SqlText
from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery, check


class Fetched(NamedTuple):
    """Rows with the id of the query that gave them."""

    id: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as column → value."""
        return Rows(self.columns, self.rows).dicts()


class Engine(Protocol):
    """What a runner needs of an engine."""

    def fetch(
        self,
        sql: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Rows:
        """Run one query and give all its rows."""
        ...


@dataclass
class CheckedRunner:
    """Runs checked queries on an engine and keeps the list of what ran."""

    engine: Engine
    catalog: Catalog
    row_limit: int = 5_000_000
    """Our own compiled SQL may return a whole audience; a person's SQL has a smaller limit."""
    timeout_seconds: float | None = 60.0
    ran: list[SqlText] = field(default_factory=list)

    def fetch(self, sql: str, *, purpose: str) -> Fetched:
        """Check and run one query; a refused query raises its first refusal and does not run."""
        checked = check(sql, self.catalog, role="system", row_limit=self.row_limit)
        if not isinstance(checked, CheckedQuery):
            raise PilothouseError(checked[0])
        rows = self.engine.fetch(checked.sql, timeout_seconds=self.timeout_seconds)
        if len(rows.rows) >= self.row_limit:
            raise refuse(
                Code.WAREHOUSE_LIMIT,
                f"The query gives {self.row_limit:,} rows or more.",
                fix="Ask about a smaller population.",
            )
        query_id = f"q{len(self.ran) + 1}"
        self.ran.append(SqlText(id=query_id, purpose=purpose, dialect=DIALECT, text=sql))
        return Fetched(query_id, rows.columns, rows.rows)
