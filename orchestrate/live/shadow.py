"""The shadow of decisions on single users: some of them are made once more by the engine of the
cycles, from the warehouse as it still is, and held against what was told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

import duckdb
from sqlglot import exp

from control.parity import Difference
from core.moments import EPOCH, MICROSECOND
from core.reasons import REASONS
from orchestrate import stages
from orchestrate.engine.candidates import Candidate, Tick
from orchestrate.engine.decided import Decided
from orchestrate.live.contact import SELECTED
from orchestrate.live.entry import Edition, Entry
from orchestrate.live.writing import decision_id
from orchestrate.rehearsal.memory import as_stored
from warehouse.clocks.history import temporary
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.fresh_traits import FreshTraits
from warehouse.transactions import undone

RECENT = 500
"""Decisions of which some may be made once more."""
Said = tuple[str, bool, str, int | None]
"""A candidate's reason, whether it is a ghost, its channel, and when its message may go out."""


class Told(NamedTuple):
    """A decision as it was told, and by what it was made."""

    entry: Entry
    edition: Edition
    tick: Tick
    released: frozenset[str]
    """Decisions that had given their place back."""
    former: tuple[str, ...]
    """Ids that were merged into the user."""
    read_at: int
    seen: int
    """How often the warehouse had been written to."""


class Checked(NamedTuple):
    """How many decisions were made once more, and what came out otherwise."""

    decisions: int
    differences: tuple[Difference, ...]


class Shadow:
    """Remembers the last decisions, and makes some of them once more. Threads may share it."""

    def __init__(self, warehouse: DuckDBWarehouse, write_out: Callable[[], object]) -> None:
        """``write_out`` writes to the warehouse what was decided and is not there yet."""
        self._warehouse, self._write_out = warehouse, write_out
        self._recent: deque[Told] = deque(maxlen=RECENT)

    def remember(self, told: Told) -> None:
        """One more that may be made once more."""
        self._recent.append(told)

    def forget(self) -> None:
        """Let go of all of them: they name their users."""
        self._recent.clear()

    def check(self, most: int = 1) -> Checked | None:
        """Make some decisions once more, of those since which nothing was written; None when there
        are none, or when somebody may be writing at this moment."""
        known = [one for one in (*self._recent,) if one.seen == self._warehouse.changes]
        if not known:
            return None
        self._write_out()
        with self._warehouse.cursor(told=False) as cursor, undone(cursor):
            # From its first question on the transaction sees one state of the warehouse.
            cursor.execute("SELECT 1 FROM decisions LIMIT 1").fetchall()
            is_settled, seen = self._warehouse.settled, self._warehouse.changes
            same = [one for one in known if one.seen == seen]
            some = [one for one in _spread(same, most) if _is_alone(cursor, one)]
            if not is_settled or not some:
                return None
            found = [one for told in some for one in decided_again(cursor, told)]
        self._recent.clear()
        return Checked(len(some), tuple(found))


def decided_again(cursor: duckdb.DuckDBPyConnection, told: Told) -> list[Difference]:
    """What the engine decides otherwise. On a cursor inside a transaction that is undone; what
    was decided of the user from that moment on is not seen."""
    entry = told.entry
    _hide_later(cursor, told)
    FreshTraits(told.tick.catalog).see(cursor, [entry.user], EPOCH + MICROSECOND * told.read_at)
    tick = told.tick._replace(
        released=told.released,
        cycle_id=f"shadow/{entry.cycle_id}",
        as_of=EPOCH + MICROSECOND * entry.now,
        counts_later=True,
    )
    stand = stages.lay_out(cursor, tick)
    again: dict[tuple[str, str], Said] = {}
    for one in stages.decided(cursor, stand, (entry.user,)):
        again |= _said_again(one, stand.candidates)
    return [*_differences(told, again)]


def _spread(every: list[Told], most: int) -> list[Told]:
    return every[:: max(1, len(every) // most)][:most]


def _differences(told: Told, again: dict[tuple[str, str], Said]) -> Iterable[Difference]:
    first, by_key = _said(told), {_key(one): one for one in told.edition.candidates}
    for key in sorted({*first, *again}):
        one, other = first.get(key), again.get(key)
        if one != other:
            entry = told.entry
            named = decision_id(entry.cycle_id, by_key[key], entry.user)
            policy, action = key
            note = f"{policy}, {action}: told {_words(one)}, the engine decides {_words(other)}"
            yield Difference(named, note)


def _words(said: Said | None) -> str:
    if said is None:
        return "nothing"
    reason, ghost, channel, ready = said
    when = "" if ready is None else f" from {EPOCH + MICROSECOND * ready}"
    return f"{reason}{' (ghost)' if ghost else ''} on {channel}{when}"


def _said(told: Told) -> dict[tuple[str, str], Said]:
    found = {}
    for one in told.entry.decisions:
        candidate = told.edition.candidates[one.number]
        found[_key(candidate)] = _line(candidate, one.reason, one.ghost, one.place, one.ready)
    return found


def _said_again(one: Decided, candidates: tuple[Candidate, ...]) -> dict[tuple[str, str], Said]:
    rows, found = one.rows, {}
    columns = (rows.numbers, rows.reasons, rows.ghosts, rows.places, rows.ready)
    for number, reason, ghost, place, ready in zip(*(c.tolist() for c in columns), strict=True):
        candidate = candidates[number]
        found[_key(candidate)] = _line(candidate, reason, ghost, place, ready)
    return found


def _line(candidate: Candidate, reason: int, ghost: bool, place: int, ready: int) -> Said:
    code = REASONS[reason].code
    channel = candidate.entry.action.channels[max(place, 0)]
    return code, ghost, channel, ready if ghost or reason == SELECTED else None


def _key(candidate: Candidate) -> tuple[str, str]:
    return candidate.policy.key, candidate.entry.action.key


def _is_alone(cursor: duckdb.DuckDBPyConnection, told: Told) -> bool:
    """Whether nothing else was decided of the user at that very moment: of two, nobody knows which
    came first."""
    given = {"user": told.entry.user, "at": EPOCH + MICROSECOND * told.entry.now}
    query = (
        "SELECT COUNT(DISTINCT cycle_id) FROM decisions WHERE user_id = $user AND decided_at = $at"
    )
    ((cycles,),) = cursor.execute(query, given).fetchall()
    return bool(cycles <= 1)


def _hide_later(cursor: duckdb.DuckDBPyConnection, told: Told) -> None:
    """Let the cursor see nothing of what was decided of the user from that moment on."""
    users = exp.In(
        this=exp.column("user_id"),
        expressions=[exp.Literal.string(one) for one in (told.entry.user, *told.former)],
    )
    moment = exp.cast(exp.Literal.string(str(EPOCH + MICROSECOND * told.entry.now)), "timestamp")
    at = exp.column("decided_at") >= moment
    decisions = as_stored(cursor, "decisions")
    later = exp.select("decision_id").from_(decisions.subquery("d")).where(users, at)
    for name in ("decisions", "slots"):
        hidden = exp.In(this=exp.column("decision_id"), query=later.subquery()).not_()
        seen = exp.select("*").from_(as_stored(cursor, name).subquery("s")).where(hidden)
        cursor.execute(temporary(name, "VIEW", seen))
