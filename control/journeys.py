"""Runs of journeys in the control store: read in bulk, written together, never twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.journey_tables import journey_members, journey_runs, journey_ticks
from control.store import Store, insert
from control.tables import outbox
from core.lifecycle import IntentState

CHUNK = 2_000
NEVER_SENT = (IntentState.REJECTED, IntentState.EXPIRED, IntentState.CANCELLED)
COLUMNS = tuple(journey_runs.c.keys())
"""A run as a row, in this order."""
EARLIER = ("run_id", "user_id", "entry_key", "entered_at", "exited_at")
Row = tuple[object, ...]


class TickState(NamedTuple):
    """How far a journey was looked at."""

    journey_key: str
    ticked_at: datetime | None = None
    since: datetime | None = None
    """From when on events count for entry."""
    paused_at: datetime | None = None
    backfill: bool = False


class Ended(NamedTuple):
    """A message that will never be sent. Times are naive UTC."""

    intent_id: str
    reason: str | None
    at: datetime


class Changes(NamedTuple):
    """What one tick changes: rows in the order of COLUMNS, members as (journey, user)."""

    started: Sequence[Row]
    moved: Sequence[Row]
    joined: Sequence[tuple[str, str]]
    left: Sequence[tuple[str, str]]
    ticked: Sequence[TickState]


def ticks(store: Store) -> dict[str, TickState]:
    """Journey key → how far it was looked at."""
    with store.read() as connection:
        return {
            row.journey_key: TickState(*row) for row in connection.execute(journey_ticks.select())
        }


def active(store: Store, keys: Sequence[str]) -> Iterator[list[Row]]:
    """The runs under way of some journeys, in chunks."""
    query = journey_runs.select().where(
        journey_runs.c.exit_reason.is_(None), journey_runs.c.journey_key.in_(keys)
    )
    yield from _chunks(store, query)


def due(store: Store, at: datetime, *, user: str | None = None) -> Iterator[list[Row]]:
    """The runs whose message asks for its turn at a moment, of one user or of all, in chunks."""
    query = journey_runs.select().where(
        journey_runs.c.exit_reason.is_(None),
        journey_runs.c.phase == "due",
        journey_runs.c.step_at <= at,
    )
    if user is not None:
        query = query.where(journey_runs.c.user_id == user)
    yield from _chunks(store, query)


def earlier(
    store: Store, key: str, users: Sequence[str], *, before: datetime | None = None
) -> list[Row]:
    """What some users did in a journey before, in the order of EARLIER; with ``before`` only the
    runs that began before that moment."""
    found: list[Row] = []
    columns = [journey_runs.c[name] for name in EARLIER]
    with store.read() as connection:
        for start in range(0, len(users), CHUNK):
            theirs = journey_runs.c.user_id.in_(users[start : start + CHUNK])
            query = sa.select(*columns).where(journey_runs.c.journey_key == key, theirs)
            if before is not None:
                query = query.where(journey_runs.c.entered_at < before)
            found += [tuple(row) for row in connection.execute(query)]
    return found


def entered_since(store: Store, key: str, since: datetime) -> Iterator[list[Row]]:
    """The runs of a journey that began at a moment or later, as (run id, user), in chunks."""
    this = sa.and_(journey_runs.c.journey_key == key, journey_runs.c.entered_at >= since)
    yield from _chunks(store, sa.select(journey_runs.c.run_id, journey_runs.c.user_id).where(this))


def members(store: Store, key: str) -> Iterator[list[Row]]:
    """Who belonged to a journey's entry audience at the last look, in chunks."""
    this = journey_members.c.journey_key == key
    yield from _chunks(store, sa.select(journey_members.c.user_id).where(this))


def never_sent(store: Store) -> list[Ended]:
    """The messages of runs under way that were chosen and then stopped before sending."""
    query = (
        sa.select(outbox.c.intent_id, outbox.c.reason, outbox.c.updated_at)
        .join(journey_runs, journey_runs.c.intent_id == outbox.c.intent_id)
        .where(
            journey_runs.c.exit_reason.is_(None),
            journey_runs.c.phase == "sending",
            outbox.c.state.in_([state.value for state in NEVER_SENT]),
        )
    )
    with store.read() as connection:
        return [Ended(*row) for row in connection.execute(query)]


def write(store: Store, changes: Changes, *, before: dict[str, TickState], now: datetime) -> bool:
    """Write a tick whole; False, and nothing, when another tick went through meanwhile.

    Messages of runs that ended do not go out any more, unless they are being sent right now.
    """
    with store.write() as connection:
        if not _still(connection, changes.ticked, before):
            return False
        _insert(connection, journey_runs, COLUMNS, changes.started)
        _insert(connection, journey_members, ("journey_key", "user_id"), changes.joined)
        _update_runs(connection, changes.moved)
        _forget_members(connection, changes.left)
        _cancel(connection, changes.moved, now)
        for state in changes.ticked:
            _set_tick(connection, state)
        return True


