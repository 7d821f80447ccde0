"""The past in which staging is in force: what is read of decisions, messages and slots.

Real decisions and messages are in that past, so that staging never gives a user more than
they may get beside what was really sent. Two things are not: what live rules decided at the
very moment that staging decides on itself, and what they decided in place of a staged rule since
it was staged. Of a journey that is what it decided for runs that began since: those from before
stay with the live version, as they would. What staging granted is in no past but its own.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp, parse_one

from orchestrate.journeys.offers import offer
from orchestrate.staged.side import LIVE, SCHEMA
from orchestrate.staged.world import World
from warehouse.catalog import Catalog
from warehouse.clocks.history import temporary
from warehouse.clocks.past import Past
from warehouse.clocks.tables import stored, then
from warehouse.engines.duckdb import DIALECT

MESSAGES = "fct_messages"
PAST = ("decisions", "slots")
"""What staging writes too: its past is shown only while it is read."""
_SQL = Path(__file__).parent / "sql"


def see_messages(
    cursor: duckdb.DuckDBPyConnection, world: World, catalog: Catalog, past: Past | None
) -> None:
    """Let a cursor see the messages of staging's past, until it is closed or rolls back."""
    database = stored(cursor).database
    _lay_keys(cursor, world)
    rows = dict(then(cursor, catalog, past.when)).get(MESSAGES) if past else None
    seen = rows or _live(MESSAGES, database)
    query = _placed("messages", database, world, seen=seen)
    cursor.execute(temporary(MESSAGES, "VIEW", query))


def see_letters(cursor: duckdb.DuckDBPyConnection, world: World, catalog: Catalog) -> None:
    """``see_messages``, with the letters of staging as if they had been sent."""
    database = stored(cursor).database
    _lay_keys(cursor, world)
    really = _placed("messages", database, world, seen=_live(MESSAGES, database))
    letters = _placed("written", database, world)
    both = exp.Union(this=really, expression=letters, distinct=False, by_name=True)
    cursor.execute(temporary(MESSAGES, "VIEW", both))


def see_decided(
    cursor: duckdb.DuckDBPyConnection, world: World, catalog: Catalog, past: Past | None
) -> None:
    """Let a cursor see all of staging's past, and what its runs have due; not to be committed."""
    see_messages(cursor, world, catalog, past)
    offer(cursor, world.waiting, world.tick.as_of)
    show_past(cursor, world)


def show_past(cursor: duckdb.DuckDBPyConnection, world: World) -> None:
    """Let what is read of ``decisions`` and ``slots`` be staging's past."""
    database = stored(cursor).database
    for name in PAST:
        cursor.execute(temporary(name, "VIEW", _placed(name, database, world)))


def hide_past(cursor: duckdb.DuckDBPyConnection) -> None:
    """Let ``decisions`` and ``slots`` be staging's own tables again."""
    for name in PAST:
        cursor.execute(f"DROP VIEW temp.{exp.to_identifier(name).sql(DIALECT)}")


def _lay_keys(cursor: duckdb.DuckDBPyConnection, world: World) -> None:
    """What is decided on, and since when staging stands for it, as a table of the cursor's own."""
    keys = [(key, world.staged.get(key)) for key in {key for key, _ in world.versions}]
    keys += [(name, world.staged[one.key]) for name, one in world.journeys.items()]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE keys_decided (policy_key VARCHAR, since TIMESTAMP)"
    )
    cursor.executemany("INSERT INTO keys_decided VALUES (?, ?)", keys)
    cursor.execute("CREATE OR REPLACE TEMP TABLE runs_replaced (run_id VARCHAR)")
    cursor.execute("INSERT INTO runs_replaced SELECT unnest($runs)", {"runs": [*world.replaced]})
    database = stored(cursor).database
    replaced = _placed("replaced", database, world)
    cursor.execute(temporary("decisions_replaced", "TABLE", replaced))


def _placed(name: str, database: str, world: World, seen: exp.Select | None = None) -> exp.Query:
    """A query of this package with its tables named in full and its moment put in."""
    query = parse_one((_SQL / f"{name}.sql").read_text(encoding="utf-8"), dialect=DIALECT)

    def place(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return exp.Literal.string(world.live_cycle)
        if isinstance(node, exp.Table) and node.db in ("live", "own"):
            schema = LIVE if node.db == "live" else SCHEMA
            placed = _stored(node.name, schema, database)
            return placed.as_(node.alias) if node.alias else placed
        if seen is not None and isinstance(node, exp.Table) and node.name == "seen":
            return seen.subquery(node.alias or "seen")
        return node

    placed = query.transform(place)
    assert isinstance(placed, exp.Query)
    return placed


def _live(name: str, database: str) -> exp.Select:
    return exp.select("*").from_(_stored(name, LIVE, database))


def _stored(name: str, schema: str, database: str) -> exp.Table:
    return exp.table_(name, db=schema, catalog=database)
