"""The SQL of the read-outs: files with named placeholders, bound through sqlglot, never by text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import sqlglot
from sqlglot import exp

from measure.layout import Clock, laid_out
from warehouse.catalog import Catalog

FILES = Path(__file__).parent / "sql"
DIALECT = "duckdb"

Bindable = str | int | float | datetime | timedelta | exp.Expr | tuple[exp.Expr, ...]
"""What a placeholder may stand for; several expressions are a part of a list."""


class Fetched(Protocol):
    """Rows of a query, with the id that names it in the answer."""

    @property
    def id(self) -> str:
        """Names the query."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names."""
        ...

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows."""
        ...


class Runner(Protocol):
    """Runs a query after checking it, and remembers that it ran."""

    def fetch(self, sql: str, *, purpose: str) -> Fetched:
        """Rows of one SELECT; a refused query raises its refusal."""
        ...


@cache
def _parsed(name: str) -> exp.Query:
    return as_query(sqlglot.parse_one((FILES / f"{name}.sql").read_text(), dialect=DIALECT))


def query(name: str, **values: Bindable) -> exp.Query:
    """The query of a file, its ``:name`` placeholders replaced by literals."""
    result = _parsed(name).copy()
    for place in list(result.find_all(exp.Placeholder)):
        value = values[place.name]
        if isinstance(value, tuple):
            place.replace([one.copy() for one in value])
        else:
            place.replace(literal(value).copy())
    return as_query(result)


def as_query(expression: exp.Expr) -> exp.Query:
    """The expression, which must be a query."""
    if not isinstance(expression, exp.Query):
        raise TypeError(f"not a query: {expression.sql(dialect=DIALECT)}")
    return expression


def check_query(name: str, **values: Bindable) -> exp.Query:
    """The query of a next check; values that it does not name are left out."""
    return query(f"checks/{name}", **values)


def literal(value: Bindable) -> exp.Expr:
    """A Python value as a SQL literal; times are naive UTC timestamps."""
    if isinstance(value, exp.Expr):
        return value
    if isinstance(value, tuple):
        raise TypeError("several values where one belongs")
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")
    if isinstance(value, timedelta):
        seconds = exp.Literal.string(str(int(value.total_seconds())))
        return exp.Interval(this=seconds, unit=exp.Var(this="SECOND"))
    return exp.convert(value)


def json_text(column: str, name: str, table: str) -> exp.Expr:
    """A property of a JSON column, as text; NULL where it is not there."""
    path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
    return exp.JSONExtractScalar(
        this=exp.column(column, table), expression=path, only_json_types=False
    )


def rows(columns: Sequence[str], values: Sequence[Sequence[Bindable]]) -> exp.Query:
    """A small table of literals, as one SELECT a row."""
    selects = [
        exp.select(*(exp.alias_(literal(v), c) for c, v in zip(columns, row, strict=True)))
        for row in values
    ]
    first, *rest = selects
    result: exp.Query = first
    for select in rest:
        result = exp.union(result, select, distinct=False)
    return result


@dataclass(frozen=True)
class Corrections:
    """What is known to be wrong with the events, put right before anything is counted."""

    clocks: tuple[Clock, ...] = ()
    same_since: datetime | None = None
    """Identifiers of one device are one person, as far as seen from then on."""
    same_until: datetime | None = None


AS_RECORDED = Corrections()


def text(
    main: exp.Query,
    catalog: Catalog,
    corrections: Corrections = AS_RECORDED,
    **tables: exp.Query,
) -> str:
    """The SQL of a query over named subqueries, which may use those before them.

    Its tables are the catalog's own, its events those that the corrections leave.
    """
    if corrections.same_since is not None and corrections.same_until is not None:
        same = query("same", since=corrections.same_since, until=corrections.same_until)
        tables = {
            "same": same,
            "told": query("told"),
            **{name: reading(table, "fct_events", "told") for name, table in tables.items()},
        }
        main = reading(main, "fct_events", "told")
    result = main.copy()
    own = result.args.get("with_") or result.args.get("with")
    inner = [cte.copy() for cte in own.expressions] if own else []
    named = [
        exp.CTE(this=table, alias=exp.TableAlias(this=exp.to_identifier(name)))
        for name, table in tables.items()
    ]
    result.set("with_", exp.With(expressions=[*named, *inner]))
    return laid_out(result, catalog, corrections.clocks).sql(dialect=DIALECT, pretty=True)


def reading(of: exp.Query, name: str, table: str) -> exp.Query:
    """The query, reading another table where it names this one."""

    def rename(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and node.name == name:
            return exp.to_table(table, alias=node.alias or None)
        return node

    return as_query(of.transform(rename))
