"""The past as it was known then: a connection on which the warehouse stands as at a moment.

Views and a table of the connection's own stand before the stored tables, so every
query that runs on it, a whole decision cycle included, reads what was known then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, NamedTuple

import duckdb
from sqlglot import exp

from warehouse.bounded import Arrays, arrays_on
from warehouse.catalog import Catalog
from warehouse.clocks.history import DIALECT, builds, held, temporary
from warehouse.clocks.tables import CLOCKS, Moment, stored, then
from warehouse.compile.values import moment
from warehouse.engines.duckdb import DuckDBWarehouse, fetch_on
from warehouse.models.assemble import traits_query
from warehouse.models.build import shown_models
from warehouse.models.modelset import ModelSet, load_models
from warehouse.rows import Rows

Traits = Literal["current", "recorded", "recomputed"]


class Past(NamedTuple):
    """Where a connection stands, and where its traits come from."""

    when: Moment
    traits: Traits
    """``current``: the live table, built before the moment. ``recorded``: history covers the
    moment. ``recomputed``: from the facts, with the models of today."""


def newest(cursor: duckdb.DuckDBPyConnection) -> datetime | None:
    """The last moment at which the warehouse learnt something (naive UTC).

    None when no build of traits was ever noted: nothing says what was known when.
    """
    noted = builds(cursor)
    if noted is None:
        return None
    columns = stored(cursor).columns
    latest = noted[1]
    for table, clocks in CLOCKS.items():
        if clocks.known is not None and clocks.known in columns.get(table, {}):
            query = exp.select(exp.Max(this=exp.column(clocks.known))).from_(table)
            (found,) = cursor.execute(query.sql(DIALECT)).fetchone() or (None,)
            latest = max(latest, found) if found else latest
    return latest


def present(cursor: duckdb.DuckDBPyConnection) -> datetime | None:
    """The moment from which on nothing is past (naive UTC): where the warehouse has an ``as_of`` of
    its own, as a demo has, that or a later build; else the last time it learnt something."""
    noted = builds(cursor)
    if noted is None or "meta" not in stored(cursor).columns:
        return newest(cursor)
    own = "SELECT CAST(value AS TIMESTAMP) FROM meta WHERE key = 'as_of'"
    (found,) = cursor.execute(own).fetchone() or (None,)
    return max(found, noted[1]) if found else newest(cursor)


def step_back(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    when: Moment,
    *,
    models: ModelSet | None = None,
    recompute: bool = False,
) -> Past:
    """Let a cursor see the warehouse as at a moment, until it is closed or rolls back.

    ``known`` later than ``at`` is hindsight: what had happened by ``at`` as far as it is
    known by ``known``; its traits are always recomputed, as they are where history is not asked.
    Without ``models`` those whose values readers see now do it.
    """
    see_tables(cursor, catalog, when)
    source = "recomputed" if recompute else _source(cursor, when)
    if source == "current":
        return Past(when, source)
    types = trait_types(cursor, catalog)
    if source == "recorded":
        traits = held(when.at, types)
    else:
        models = models or shown_models(cursor) or load_models()
        traits = recomputed(models, types, when.at)
    cursor.execute(temporary(catalog.layout.traits.table, "TABLE", traits))
    return Past(when, source)


def see_tables(cursor: duckdb.DuckDBPyConnection, catalog: Catalog, when: Moment) -> None:
    """``step_back`` for the tables alone: the traits stay those of today."""
    for table, query in then(cursor, catalog, when):
        cursor.execute(temporary(table, "VIEW", query))


def stand_at(cursor: duckdb.DuckDBPyConnection, catalog: Catalog, at: datetime) -> Past | None:
    """Let a cursor see what was known at a moment; None when that is the present, so that the
    tables as they are say it."""
    last = present(cursor)
    if last is None or at >= last:
        return None
    return step_back(cursor, catalog, Moment(at, at))


@contextmanager
def as_known(
    warehouse: DuckDBWarehouse, catalog: Catalog, at: datetime
) -> Iterator[DuckDBWarehouse | OnCursor]:
    """Something to run queries on: the warehouse as it was known at a moment.

    The warehouse itself when it has learnt nothing since.
    """
    with warehouse.cursor() as cursor:
        yield OnCursor(cursor) if stand_at(cursor, catalog, at) else warehouse


class KnownThen:
    """The warehouse as it was known at a moment, for queries that come one by one."""

    def __init__(self, warehouse: DuckDBWarehouse, catalog: Catalog, at: datetime) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._at = at

    def fetch(
        self,
        sql: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Rows:
        """Run one query and give all its rows."""
        with as_known(self._warehouse, self._catalog, self._at) as engine:
            return engine.fetch(sql, params, timeout_seconds=timeout_seconds)

    def arrays(
        self, query: exp.Select, *, rows: int, timeout_seconds: float | None = None
    ) -> Iterator[Arrays]:
        """Run one query and give its columns, so many rows at a time."""
        with as_known(self._warehouse, self._catalog, self._at) as engine:
            yield from engine.arrays(query, rows=rows, timeout_seconds=timeout_seconds)


class OnCursor:
    """Queries on one cursor, with the tables it has of its own; one thread at a time."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def fetch(
        self,
        sql: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Rows:
        """Run one query and give all its rows."""
        return fetch_on(self._cursor, sql, params, timeout_seconds=timeout_seconds)

    def arrays(
        self, query: exp.Select, *, rows: int, timeout_seconds: float | None = None
    ) -> Iterator[Arrays]:
        """Run one query and give its columns, so many rows at a time."""
        return arrays_on(self._cursor, query, rows=rows, timeout_seconds=timeout_seconds)


def recomputed(models: ModelSet, types: dict[str, str], at: datetime) -> exp.Select:
    """The query of ``traits`` from the facts that its connection sees, as of a moment.

    ``types``: trait → SQL type, the columns wanted. A trait without a model is NULL.
    """
    known = [model.name for model in models.traits if model.name in types]
    values = placed_at(traits_query(models, {}, known), at)
    columns = [
        exp.column(name) if name in known else exp.alias_(exp.cast(exp.null(), data_type), name)
        for name, data_type in types.items()
    ]
    return exp.select("user_id", *columns).from_(values.subquery("recomputed"))


def placed_at(query: exp.Select, at: datetime) -> exp.Select:
    """The query of a model for a moment."""

    def place(node: exp.Expr) -> exp.Expr:
        return moment(at) if isinstance(node, exp.Placeholder) else node

    placed = query.transform(place)
    assert isinstance(placed, exp.Select)
    return placed


def trait_types(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, str]:
    """The traits of the stored table, each with its SQL type."""
    layout = catalog.layout.traits
    columns = stored(cursor).columns.get(layout.table, {})
    return {name: data_type for name, data_type in columns.items() if name != layout.user}


def _source(cursor: duckdb.DuckDBPyConnection, when: Moment) -> Traits:
    noted = builds(cursor)
    if when.known > when.at or noted is None or when.at < noted[0]:
        return "recomputed"
    return "current" if when.at >= noted[1] else "recorded"
