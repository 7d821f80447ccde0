"""Freshness: which traits are made from sources that have fallen silent."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import duckdb
from sqlglot import exp
from sqlglot.optimizer.eliminate_ctes import eliminate_ctes
from sqlglot.optimizer.eliminate_joins import eliminate_joins
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from warehouse.catalog import Catalog
from warehouse.clocks.history import DIALECT
from warehouse.clocks.tables import Clocks, clocks_of, stored
from warehouse.models.assemble import traits_query
from warehouse.models.modelset import ModelSet


class Freshness(NamedTuple):
    """One trait against its promise."""

    trait: str
    owner: str
    slo_seconds: int
    """How old the newest row of each source may be: the strictest of the trait's own promise and
    those of the models it reads."""
    source: str
    """The source that is furthest behind."""
    newest: datetime | None
    """Its newest row (naive UTC); None without any."""
    age_seconds: int | None

    @property
    def stale(self) -> bool:
        """Whether the promise is broken. Tables without a time cannot fall silent."""
        late = self.age_seconds is None or self.age_seconds > self.slo_seconds
        return late and self.source != ""


def freshness(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, now: datetime
) -> tuple[Freshness, ...]:
    """Every trait with its source that is furthest behind, through all models it reads.

    A table's newest row is the last that arrived, or that something happened to, by
    ``now`` (naive UTC). Tables that the warehouse lacks have no newest row.
    """
    clocks = clocks_of(models.sources)
    reads = {model.name: sources_of(model.name, models) & clocks.keys() for model in models.traits}
    newest = {
        table: _newest(cursor, table, clocks[table], now)
        for table in sorted(set().union(*reads.values()))
    }
    found = []
    for model in models.traits:
        lineage = _lineage(model.name, models)
        slo = min(one.freshness for one in models.models if one.name in lineage)
        sources = sorted(reads[model.name])
        behind = min(sources, key=lambda table: newest[table] or datetime.min, default="")
        last = newest.get(behind)
        age = None if last is None else int((now - last).total_seconds())
        found.append(Freshness(model.name, model.owner, slo, behind, last, age))
    return tuple(found)


def stale(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, now: datetime
) -> tuple[Freshness, ...]:
    """The traits that break their promise now."""
    return tuple(one for one in freshness(cursor, models, now) if one.stale)


class TableAge(NamedTuple):
    """One table against what the catalog promises of it."""

    table: str
    owner: str
    promised_seconds: int | None
    """None: nothing is promised of it."""
    newest: datetime | None
    """Its newest row (naive UTC) by the table's own time; None without any."""
    age_seconds: int | None

    @property
    def late(self) -> bool:
        """Whether the promise is broken."""
        if self.promised_seconds is None:
            return False
        return self.age_seconds is None or self.age_seconds > self.promised_seconds


def table_ages(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, now: datetime
) -> tuple[TableAge, ...]:
    """Every table of a catalog that has a time, with its newest row by ``now`` (naive UTC).

    Tables that the warehouse lacks have no newest row.
    """
    columns = stored(cursor).columns
    found = []
    for name, table in sorted(catalog.tables.items()):
        if table.time_column is None:
            continue
        last = None
        if table.time_column in columns.get(name, {}):
            last = _newest(cursor, name, Clocks((table.time_column,)), now)
        age = None if last is None else int((now - last).total_seconds())
        found.append(TableAge(name, table.owner, table.freshness_slo_seconds, last, age))
    return tuple(found)


def sources_of(trait: str, models: ModelSet) -> set[str]:
    """The stored tables that a trait's values come from.

    Through the columns it reads, not the models: tickets that a shared staging model
    counts do not make a trait stale that never looks at them.
    """
    query: exp.Expr = traits_query(models, {}, [trait])
    query = qualify(query, dialect=DIALECT, validate_qualify_columns=False)
    query = eliminate_ctes(eliminate_joins(pushdown_projections(query)))
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    return {table.name for table in query.find_all(exp.Table)} - own


def _lineage(name: str, models: ModelSet) -> set[str]:
    """A model and all models that it reads."""
    found = {name}
    for model in reversed(models.models):
        if model.name in found:
            found.update(models.parents(model))
    return found


def _newest(
    cursor: duckdb.DuckDBPyConnection, table: str, clocks: Clocks, now: datetime
) -> datetime | None:
    wanted = (clocks.known,) if clocks.known else clocks.happened
    columns = stored(cursor).columns.get(table, {})
    times = [exp.column(name) for name in wanted if name in columns]
    if not times:
        return None
    past = [exp.Case().when(time <= exp.Placeholder(this="now"), time.copy()) for time in times]
    latest = [exp.Max(this=one) for one in past]
    value = exp.func("GREATEST", *latest) if len(latest) > 1 else latest[0]
    query = exp.select(value).from_(table).sql(DIALECT)
    ((found,),) = cursor.execute(query, {"now": now}).fetchall()
    return found if isinstance(found, datetime) else None
