"""The only way a tool reaches data: check the SQL, run it, remember what ran.

Every query gets an id. A number in an answer names the id of the query that
made it, and the answer lists the queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlglot import exp

from core.artifacts import SqlText
from core.conditions import Condition
from core.errors import Code, PilothouseError, refuse
from core.readings import Reading
from warehouse.batch import Flags
from warehouse.batch.columns import chunk_of
from warehouse.batch.flags import evaluate
from warehouse.batch.plan import plan
from warehouse.bounded import Arrays
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.engines.duckdb import DIALECT
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery, check

CHUNK = 250_000
"""Users who are told of at a time: 31 KB a condition, however many live rules are asked about."""


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

    def arrays(
        self, query: exp.Select, *, rows: int, timeout_seconds: float | None = None
    ) -> Iterator[Arrays]:
        """Run one query and give its columns, so many rows at a time."""
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
        checked = self._checked(sql)
        rows = self.engine.fetch(checked.sql, timeout_seconds=self.timeout_seconds)
        if len(rows.rows) >= self.row_limit:
            raise refuse(
                Code.WAREHOUSE_LIMIT,
                f"The query gives {self.row_limit:,} rows or more.",
                fix="Ask about a smaller population.",
            )
        return Fetched(self._note(sql, purpose), rows.columns, rows.rows)

    def told(
        self,
        asked: Mapping[str, Condition],
        *,
        as_of: datetime,
        purpose: str,
        audiences: Audiences | None = None,
        carried: Sequence[Reading] = (),
    ) -> Iterator[Flags]:
        """The truth of conditions for everybody, some users at a time, by one checked query that
        reads what they ask about.

        Raises the first refusal of a condition that cannot be decided.
        """
        planned = plan(asked, self.catalog, as_of=as_of, audiences=audiences, carried=carried)
        sql = planned.query.sql(dialect=DIALECT, pretty=True)
        self._checked(sql)
        fetched = self.engine.arrays(
            planned.query, rows=CHUNK, timeout_seconds=self.timeout_seconds
        )
        for arrays in fetched:
            yield evaluate(planned, chunk_of(arrays, planned))
        self._note(sql, purpose)

    def _checked(self, sql: str) -> CheckedQuery:
        checked = check(sql, self.catalog, role="system", row_limit=self.row_limit)
        if not isinstance(checked, CheckedQuery):
            raise PilothouseError(checked[0])
        return checked

    def _note(self, sql: str, purpose: str) -> str:
        query_id = f"q{len(self.ran) + 1}"
        self.ran.append(SqlText(id=query_id, purpose=purpose, dialect=DIALECT, text=sql))
        return query_id
