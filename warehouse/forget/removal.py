"""Takes one person out of every table: rows about them go, mentions elsewhere are cut out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from core.identifiers import Traces, bordered
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.forget.columns import Known, known_tables

_SQL = Path(__file__).parent / "sql"
_RECOUNTED = {"raw_events": "recount_stored", "dead_letters": "recount_dead_letters"}


class Shared(NamedTuple):
    """A device that is, or was, another person's too: only what nobody signed in for is this one's,
    from ``start`` to before ``end``."""

    anonymous_id: str
    start: datetime | None
    end: datetime | None


class Removed(NamedTuple):
    """Rows gone and texts changed, by table."""

    rows: dict[str, int]
    texts: dict[str, int]


def lines_of(
    warehouse: DuckDBWarehouse, catalog: Catalog, traces: Traces, shared: Sequence[Shared]
) -> frozenset[int]:
    """The numbers of the lines of the raw log from which rows of the person were loaded."""
    numbers: set[int] = set()
    with warehouse.cursor() as cursor:
        _lay_out(cursor, traces, shared)
        for known in known_tables(cursor, catalog):
            if known.name in _RECOUNTED:
                query = exp.select("seq").from_(_table(known)).where(_theirs(known, traces))
                cursor.execute(query.sql(DIALECT, identify=True))
                numbers |= {row[0] for row in cursor.fetchall() if row[0] is not None}
    return frozenset(numbers)


def remove(
    warehouse: DuckDBWarehouse, catalog: Catalog, traces: Traces, shared: Sequence[Shared]
) -> Removed:
    """Remove a person from the whole warehouse in one transaction."""
    rows: dict[str, int] = {}
    texts: dict[str, int] = {}
    with warehouse.transaction() as cursor:
        _lay_out(cursor, traces, shared)
        for known in known_tables(cursor, catalog):
            theirs = _theirs(known, traces)
            if known.name in _RECOUNTED:
                _recount(cursor, known, theirs)
            rows[known.name] = _number(cursor, exp.delete(_table(known), where=theirs))
            texts[known.name] = sum(
                _number(cursor, _cut_out(known, column, traces)) for column in known.texts
            )
    return Removed(_some(rows), _some(texts))


def mentions(warehouse: DuckDBWarehouse, catalog: Catalog, traces: Traces) -> dict[str, int]:
    """Rows that still know the person, by table: what a receipt is proved by."""
    found = {}
    with warehouse.cursor() as cursor:
        _lay_out(cursor, traces, ())
        for known in known_tables(cursor, catalog):
            whole = [_is_one(column) for column in known.identifying]
            columns = (*known.identifying, *known.texts, *known.nested)
            anywhere = exp.or_(*whole, *(_mentions(column, traces) for column in columns))
            query = exp.select(exp.Count(this=exp.Star())).from_(_table(known)).where(anywhere)
            found[known.name] = _number(cursor, query)
    return _some(found)


def _lay_out(cursor: duckdb.DuckDBPyConnection, traces: Traces, shared: Sequence[Shared]) -> None:
    cursor.execute(_sql("forgotten"), {"ids": [*traces.identifiers]})
    cursor.execute(
        _sql("windows"),
        {
            "devices": [one.anonymous_id for one in shared],
            "starts": [one.start for one in shared],
            "ends": [one.end for one in shared],
        },
    )


def _recount(cursor: duckdb.DuckDBPyConnection, known: Known, theirs: exp.Expr) -> None:
    """What was stored or a dead letter is suppressed from here on: the ledger still balances."""
    tables = cursor.execute(_sql("ledger")).fetchone()
    if not tables or not tables[0]:
        return
    lines = exp.select("seq").from_(_table(known)).where(theirs.copy())
    made = exp.Create(
        this=exp.to_table("forgotten_lines"),
        kind="TABLE",
        replace=True,
        expression=lines,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(made.sql(DIALECT, identify=True))
    cursor.execute(_sql(_RECOUNTED[known.name]))


# What is theirs.


def _theirs(known: Known, traces: Traces) -> exp.Expr:
    """Rows about the person; a list or an object that mentions them cannot be mended."""
    conditions = [_is_one(column) for column in known.identifying]
    conditions += [_mentions(column, traces) for column in known.nested]
    if {"anonymous_id", "user_id"} <= {*known.identifying} and "event_time" in known.columns:
        conditions.append(_condition("within_windows"))
    if known.name == "dead_letters":
        conditions.append(_condition("refused"))
        no_object = exp.func("JSON_TYPE", exp.column("body")).neq(exp.Literal.string("OBJECT"))
        conditions.append(exp.and_(no_object, _mentions("body", traces)))
    return exp.or_(*conditions) if conditions else exp.false()


def _is_one(column: str) -> exp.Expr:
    """An identifier itself; e-mail addresses are the same in any case."""
    ids = exp.select("id").from_("forgotten")
    value = exp.column(column)
    address = exp.func("CONTAINS", value.copy(), exp.Literal.string("@"))
    lower = exp.Lower(this=value.copy()).isin(query=ids.copy())
    return exp.or_(value.isin(query=ids), exp.and_(address, lower))


def _mentions(column: str, traces: Traces) -> exp.Expr:
    text = exp.cast(exp.column(column), "VARCHAR")
    patterns = (bordered(traces.expression), traces.quoted, traces.embedded)
    looked_for = exp.Literal.string("|".join(patterns))
    return exp.Anonymous(this="REGEXP_MATCHES", expressions=[text, looked_for])


def _cut_out(known: Known, column: str, traces: Traces) -> exp.Update:
    """Without every mention; twice, because neighbours share what stands between them."""
    text: exp.Expr = exp.cast(exp.column(column), "VARCHAR")
    for _ in range(2):
        text = _replaced(text, bordered(traces.expression), r"\1\3")
    text = _replaced(text, traces.quoted, '""')
    text = _replaced(text, traces.embedded, "")
    return exp.Update(
        this=_table(known),
        expressions=[exp.EQ(this=exp.column(column), expression=text)],
        where=exp.Where(this=_mentions(column, traces)),
    )


def _replaced(text: exp.Expr, pattern: str, word: str) -> exp.Expr:
    arguments = [exp.Literal.string(one) for one in (pattern, word, "g")]
    return exp.Anonymous(this="REGEXP_REPLACE", expressions=[text, *arguments])


def _table(known: Known) -> exp.Table:
    return exp.table_(known.table, db=known.schema)


def _condition(name: str) -> exp.Expr:
    return exp.condition(_sql(name), dialect=DIALECT)


def _number(cursor: duckdb.DuckDBPyConnection, statement: exp.Expr) -> int:
    row = cursor.execute(statement.sql(DIALECT, identify=True)).fetchone()
    return int(row[0]) if row else 0


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
