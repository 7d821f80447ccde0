"""What a cycle leaves behind: decisions, slots, intents, and the record they were made from."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol

import duckdb
import numpy as np

from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Route, Rules, flag
from orchestrate.engine.decided import Decided
from orchestrate.engine.inputs import insert
from orchestrate.engine.rules_text import rules_document
from orchestrate.engine.staging import CODE, RUNNING, Chunk, before_eligibility
from orchestrate.engine.state import State
from orchestrate.engine.state_blob import pack_state
from orchestrate.engine.zones import Zones
from orchestrate.stages import Stand, sql
from warehouse.batch.bits import pack
from warehouse.handed import handed

UNKNOWN = "unknown:"
"""What the bits of those for whom a flag cannot be told are called, before the flag's name."""


class Cycle(Protocol):
    """What the record of a cycle names: its id, and the rules it decided by."""

    @property
    def cycle_id(self) -> str: ...

    @property
    def rules(self) -> Rules: ...


class Laid(Protocol):
    """A cycle with its candidates and the zones of its users."""

    @property
    def tick(self) -> Cycle: ...

    @property
    def candidates(self) -> tuple[Candidate, ...]: ...

    @property
    def zones(self) -> Zones: ...


def keep_rules(cursor: duckdb.DuckDBPyConnection, stand: Laid, rules: str | None = None) -> None:
    """Keep what a cycle decides by: its rules, and its candidates in their order.

    ``rules`` is their text, given by whoever has written it before.
    """
    tick = stand.tick
    rules = rules or json.dumps(rules_of_stand(stand), sort_keys=True)
    cursor.execute("INSERT INTO record_cycles VALUES (?, ?)", (tick.cycle_id, rules))
    early = _early_classes(stand)
    rows = [
        (
            tick.cycle_id, one.number, one.policy.key, one.policy.version, one.entry.action.key,
            one.entry.tier, one.population, flag("eligible", one), early[_class(one)],
        )
        for one in stand.candidates
    ]  # fmt: skip
    insert(cursor, "record_candidates", rows)


def rules_of_stand(stand: Laid) -> dict[str, Any]:
    """The rules of a cycle as plain data."""
    return rules_document(stand.tick.rules, stand.zones, _stale(stand))


def keep_chunk(cursor: duckdb.DuckDBPyConnection, stand: Stand, number: int, one: Decided) -> None:
    """Keep a chunk of users: its decisions and intents, and the state they were made from."""
    _keep_decisions(cursor, stand, one)
    keep_state(cursor, stand, number, one.chunk.state)
    keep_early(cursor, stand, number, one.chunk)


def _keep_decisions(cursor: duckdb.DuckDBPyConnection, stand: Stand, one: Decided) -> None:
    rows, tick = one.rows, stand.tick
    named = {"cycle_id": tick.cycle_id, "as_of": tick.as_of, "trace_id": tick.trace_id}
    columns: dict[str, Any] = {
        "user_id": one.chunk.state.users[rows.users],
        "number": rows.numbers,
        "reason": rows.reasons,
        "place": rows.places,
        "ghost": rows.ghosts,
    }
    _insert(cursor, "chunk_rows", columns, "decisions", named, ("cycle_id", "as_of"))
    granted = np.flatnonzero((rows.reasons == CODE["SELECTED"]) | rows.ghosts)
    columns = {name: column[granted] for name, column in columns.items()}
    columns["ready"] = rows.ready[granted]
    _insert(cursor, "granted_rows", columns, "slots", named, ("cycle_id",))
    _insert(cursor, "granted_rows", columns, "intents", named, tuple(named))


def _insert(
    cursor: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, Any],
    statement: str,
    named: dict[str, Any],
    used: tuple[str, ...],
) -> None:
    with handed(cursor, name, columns):
        cursor.execute(sql(statement), {key: named[key] for key in used})


def keep_state(cursor: duckdb.DuckDBPyConnection, stand: Laid, number: int, state: State) -> None:
    """Keep what a chunk of users brought to its decisions."""
    cycle = stand.tick.cycle_id
    roster = hashlib.sha256("\n".join(state.users.tolist()).encode()).hexdigest()
    known = cursor.execute("SELECT 1 FROM record_users WHERE roster = ? LIMIT 1", (roster,))
    if known.fetchone() is None:
        places = {"place": np.arange(state.size, dtype=np.int32), "user_id": state.users}
        with handed(cursor, "roster_rows", places):
            cursor.execute(
                "INSERT INTO record_users SELECT $roster, place, user_id FROM roster_rows",
                {"roster": roster},
            )
    chunk = (cycle, number, roster, state.size, pack_state(state))
    cursor.execute("INSERT INTO record_chunks VALUES (?, ?, ?, ?, ?)", chunk)
    sets = state.true | {f"{UNKNOWN}{name}": bits for name, bits in state.unknown.items()}
    anybody = {name: bits.tobytes() for name, bits in sets.items() if bits.any()}
    named = {"cycle_id": cycle, "chunk": number}
    columns = {
        "name": np.array([*anybody], object),
        "bits": np.array([*anybody.values()], object),
    }
    _insert(cursor, "bit_rows", columns, "bits", named, tuple(named))


def keep_early(cursor: duckdb.DuckDBPyConnection, stand: Laid, number: int, chunk: Chunk) -> None:
    """Keep which of a chunk's users each class of candidates was closed to before eligibility."""
    early, kept = _early_classes(stand), set()
    for candidate in stand.candidates:
        place = early[_class(candidate)]
        if place in kept:
            continue
        kept.add(place)
        reasons = before_eligibility(chunk, candidate)
        for code in np.unique(reasons[reasons != RUNNING]):
            bits = pack(reasons == code).tobytes()
            row = (stand.tick.cycle_id, number, place, REASONS[code].code, bits)
            cursor.execute(
                "INSERT INTO record_early VALUES (?, ?, ?, ?, CAST(CAST(? AS BLOB) AS BIT))", row
            )


def _early_classes(stand: Laid) -> dict[tuple[Route, bool, bool], int]:
    """What comes before eligibility is the same for all candidates of a class."""
    found: dict[tuple[Route, bool, bool], int] = {}
    for one in stand.candidates:
        found.setdefault(_class(one), len(found))
    return found


def _class(one: Candidate) -> tuple[Route, bool, bool]:
    return one.route, one.stale, one.killed


def _stale(stand: Laid) -> list[str]:
    return sorted({one.policy.named for one in stand.candidates if one.stale})
