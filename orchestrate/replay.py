"""Decide once more from the record of a cycle alone, and hold it against what was decided then.

Nothing of today is read: neither facts, nor rules, nor history. The record has the rules, the
state of the users and the places in it; the engine and its order are those of the code that runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from control.hashing import canonical
from core.assignment import bucket, in_range
from core.errors import Code, refuse
from core.moments import EPOCH
from core.reasons import BY_CODE, REASONS
from orchestrate.engine.candidates import Candidate, candidates_of
from orchestrate.engine.decided import Decided, decide_state, reasons_of
from orchestrate.engine.lots import Lot
from orchestrate.engine.rules_text import rules_of
from orchestrate.engine.staging import CODE
from orchestrate.engine.state import Bools, Places, State
from orchestrate.engine.state_blob import unpack_state
from orchestrate.engine.zones import zones_of
from orchestrate.keeping import UNKNOWN
from orchestrate.stages import create_tables, sql
from warehouse.engines.duckdb import DuckDBWarehouse


class Line(BaseModel):
    """What became of one candidate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: str
    version: int
    action: str
    stage: str
    reason_code: str
    ghost: bool
    channel: str | None
    not_before: datetime | None


class Replay(BaseModel):
    """One user's decision of a cycle, as it was kept and as the record decides it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision_id: str
    cycle_id: str
    user_id: str
    decided_at: datetime
    recorded: tuple[Line, ...]
    replayed: tuple[Line, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both are the same, byte for byte."""
        return _bytes(self.recorded) == _bytes(self.replayed)


class _Found(NamedTuple):
    cycle_id: str
    user_id: str
    decided_at: datetime
    chunk: int
    place: int
    state: bytes
    rules: str


def replay(warehouse: DuckDBWarehouse, decision_id: str) -> Replay:
    """Replay the decision on one user that a decision belongs to.

    Refuses with UNKNOWN_KEY a decision that no cycle of this warehouse made, or whose record
    was removed with its user.
    """
    with warehouse.cursor() as cursor:
        create_tables(cursor)
        found = _find(cursor, decision_id)
        recorded = cursor.execute(
            sql("recorded"), {"cycle_id": found.cycle_id, "user_id": found.user_id}
        ).fetchall()
        state = _state(cursor, found)
    return Replay(
        decision_id=decision_id,
        cycle_id=found.cycle_id,
        user_id=found.user_id,
        decided_at=found.decided_at,
        recorded=tuple(_line(*row) for row in recorded),
        replayed=_decide(json.loads(found.rules), state, found.decided_at),
    )


def _find(cursor: duckdb.DuckDBPyConnection, decision_id: str) -> _Found:
    row = cursor.execute(sql("recorded_decision"), {"decision_id": decision_id}).fetchone()
    if row is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no record of a decision '{decision_id}'.",
            span=decision_id,
            fix="Take a decision_id from the table 'decisions', of a cycle that ran here.",
        )
    return _Found(*row)


def _state(cursor: duckdb.DuckDBPyConnection, found: _Found) -> State:
    """The state of that one user."""
    query = (
        "SELECT name, get_bit(bits, $spot) = 1 FROM record_bits "
        "WHERE cycle_id = $cycle_id AND chunk = $chunk"
    )
    spot = found.place // 8 * 8 + 7 - found.place % 8
    asked = {"spot": spot, "cycle_id": found.cycle_id, "chunk": found.chunk}
    told = dict(cursor.execute(query, asked).fetchall())
    bits = {name: np.array([1 if is_in else 0], np.uint8) for name, is_in in told.items()}
    true = {name: one for name, one in bits.items() if not name.startswith(UNKNOWN)}
    unknown = {name.removeprefix(UNKNOWN): one for name, one in bits.items() if name not in true}
    users = np.array([found.user_id], object)
    return unpack_state(found.state, users, true, unknown, only=found.place)


def _decide(document: dict[str, Any], state: State, at: datetime) -> tuple[Line, ...]:
    rules, stale, zones = rules_of(document)
    # Of users who were decided on one by one each has a moment of their own.
    rules = rules._replace(as_of=at)
    candidates = candidates_of(rules, stale)
    nobody = np.zeros(1, np.uint8)
    for one in candidates:
        # What nobody was in was not kept.
        state.true.setdefault(one.population, nobody)
        for name in one.asked:
            state.true.setdefault(name, nobody)
    told = decide_state(state, rules, candidates, zones_of(rules, zones), _drawing(state))
    lines = [_told(told, one) for one in candidates]
    return tuple(
        sorted((line for line in lines if line), key=lambda line: (line.policy, line.action))
    )


def _told(told: Decided, candidate: Candidate) -> Line | None:
    who, reasons = reasons_of(told, candidate)
    if not who.size:
        return None
    rows, action = told.rows, candidate.entry.action
    mine = np.flatnonzero(rows.numbers == candidate.number)
    ghost, channel, ready = False, None, None
    if mine.size:
        (row,) = mine
        ghost = bool(rows.ghosts[row])
        channel = action.channels[max(int(rows.places[row]), 0)]
        if ghost or rows.reasons[row] == CODE["SELECTED"]:
            ready = EPOCH + np.timedelta64(int(rows.ready[row]), "us").astype(object)
    key, version = candidate.policy.key, candidate.policy.version
    return _line(key, version, action.key, REASONS[reasons[0]].code, ghost, channel, ready)


def _line(
    policy: str,
    version: int,
    action: str,
    code: str,
    ghost: bool,
    channel: str | None,
    not_before: datetime | None,
) -> Line:
    return Line(
        policy=policy,
        version=version,
        action=action,
        stage=BY_CODE[code].stage,
        reason_code=code,
        ghost=ghost,
        channel=channel,
        not_before=not_before,
    )


def _drawing(state: State) -> Any:
    def draw(users: Places, lots: npt.NDArray[np.int32], drawn: Sequence[Lot]) -> Bools:
        found = [
            any(
                in_range(bucket(drawn[lot].salt, state.users[user]), low, high)
                for low, high in drawn[lot].ranges
            )
            for user, lot in zip(users.tolist(), lots.tolist(), strict=True)
        ]
        return np.array(found, np.bool_)

    return draw


def _bytes(lines: Sequence[Line]) -> bytes:
    return canonical([line.model_dump(mode="json") for line in lines])