def mark_paused(connection: sa.Connection, key: str, now: datetime) -> None:
    """From now on nobody enters; said once, until the journey is looked at after its pause."""
    state = _tick(connection, key) or TickState(key)
    if state.paused_at is None:
        _set_tick(connection, state._replace(paused_at=now, backfill=False))


def choose_backfill(store: Store, key: str, *, enter: bool) -> None:
    """Whether those who qualified while the journey was paused enter after all."""
    with store.write() as connection:
        state = _tick(connection, key) or TickState(key)
        _set_tick(connection, state._replace(backfill=enter))


def migrate(
    connection: sa.Connection, key: str, version: int, moves: Sequence[tuple[int, str, str]]
) -> int:
    """Put runs under way on another version: (from version, at step, to step) each; counts them."""
    moved = 0
    for old, at, to in moves:
        this = sa.and_(
            journey_runs.c.journey_key == key,
            journey_runs.c.version == old,
            journey_runs.c.step == at,
            journey_runs.c.exit_reason.is_(None),
        )
        statement = journey_runs.update().where(this).values(version=version, step=to)
        moved += connection.execute(statement).rowcount
    return moved


Count = tuple[str, int, str, str | None, int]
"""Journey, version, step, exit reason or None, runs."""


def counts(store: Store, *, active_only: bool = False) -> list[Count]:
    """How many runs are where, ordered."""
    columns = [journey_runs.c[name] for name in ("journey_key", "version", "step", "exit_reason")]
    query = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
    if active_only:
        query = query.where(journey_runs.c.exit_reason.is_(None))
    with store.read() as connection:
        return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]


def listed(store: Store, key: str, *, user: str | None, limit: int) -> list[dict[str, object]]:
    """Runs of a journey, newest entry first."""
    query = journey_runs.select().where(journey_runs.c.journey_key == key)
    if user is not None:
        query = query.where(
            sa.or_(journey_runs.c.user_id == user, journey_runs.c.entered_as == user)
        )
    query = query.order_by(journey_runs.c.entered_at.desc(), journey_runs.c.run_id).limit(limit)
    with store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _chunks(store: Store, query: sa.Select[tuple[object, ...]]) -> Iterator[list[Row]]:
    with store.read() as connection:
        result = connection.execute(query)
        while rows := result.fetchmany(50_000):
            yield [tuple(row) for row in rows]


def _still(
    connection: sa.Connection, ticked: Sequence[TickState], before: dict[str, TickState]
) -> bool:
    return all(_tick(connection, one.journey_key) == before.get(one.journey_key) for one in ticked)


def _insert(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Row]
) -> None:
    if rows:
        values = [dict(zip(names, row, strict=True)) for row in rows]
        connection.execute(insert(connection, table).on_conflict_do_nothing(), values)


def _update_runs(connection: sa.Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    changing = [name for name in COLUMNS if name not in ("run_id", "version")]
    statement = (
        journey_runs.update()
        .where(
            journey_runs.c.run_id == sa.bindparam("b_run_id"),
            # Who was put on another version meanwhile goes on from there at the next look.
            journey_runs.c.version == sa.bindparam("b_version"),
        )
        .values({name: sa.bindparam(f"b_{name}") for name in changing})
    )
    names = [f"b_{name}" for name in COLUMNS]
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def _forget_members(connection: sa.Connection, left: Sequence[tuple[str, str]]) -> None:
    if left:
        this = sa.and_(
            journey_members.c.journey_key == sa.bindparam("key"),
            journey_members.c.user_id == sa.bindparam("user"),
        )
        rows = [{"key": key, "user": user} for key, user in left]
        connection.execute(journey_members.delete().where(this), rows)


def _cancel(connection: sa.Connection, rows: Sequence[Row], now: datetime) -> None:
    place = COLUMNS.index
    ended = [
        row[place("intent_id")]
        for row in rows
        if row[place("exit_reason")] is not None and row[place("phase")] == "sending"
    ]
    statement = (
        outbox.update()
        .where(
            outbox.c.intent_id == sa.bindparam("id"), outbox.c.state == IntentState.PENDING.value
        )
        .values(state=IntentState.CANCELLED.value, reason="STOPPED", updated_at=now)
    )
    if ended:
        connection.execute(statement, [{"id": one} for one in ended])


def _tick(connection: sa.Connection, key: str) -> TickState | None:
    query = journey_ticks.select().where(journey_ticks.c.journey_key == key)
    found = connection.execute(query).first()
    return TickState(*found) if found else None


def _set_tick(connection: sa.Connection, state: TickState) -> None:
    this = journey_ticks.c.journey_key == state.journey_key
    values = state._asdict()
    if not connection.execute(journey_ticks.update().where(this).values(values)).rowcount:
        connection.execute(journey_ticks.insert().values(values))
