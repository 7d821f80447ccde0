"""Counting the users for whom conditions are true, in one query over their flags."""

from __future__ import annotations

from typing import Any, Protocol

from sqlglot import exp

from core.conditions import Condition
from warehouse.catalog import Catalog
from warehouse.compile import select_flags

DIALECT = "duckdb"


class Fetches(Protocol):
    """What counting needs of a query runner."""

    def fetch(self, sql: str, *, purpose: str) -> Any:
        """Check and run one query."""
        ...


def count_true(
    flags: dict[str, Condition],
    runner: Fetches,
    catalog: Catalog,
    purpose: str,
    scope: dict[str, Any],
) -> dict[str, int]:
    """For how many users of the population each condition is true, in one query."""
    inner = select_flags(flags, catalog, **scope)
    counts = [count_if(name, is_true(name)) for name in flags]
    query = exp.select(*counts).from_(inner.subquery("flags"))
    fetched = runner.fetch(query.sql(dialect=DIALECT, pretty=True), purpose=purpose)
    return dict(zip(fetched.columns, fetched.rows[0], strict=True))


def count_if(name: str, when: exp.Expr) -> exp.Expr:
    """A projection: how many rows meet an expression."""
    counted = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=when.copy()))
    return exp.alias_(counted, name)


def is_true(name: str) -> exp.Expr:
    """Whether a flag is true: unknown is not."""
    return exp.func("COALESCE", exp.column(name), exp.false())
