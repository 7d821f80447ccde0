"""What a rehearsal decided so far, seen by its later days as if it had been decided in earnest.

Each day is a temporary table of its own, made in one statement; views of the
connection's own stand before ``decisions`` and ``slots`` and add them. Nothing
is written to the stored tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from sqlglot import exp

from core.reasons import REASONS
from orchestrate.engine.decided import Decided
from orchestrate.engine.staging import CODE
from orchestrate.stages import DIALECT, Stand
from warehouse.clocks.history import temporary
from warehouse.clocks.tables import stored
from warehouse.handed import handed

_SQL = Path(__file__).parent / "sql"
DECISIONS = (
    "decision_id", "cycle_id", "user_id", "decided_at", "policy_key", "policy_version",
    "action_key", "channel", "outcome", "reason_code", "ghost",
)  # fmt: skip
SLOTS = (
    "decision_id", "cycle_id", "user_id", "counts_at", "ghost", "offer_terms", "offer_from",
    "offer_until",
)  # fmt: skip


def as_stored(cursor: duckdb.DuckDBPyConnection, name: str) -> exp.Select:
    """The rows of a stored table, whatever view of the connection's own stands before it."""
    table = exp.table_(name, db="main", catalog=stored(cursor).database)
    return exp.select("*").from_(table)


class Memory:
    """The rehearsed decisions of one connection."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        real: dict[str, exp.Select],
    ) -> None:
        """``real``: what else is to be seen in ``decisions`` and ``slots``, by name."""
        self._cursor = cursor
        self._real = real
        self._days = 0
        self._show()

    def remember(self, stand: Stand, decided: list[Decided]) -> int:
        """Let later days see what was selected, ghosts included; gives how many messages."""
        rows = _joined([_granted(stand, one) for one in decided])
        query = (_SQL / "rehearsed.sql").read_text(encoding="utf-8")
        name = exp.to_identifier(f"rehearsed_{self._days}").sql(DIALECT)
        named = {"cycle_id": stand.tick.cycle_id, "as_of": stand.tick.as_of}
        with handed(self._cursor, "rehearsed_rows", rows):
            self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", named)
        self._days += 1
        self._show()
        return int((~rows["ghost"]).sum())

    def reached(self, *, by_action: bool = False) -> dict[str, int]:
        """How many users got a message: of each action, or of any under the key ``""``."""
        parts = [
            exp.select("user_id", "action_key").from_(name).where("NOT ghost")
            for name in self._tables()
        ]
        if not parts:
            return {}
        which = exp.column("action_key") if by_action else exp.Literal.string("")
        users = exp.Count(this=exp.Distinct(expressions=[exp.column("user_id")]))
        query = exp.select(exp.alias_(which, "action"), users).from_(_all(parts).subquery("sent"))
        rows = self._cursor.execute(query.group_by("action").sql(DIALECT)).fetchall()
        return {str(action): int(found) for action, found in rows}

    def _tables(self) -> list[str]:
        return [f"rehearsed_{day}" for day in range(self._days)]

    def _show(self) -> None:
        for name, columns in (("decisions", DECISIONS), ("slots", SLOTS)):
            real = exp.select(*columns).from_(self._real[name].subquery("real"))
            parts = [real, *(exp.select(*columns).from_(table) for table in self._tables())]
            self._cursor.execute(temporary(name, "VIEW", _all(parts)))


def _all(parts: list[exp.Select]) -> exp.Query:
    return parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)


def _granted(stand: Stand, one: Decided) -> dict[str, npt.NDArray[Any]]:
    rows = one.rows
    kept = np.flatnonzero((rows.reasons == CODE["SELECTED"]) | rows.ghosts)
    numbers, places = rows.numbers[kept], rows.places[kept]
    of = stand.candidates
    return {
        "user_id": one.chunk.state.users[rows.users[kept]],
        "policy_key": _named([c.policy.key for c in of], numbers),
        "policy_version": np.array([c.policy.version for c in of], np.int32)[numbers],
        "action_key": _named([c.entry.action.key for c in of], numbers),
        "channel": np.array(
            [of[n].route.channels[p] for n, p in zip(numbers, places, strict=True)], object
        ),
        "reason_code": _named([reason.code for reason in REASONS], rows.reasons[kept]),
        "ghost": rows.ghosts[kept],
        "ready": rows.ready[kept],
    }


def _named(names: list[str], numbers: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = np.array(names, object)[numbers]
    return found


def _joined(parts: list[dict[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
