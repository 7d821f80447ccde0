"""Traits of users of whom something came in since the last build, worked out from what is known.

A connection's own view stands before the stored traits and gives these users the values that a
build at this moment would give them; everybody else keeps those of the last build.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.clocks.history import temporary
from warehouse.clocks.tables import DIALECT, Stored, stored
from warehouse.models.assemble import SCHEMA, traits_query
from warehouse.models.build import managed, shown_models
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import USER
from warehouse.statements import run_text

_SQL = Path(__file__).parent / "sql"
ASKED, FRESH = "fresh_asked", "fresh_traits"
"""The connection's own tables: whose traits are asked for, and what they are."""


class FreshTraits:
    """Works out traits again and again: the statement is written once for a set of models."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._ours = False
        self._written: tuple[str, str, str] = "", "", ""
        """The fingerprint of a set, and its statements."""

    def see(self, cursor: duckdb.DuckDBPyConnection, users: Sequence[str], as_of: datetime) -> int:
        """Let a cursor inside a transaction see fresh traits of those users of whom something came
        in since the last build, until it rolls back; gives how many.

        Nothing is done where traits are not built by models of ours, or events have no arrival.
        """
        self._ours = self._ours or managed(cursor)
        if not self._ours or self._catalog.layout.events.received is None:
            return 0
        mark = cursor.execute(_sql("built_up_to")).fetchone()
        if mark is None:
            return 0
        given = {"users": [*users], "seen": mark[1]}
        run_text(cursor, f"CREATE OR REPLACE TEMP TABLE {ASKED} AS {self._ahead}", given)
        ((ahead,),) = cursor.table(ASKED).count("*").fetchall()
        if ahead:
            self._show(cursor, mark[0], as_of)
        return int(ahead)

    @cached_property
    def _ahead(self) -> str:
        """The query of the users of whom something came in."""
        events = self._catalog.layout.events
        assert events.received is not None, "asked before"
        came = exp.select(exp.alias_(exp.column(events.user), USER)).from_(events.table)
        came = came.where(exp.column(events.received) > exp.Placeholder(this="seen"))
        touched = exp.select(USER).from_(exp.table_("touched", db=SCHEMA))
        every = exp.union(came, touched).subquery("came")
        mine = exp.In(this=exp.column(USER), query=exp.select("UNNEST($users)").subquery())
        return exp.select(USER).from_(every).where(mine).sql(DIALECT)

    def _show(self, cursor: duckdb.DuckDBPyConnection, models: str, as_of: datetime) -> None:
        if self._written[0] != models:
            self._write(cursor, models)
        _, made, shown = self._written
        run_text(cursor, made, {"as_of": as_of})
        run_text(cursor, shown)

    def _write(self, cursor: duckdb.DuckDBPyConnection, models: str) -> None:
        table, tables = self._catalog.layout.traits.table, stored(cursor)
        found = shown_models(cursor)
        assert found is not None, "a build was shown"
        made = f"CREATE OR REPLACE TEMP TABLE {FRESH} AS {_statement(found, tables, table)}"
        self._written = models, made, temporary(table, "VIEW", _shown(tables, table))


def _statement(models: ModelSet, tables: Stored, table: str) -> str:
    """The query of the traits of those who are asked for, as of ``$as_of``."""
    types = {name: kind for name, kind in tables.columns[table].items() if name != USER}
    names = [model.name for model in models.traits if model.name in types]
    query = traits_query(models, {}, names)
    if _of_one_user(query, tables):
        query = _restricted(query, tables)
    columns = [exp.cast(exp.column(name), types[name]).as_(name) for name in names]
    mine = exp.In(this=exp.column(USER), query=exp.select(USER).from_(ASKED).subquery())
    return exp.select(USER, *columns).from_(query.subquery("now")).where(mine).sql(DIALECT)


def _shown(tables: Stored, table: str) -> exp.Query:
    """The traits as they are stored, but for those that are fresh."""
    whole = exp.table_(table, db="main", catalog=tables.database)
    fresh = exp.select(USER).from_(FRESH)
    others = exp.In(this=exp.column(USER), query=fresh.subquery()).not_()
    # Those of whom nothing came in stay as they are; a trait without a model is NULL.
    kept = exp.select("*").from_(whole).where(others)
    theirs = exp.select("*").from_(FRESH)
    return exp.Union(this=kept, expression=theirs, distinct=False, by_name=True)


def _of_one_user(query: exp.Select, tables: Stored) -> bool:
    """Whether what is worked out of a user comes from rows of that user alone: then the rows of
    others need not be read."""
    if any(_looks_aside(one) for one in query.find_all(exp.Subquery, exp.Exists, exp.In)):
        return False
    selects = query.find_all(exp.Select)
    return all(_groups_by_user(one) and _joins_by_user(one, tables) for one in selects)


def _looks_aside(part: exp.Expr) -> bool:
    """Whether a value or a condition is looked up by a query of its own."""
    if isinstance(part, exp.Subquery):
        return not isinstance(part.parent, exp.From | exp.Join)
    return isinstance(part, exp.Exists) or part.args.get("query") is not None


def _groups_by_user(select: exp.Select) -> bool:
    if select.args.get("limit"):
        return False
    windows = [one for one in select.find_all(exp.Window) if one.parent_select is select]
    if any(not _names_user(one.args.get("partition_by") or ()) for one in windows):
        return False
    own = (one for one in select.find_all(exp.AggFunc) if one.parent_select is select)
    if all(isinstance(one.parent, exp.Window) for one in own):
        return True
    group = select.args.get("group")
    return group is not None and _names_user(group.expressions)


def _joins_by_user(select: exp.Select, tables: Stored) -> bool:
    for join in select.args.get("joins") or ():
        joined = join.this
        if isinstance(joined, exp.Table) and USER not in tables.columns.get(
            joined.name, {USER: ""}
        ):
            continue
        using = join.args.get("using") or ()
        same = [on for on in _clauses(join.args.get("on")) if isinstance(on, exp.EQ)]
        if not _names_user(using) and not any(
            _names_user([on.left]) and _names_user([on.right]) for on in same
        ):
            return False
    return True


def _clauses(on: exp.Expr | None) -> Iterable[exp.Expr]:
    return on.flatten() if isinstance(on, exp.And) else [on] if on is not None else []


def _names_user(expressions: Iterable[exp.Expr]) -> bool:
    return any(
        isinstance(one, exp.Column | exp.Identifier) and one.name == USER for one in expressions
    )


def _restricted(query: exp.Select, tables: Stored) -> exp.Select:
    """The same query over the rows of those who are asked for."""
    found = query.copy()
    named = {cte.alias for cte in found.find_all(exp.CTE)}
    for table in [*found.find_all(exp.Table)]:
        if table.name in named or USER not in tables.columns.get(table.name, {}):
            continue
        whole = exp.table_(table.name, db="main", catalog=tables.database)
        mine = exp.In(this=exp.column(USER), query=exp.select(USER).from_(ASKED).subquery())
        table.replace(exp.select("*").from_(whole).where(mine).subquery(table.alias_or_name))
    return found


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
