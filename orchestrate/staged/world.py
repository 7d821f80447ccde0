"""What staging decides with: the rulebook as it would be, and a past in which it is in force.

Real decisions and messages are in that past, so that staging never gives a user more than
they may get beside what was really sent. Two things are not: what live rules decided at the
very moment that staging decides on itself, and what they decided in place of a staged rule since
it was staged. What staging granted is in no past but its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp, parse_one

from control import canaries, staging
from control.hashing import canonical
from control.staging import Staged
from control.store import Store
from control.versions import Version
from core.conditions import And, Condition
from core.rules import EligibilityRule
from orchestrate.cycle import plan_tick
from orchestrate.engine.candidates import Tick
from orchestrate.plan import planned
from orchestrate.staged.side import LIVE, SCHEMA
from warehouse.catalog import Catalog
from warehouse.clocks.history import temporary
from warehouse.clocks.past import Past
from warehouse.clocks.tables import stored, then
from warehouse.compile import Audiences
from warehouse.engines.duckdb import DIALECT

MESSAGES = "fct_messages"
PAST = ("decisions", "slots")
"""What staging writes too: its past is shown only while it is read."""
_SQL = Path(__file__).parent / "sql"


class World(NamedTuple):
    """A tick of staging, and what of the real past it does not see."""

    tick: Tick
    versions: dict[tuple[str, int], Version]
    """Every rule that it decides with, by key and version."""
    staged: dict[str, datetime]
    """The keys that staging stands for → since which moment of the data."""
    live_cycle: str
    """The cycle of the live rules at the same moment."""


def world_of(
    store: Store,
    catalog: Catalog,
    *,
    as_of: datetime,
    trace_id: str | None = None,
    released: frozenset[str] = frozenset(),
) -> World | None:
    """The rulebook with everything that is tried in its place; None when nothing is tried.

    ``released``: decisions of staging whose message was stopped.
    """
    there = staging.tried(store)
    if not there:
        return None
    live = plan_tick(store, catalog, as_of=as_of)
    rules = _together(canaries.in_force(store), there)
    cycle_id = _cycle_id(as_of, rules, there)
    tick = live._replace(
        cycle_id=cycle_id,
        trace_id=f"{staging.CYCLE}{trace_id}" if trace_id else cycle_id,
        policies=planned(rules),
        audiences=_audiences(live.audiences, there),
        released=live.released | released,
        counts_later=True,
    )
    since = {one.key: one.since for one in there}
    return World(tick, {(one.key, one.version): one for one in rules}, since, live.cycle_id)


def see_messages(
    cursor: duckdb.DuckDBPyConnection, world: World, catalog: Catalog, past: Past | None
) -> None:
    """Let a cursor see the messages of staging's past, until it is closed or rolls back."""
    database = stored(cursor).database
    _lay_keys(cursor, world)
    rows = dict(then(cursor, catalog, past.when)).get(MESSAGES) if past else None
    seen = rows or exp.select("*").from_(_stored(MESSAGES, LIVE, database))
    query = _placed("messages", database, world, seen=seen)
    cursor.execute(temporary(MESSAGES, "VIEW", query))


def see_past(
    cursor: duckdb.DuckDBPyConnection, world: World, catalog: Catalog, past: Past | None
) -> None:
    """Let a cursor that writes nothing see all of staging's past."""
    see_messages(cursor, world, catalog, past)
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


def _cycle_id(as_of: datetime, rules: Sequence[Version], there: Sequence[Staged]) -> str:
    rulebook = [[one.key, one.version, one.content_hash] for one in rules]
    since = [[one.key, one.since.isoformat()] for one in there]
    named = canonical([as_of.isoformat(), rulebook, since]).decode()
    return f"{staging.CYCLE}{uuid.uuid5(uuid.NAMESPACE_URL, named)}"


def _lay_keys(cursor: duckdb.DuckDBPyConnection, world: World) -> None:
    """What is decided on, and since when staging stands for it, as a table of the cursor's own."""
    keys = [(key, world.staged.get(key)) for key in {key for key, _ in world.versions}]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE keys_decided (policy_key VARCHAR, since TIMESTAMP)"
    )
    cursor.executemany("INSERT INTO keys_decided VALUES (?, ?)", keys)


def _together(live: Sequence[Version], there: Sequence[Staged]) -> list[Version]:
    tried = {one.key: one.as_version for one in there}
    # A key with a canary is live twice; what is tried takes the place of both.
    kept = [one for one in live if one.key not in tried]
    return sorted((*kept, *tried.values()), key=lambda one: (one.key, -one.version))


def _audiences(published: Audiences, there: Sequence[Staged]) -> Audiences:
    """Named audiences as they would be, were everything in staging live."""
    tried = {one.key: one.as_version for one in there}

    def resolve(key: str, number: int | None) -> Condition | None:
        one = tried.get(key)
        if one is None or number not in (None, one.version):
            return published(key, number)
        rule = one.artifact
        if not isinstance(rule, EligibilityRule):
            return None
        return And(of=(rule.population, rule.condition))

    return resolve


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


def _stored(name: str, schema: str, database: str) -> exp.Table:
    return exp.table_(name, db=schema, catalog=database)
