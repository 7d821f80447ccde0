"""The stages of a decision over one connection: read a chunk of users, decide, go on.

``engine`` holds the stages; this module drives them and lays out what was decided
as rows for those who ask in SQL.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
from sqlglot import exp

from orchestrate.engine.candidates import Candidate, Tick, asked_of, candidates_of
from orchestrate.engine.decided import Decided, decide_state, reasons_of
from orchestrate.engine.gather import Reader
from orchestrate.engine.inputs import prepare
from orchestrate.engine.zones import Zones
from orchestrate.plan import PlannedPolicy
from warehouse.batch import flags
from warehouse.catalog import Catalog
from warehouse.handed import handed

_SQL = Path(__file__).parent / "sql"
_MAKING = threading.Lock()
DIALECT = "duckdb"
CHUNK = 500_000
"""Users at a time: what bounds a cycle's memory, whatever the population."""
MANY = 250_000_000
"""Truths of users at a time: with more conditions, fewer users."""


class Stand(NamedTuple):
    """A tick laid out on one cursor, ready to decide chunk after chunk."""

    tick: Tick
    candidates: tuple[Candidate, ...]
    zones: Zones
    reader: Reader


def create_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Create what cycles write to, unless it is there.

    On a connection of its own, one after the other: two transactions that made it would be at
    odds. An open transaction that has read already does not see them: make them before it.
    """
    with _MAKING, cursor.cursor() as own:
        _make(own)
        # Only now may the cursor be asked anything: what it sees is settled by its first question.
        query = "SELECT current_setting('search_path')"
        ((where,),) = cursor.execute(query).fetchall()
        if where:
            own.execute(f"SET search_path = {exp.Literal.string(where).sql(DIALECT)}")
            _make(own)


def _make(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(sql("schema"))
    _rename_earlier_records(cursor)
    cursor.execute(sql("records"))


def _rename_earlier_records(cursor: duckdb.DuckDBPyConnection) -> None:
    """Records were a table of rows once; it stays under another name, beside the view."""
    query = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'decision_records'"
    if cursor.execute(query).fetchone():
        cursor.execute("ALTER TABLE decision_records RENAME TO earlier_decision_records")


def lay_out(cursor: duckdb.DuckDBPyConnection, tick: Tick) -> Stand:
    """Lay a tick out on a cursor, whose tables of decisions are there. Nothing but temporary
    tables is written."""
    stale = {policy.named for policy in tick.policies if _is_stale(cursor, policy, tick)}
    candidates = candidates_of(tick.rules, stale)
    zones = prepare(cursor, tick, candidates)
    return Stand(tick, candidates, zones, Reader(cursor, tick, candidates, zones))


def decided(
    cursor: duckdb.DuckDBPyConnection,
    stand: Stand,
    users: tuple[str, ...] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Decided]:
    """Decide for everybody, or for some users, a chunk at a time."""
    tick = stand.tick
    asked = asked_of(stand.candidates)
    chunk = min(chunk, MANY // max(len(asked), 1))
    told = flags(
        cursor,
        asked,
        tick.catalog,
        as_of=tick.as_of,
        audiences=tick.audiences,
        users=users,
        chunk=chunk,
    )
    for part in told:
        true, unknown = (
            {n: side[n] for n in asked if n in side} for side in (part.true, part.unknown)
        )
        state = stand.reader.read(part.users, true, unknown)
        yield decide_state(state, tick.rules, stand.candidates, stand.zones, stand.reader.lots)


def decide(
    cursor: duckdb.DuckDBPyConnection,
    tick: Tick,
    users: tuple[str, ...] | None = None,
    chunk: int = CHUNK,
) -> None:
    """Fill the temporary table ``outcome``: one row per user of a population and candidate.

    With ``users`` only those are decided on. Nothing but temporary tables is written.
    """
    stand = lay_out(cursor, tick)
    laid = [
        _laid(one, candidate)
        for one in decided(cursor, stand, users, chunk)
        for candidate in stand.candidates
    ]
    # Made whole in one statement: a table that is made empty and filled loses rows.
    empty = {name: np.zeros(0, kind) for name, kind in LAID.items()}
    joined = {name: np.concatenate([empty[name], *(one[name] for one in laid)]) for name in LAID}
    with handed(cursor, "laid", joined):
        cursor.execute(sql("outcome"))


LAID: dict[str, Any] = {
    "user_id": object,
    "number": np.int32,
    "reason": np.uint8,
    "eligible": np.bool_,
    "ghost": np.bool_,
    "place": np.int8,
    "ready": np.int64,
}


def _laid(one: Decided, candidate: Candidate) -> dict[str, npt.NDArray[Any]]:
    """Every user of a candidate's population, with what was decided."""
    who, reasons = reasons_of(one, candidate)
    state = one.chunk.state
    first, last = np.searchsorted(one.rows.numbers, [candidate.number, candidate.number + 1])
    passed = one.rows.users[first:last]
    columns: dict[str, npt.NDArray[Any]] = {
        "eligible": np.zeros(state.size, np.bool_),
        "ghost": np.zeros(state.size, np.bool_),
        "place": one.chunk.routed(candidate.route).first.copy(),
        "ready": np.zeros(state.size, np.int64),
    }
    columns["eligible"][passed] = True
    columns["ghost"][passed] = one.rows.ghosts[first:last]
    columns["place"][passed] = one.rows.places[first:last]
    columns["ready"][passed] = one.rows.ready[first:last]
    return {name: column[who] for name, column in columns.items()} | {
        "user_id": state.users[who],
        "number": np.full(who.size, candidate.number, np.int32),
        "reason": reasons,
    }


def _is_stale(cursor: duckdb.DuckDBPyConnection, policy: PlannedPolicy, tick: Tick) -> bool:
    return any(
        newest(cursor, table, tick.catalog, tick.as_of) < tick.as_of - timedelta(seconds=limit)
        for table, limit in policy.max_staleness_seconds.items()
    )


def newest(
    cursor: duckdb.DuckDBPyConnection, table: str, catalog: Catalog, as_of: datetime
) -> datetime:
    """When the newest row of a table is of, rows of a clock that is ahead left out.

    A table without times is never old; one that the catalog no longer has is as old as can be.
    """
    if table not in catalog.tables:
        return datetime.min
    column = catalog.tables[table].time_column
    if column is None:
        return datetime.max
    known = exp.column(column) <= exp.Placeholder(this="as_of")
    query = exp.select(exp.Max(this=exp.column(column))).from_(table).where(known)
    ((found,),) = cursor.execute(query.sql(DIALECT), {"as_of": as_of}).fetchall()
    return found if isinstance(found, datetime) else datetime.min


def sql(name: str) -> str:
    """A statement of this package."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
