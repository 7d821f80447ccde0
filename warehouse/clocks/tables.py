"""Which clocks each table has, and each table as it was known at a moment.

``sql/then/<table>.sql`` says what a canonical table held then: ``$at`` is the moment
of event time, ``$known`` the moment of knowledge. A table without a file is read as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.compile.values import moment
from warehouse.models.sources import Sources, sources_of

DIALECT = "duckdb"
_THEN = Path(__file__).parent / "sql" / "then"


class Clocks(NamedTuple):
    """The times of one table."""

    happened: tuple[str, ...]
    """When something happened to a row, the first thing first."""
    known: str | None = None
    """When we learnt of it. None: the table has one clock, and is trusted to be written at once."""
    revised: tuple[str, ...] = ()
    """Columns that are overwritten without a time: their value then is not kept."""


CLOCKS: Mapping[str, Clocks] = {
    "fct_events": Clocks(("event_time",), "received_at"),
    "fct_consent": Clocks(("effective_at",), "observed_at"),
    "fct_subscriptions": Clocks(
        ("trial_start", "started_at", "trial_end", "ended_at"), None, ("status", "is_upgrade")
    ),
    "fct_support": Clocks(("created_at", "closed_at"), None, ("status", "csat_score")),
    "fct_messages": Clocks(("sent_at", "delivered_at", "opened_at", "clicked_at")),
    "dim_users": Clocks(
        ("signup_at",), None, ("app_version", "marketing_opt_in", "email", "timezone", "country")
    ),
}
"""The canonical tables that have any clock."""


def clocks_of(sources: Sources) -> Mapping[str, Clocks]:
    """The tables that have any clock, of those that a set of models may read."""
    own = {one.table: Clocks((one.happened,), one.arrived) for one in sources.times}
    return {name: clocks for name, clocks in CLOCKS.items() if name in sources.tables} | own


class Moment(NamedTuple):
    """A moment on both clocks (naive UTC): what had happened by ``at``, as known at ``known``."""

    at: datetime
    known: datetime


class Stored(NamedTuple):
    """What a database holds: its name, and table → column → SQL type."""

    database: str
    columns: dict[str, dict[str, str]]


def stored(cursor: duckdb.DuckDBPyConnection) -> Stored:
    """The stored tables, whatever views of its own the cursor has before them."""
    rows = cursor.execute(
        """
        SELECT table_name, column_name, data_type
        FROM information_schema.columns
        WHERE table_schema = 'main' AND table_catalog = CURRENT_DATABASE()
        ORDER BY table_name, ordinal_position
        """
    ).fetchall()
    (database,) = cursor.execute("SELECT CURRENT_DATABASE()").fetchone() or ("memory",)
    columns: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        columns.setdefault(table, {})[column] = data_type
    return Stored(database, columns)


def then(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    when: Moment,
) -> Iterator[tuple[str, exp.Select]]:
    """Each table of the warehouse that had other rows at a moment, with the query that gives them.

    The queries name the stored tables in full, so that a view of the same name may
    stand before each.
    """
    database, columns = stored(cursor)
    for table, query in _queries(catalog).items():
        # A warehouse may lack a table, or have another of the same name.
        if not _columns(query) <= columns.get(table, {}).keys():
            continue
        placed = query.transform(_at, when)
        assert isinstance(placed, exp.Select)
        for source in placed.find_all(exp.Table):
            source.set("catalog", exp.to_identifier(database))
            source.set("db", exp.to_identifier("main"))
        yield table, placed


def _queries(catalog: Catalog) -> dict[str, exp.Select]:
    layout = catalog.layout
    found = {}
    if layout.users.signup is not None:
        found[layout.users.table] = _before(layout.users.table, layout.users.signup)
    if layout.events.received is not None:
        arrived = exp.func(
            "COALESCE", exp.column(layout.events.received), exp.column(layout.events.time)
        )
        events = exp.select("*").from_(layout.events.table)
        found[layout.events.table] = events.where(
            exp.column(layout.events.time) < exp.Placeholder(this="at"),
            arrived <= exp.Placeholder(this="known"),
        )
    own = {one.table: _before(one.table, one.happened) for one in sources_of(catalog).times}
    return own | found | _files()


def _before(table: str, column: str) -> exp.Select:
    unknown = exp.column(column).is_(exp.null())
    earlier = exp.column(column) < exp.Placeholder(this="at")
    return exp.select("*").from_(table).where(exp.or_(earlier, unknown))


@cache
def _files() -> dict[str, exp.Select]:
    return {path.stem: _parsed(path) for path in sorted(_THEN.glob("*.sql"))}


def _parsed(path: Path) -> exp.Select:
    tree = sqlglot.parse_one(path.read_text(encoding="utf-8"), dialect=DIALECT)
    assert isinstance(tree, exp.Select)
    return tree


def _at(node: exp.Expr, when: Moment) -> exp.Expr:
    if isinstance(node, exp.Placeholder):
        return moment(when.at if node.name == "at" else when.known)
    return node


def _columns(query: exp.Select) -> set[str]:
    return {column.name for column in query.find_all(exp.Column)}
