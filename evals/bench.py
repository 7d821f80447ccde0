"""A domain's small warehouse at a moment: it runs the compiled SQL and the hand-written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
from sqlglot import exp

from core.conditions import Condition
from warehouse.catalog import Catalog
from warehouse.compile import compile_audience

Users = frozenset[str]


@dataclass
class Bench:
    """A warehouse with its catalog; answers are kept, so that a reference runs once."""

    domain: str
    connection: duckdb.DuckDBPyConnection
    catalog: Catalog
    as_of: datetime
    _found: dict[str, Users] = field(default_factory=dict)

    def prepare(self, sql: str) -> None:
        """Run SQL that makes tables, or the shorthands of the hand-written references."""
        self.connection.execute(self._at(sql))

    def audience(self, condition: Condition) -> Users:
        """Who meets a condition, by our compiler; raises a refusal for what it does not know."""
        return self._users(compile_audience(condition, self.catalog, as_of=self.as_of))

    def meant(self, where: str) -> Users:
        """Who meets a hand-written condition over the users ``u``; raises ``duckdb.Error``."""
        return self._users(self.query(where))

    def query(self, where: str) -> str:
        """The whole statement of a hand-written condition."""
        users = self.catalog.layout.users
        key = exp.cast(exp.column(users.key, "u"), "text")
        head = exp.select(key).from_(exp.alias_(exp.table_(users.table), "u", table=True))
        return self._at(f"{head.sql('duckdb')} WHERE ({users.canonical}) AND ({where})")

    def selected(self, sql: str) -> Users:
        """The users of a whole hand-written query; raises ``duckdb.Error``."""
        return self._users(self._at(sql))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query in their order; decimals as doubles. Raises ``duckdb.Error``."""
        found = self.connection.execute(self._at(sql)).fetchall()
        return [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in found]

    def _at(self, sql: str) -> str:
        return sql.replace("{{as_of}}", f"TIMESTAMP '{self.as_of:%Y-%m-%d %H:%M:%S}'")

    def _users(self, sql: str) -> Users:
        if sql not in self._found:
            rows = self.connection.execute(sql).fetchall()
            self._found[sql] = frozenset(str(row[0]) for row in rows)
        return self._found[sql]
