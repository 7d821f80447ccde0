"""The outbox: which intent is whose, until it has an end. One worker leases an intent at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from control import holds
from control.delivery import in_force
from control.delivery_tables import dispatches
from control.store import Store, utc
from control.tables import outbox
from core.lifecycle import IntentState
from deliver.dispatches import untold

LEASE = timedelta(seconds=120)
_CLAIMED = sa.or_(
    outbox.c.state == IntentState.LEASED.value, outbox.c.state == IntentState.SUBMITTED.value
)
"""In a worker's hands: claimed, or on its way to the destination."""


class Intent(NamedTuple):
    """A message that was decided and has not gone out yet."""

    intent_id: str
    decision_id: str
    cycle_id: str
    trace_id: str
    policy_key: str
    policy_version: int
    action_key: str
    user_id: str
    channel: str
    decided_at: datetime
    expires_at: datetime
    attempts: int
    """How often it was on its way to a destination before."""


class Settled(NamedTuple):
    """What became of a leased intent. ``reason`` is a reason code, or None when it went out."""

    intent_id: str
    state: IntentState
    reason: str | None = None


def lease(
    store: Store,
    *,
    worker: str,
    now: datetime,
    limit: int,
    not_by: Collection[str] = (),
) -> list[Intent]:
    """Take up to ``limit`` intents that are due, but for those of the channels ``not_by``.

    Due is what is pending, what a worker that died left behind, and what is uncertain and to be
    looked at again.
    """
    moment = utc(now)
    with store.write() as connection:
        if holds.current(connection) is not None:
            return []
        found = _longest_due(connection, moment, limit, not_by)
        taken = {
            "state": IntentState.LEASED.value,
            "lease_owner": worker,
            "lease_until": moment + LEASE,
            "updated_at": moment,
        }
        ids = [intent.intent_id for intent in found]
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(ids)).values(taken))
    return found


def _longest_due(
    connection: sa.Connection, moment: datetime, limit: int, not_by: Collection[str]
) -> list[Intent]:
    # Each kind by itself, along the index: however many wait, few more are read than are taken.
    columns = [outbox.c[name] for name in Intent._fields]
    found: list[sa.Row[Any]] = []
    for due in _due(moment):
        query = sa.select(*columns, outbox.c.not_before).where(due, outbox.c.channel.not_in(not_by))
        found += connection.execute(query.order_by(outbox.c.not_before).limit(limit))
    found.sort(key=lambda row: (row.not_before, row.intent_id))
    return [Intent._make(row[:-1]) for row in found[:limit]]


def has_work(store: Store, *, now: datetime, not_by: Collection[str] = ()) -> bool:
    """Whether a run would find anything to do, but for the channels ``not_by``: something is due,
    or the warehouse is to be told."""
    allowed = outbox.c.channel.not_in(not_by)
    asked = [sa.select(outbox.c.intent_id).where(due, allowed) for due in _due(utc(now))]
    asked += [sa.select(dispatches.c.intent_id).where(untold())]
    with store.read() as connection:
        return any(connection.execute(one.limit(1)).first() is not None for one in asked)


def _due(moment: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    look_again = sa.exists().where(
        dispatches.c.intent_id == outbox.c.intent_id, dispatches.c.look_at <= moment
    )
    return (
        sa.and_(outbox.c.state == IntentState.PENDING.value, outbox.c.not_before <= moment),
        sa.and_(_CLAIMED, outbox.c.lease_until <= moment),
        sa.and_(outbox.c.state == IntentState.AMBIGUOUS.value, look_again),
    )


def submit(
    store: Store,
    together: Sequence[Sequence[str]],
    *,
    worker: str,
    now: datetime,
    noting: Callable[[sa.Connection, frozenset[str]], None],
    unless_changed: frozenset[tuple[str, ...]] | None = None,
    but_not: Callable[[sa.Connection], frozenset[str]] = lambda _connection: frozenset(),
) -> frozenset[str]:
    """Mark leased intents as on their way, which is one attempt; gives those that now are.

    ``together``: what leaves in one request, of which all are still ours or none leaves.
    ``noting`` writes down where they go, in the same transaction: from here on nobody can tell
    whether the destination has them, unless it is asked. ``unless_changed``: what was in force
    when they were asked about; none is submitted when something else is by now. ``but_not`` gives,
    in the same transaction, intents that may not leave after all.
    """
    ours = sa.and_(outbox.c.state == IntentState.LEASED.value, outbox.c.lease_owner == worker)
    values = {
        "state": IntentState.SUBMITTED.value,
        "attempts": outbox.c.attempts + 1,
        "lease_until": utc(now) + LEASE,
        "updated_at": utc(now),
    }
    asked = [one for ids in together for one in ids]
    with store.write() as connection:
        if unless_changed is not None and in_force(connection) != unless_changed:
            return frozenset()
        query = sa.select(outbox.c.intent_id).where(ours, outbox.c.intent_id.in_(asked))
        found = frozenset(connection.execute(query).scalars()) - but_not(connection)
        going = frozenset(one for ids in together if found.issuperset(ids) for one in ids)
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(going)).values(values))
        noting(connection, going)
    return going


def claim_back(
    connection: sa.Connection, ids: Sequence[str], *, worker: str, now: datetime
) -> None:
    """What was on its way and surely did not arrive is only claimed again, inside a write."""
    ours = sa.and_(outbox.c.state == IntentState.SUBMITTED.value, outbox.c.lease_owner == worker)
    values = {
        "state": IntentState.LEASED.value,
        "lease_until": utc(now) + LEASE,
        "updated_at": utc(now),
    }
    connection.execute(outbox.update().where(ours, outbox.c.intent_id.in_(ids)).values(values))


def put_off(
    store: Store,
    until: Mapping[str, datetime],
    *,
    worker: str,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> int:
    """Give claimed intents back until a later moment each, as if nobody had claimed them.

    ``reasons``: intent → the reason code of why it waits, where people are to see one.
    """
    if not until:
        return 0
    with store.write() as connection:
        return put_off_in(connection, until, worker=worker, now=now, reasons=reasons)


def put_off_in(
    connection: sa.Connection,
    until: Mapping[str, datetime],
    *,
    worker: str,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> int:
    """The same inside the caller's write transaction; at least one intent.

    Of which nobody can tell whether they arrived, they wait as that.
    """
    why = reasons or {}
    rows = [
        {"id": one, "until": utc(moment), "at": utc(now), "why": why.get(one)}
        for one, moment in until.items()
    ]
    uncertain = sa.exists().where(
        dispatches.c.intent_id == outbox.c.intent_id, dispatches.c.outcome == "open"
    )
    state = sa.case((uncertain, IntentState.AMBIGUOUS.value), else_=IntentState.PENDING.value)
    waits = dispatches.update().where(
        dispatches.c.intent_id == sa.bindparam("id"), dispatches.c.outcome == "open"
    )
    connection.execute(waits.values(look_at=sa.bindparam("until")), rows)
    statement = (
        outbox.update()
        .where(outbox.c.intent_id == sa.bindparam("id"), _CLAIMED, outbox.c.lease_owner == worker)
        .values(
            state=state,
            reason=sa.case((uncertain, outbox.c.reason), else_=sa.bindparam("why")),
            not_before=sa.bindparam("until"),
            lease_owner=None,
            lease_until=None,
            updated_at=sa.bindparam("at"),
        )
    )
    return connection.execute(statement, rows).rowcount


def release(store: Store, *, worker: str, now: datetime) -> int:
    """Give back what a worker claimed and did not begin to send; what is on its way stays so."""
    ours = sa.and_(outbox.c.state == IntentState.LEASED.value, outbox.c.lease_owner == worker)
    with store.write() as connection:
        ids = connection.execute(sa.select(outbox.c.intent_id).where(ours)).scalars().all()
        if not ids:
            return 0
        return put_off_in(connection, dict.fromkeys(ids, now), worker=worker, now=now)


def settle(store: Store, settled: Sequence[Settled], *, worker: str, now: datetime) -> int:
    """Write what became of claimed intents; those another worker took over meanwhile are left."""
    if not settled:
        return 0
    with store.write() as connection:
        return settle_in(connection, settled, worker=worker, now=now)


def settle_in(
    connection: sa.Connection, settled: Sequence[Settled], *, worker: str, now: datetime
) -> int:
    """The same inside the caller's write transaction; at least one intent."""
    statement = (
        outbox.update()
        .where(
            outbox.c.intent_id == sa.bindparam("id"),
            _CLAIMED,
            outbox.c.lease_owner == worker,
        )
        .values(state=sa.bindparam("to"), reason=sa.bindparam("why"), updated_at=sa.bindparam("at"))
    )
    rows = [
        {"id": one.intent_id, "to": one.state.value, "why": one.reason, "at": utc(now)}
        for one in settled
    ]
    return connection.execute(statement, rows).rowcount


def in_hand(connection: sa.Connection, ids: Collection[str], *, worker: str) -> frozenset[str]:
    """Those of some intents that are still the worker's: no claim of theirs ran out meanwhile."""
    ours = sa.and_(outbox.c.intent_id.in_(ids), _CLAIMED, outbox.c.lease_owner == worker)
    return frozenset(connection.execute(sa.select(outbox.c.intent_id).where(ours)).scalars())


def accept_late(
    connection: sa.Connection, ids: Collection[str], *, now: datetime
) -> frozenset[str]:
    """Messages that count as uncertain by now were taken after all; gives those that did."""
    uncertain = sa.and_(outbox.c.intent_id.in_(ids), outbox.c.state == IntentState.AMBIGUOUS.value)
    found = frozenset(connection.execute(sa.select(outbox.c.intent_id).where(uncertain)).scalars())
    values = {"state": IntentState.ACCEPTED.value, "reason": None, "updated_at": utc(now)}
    connection.execute(outbox.update().where(outbox.c.intent_id.in_(found)).values(values))
    return found


def counts(store: Store) -> dict[str, int]:
    """State → how many intents are in it."""
    query = sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state)
    with store.read() as connection:
        found = {row[0]: row[1] for row in connection.execute(query)}
    return {state.value: found[state.value] for state in IntentState if state.value in found}


def not_yet_due(store: Store, *, now: datetime) -> int:
    """How many pending intents wait for a later moment, such as the end of quiet hours."""
    waiting = sa.and_(outbox.c.state == IntentState.PENDING.value, outbox.c.not_before > utc(now))
    query = sa.select(sa.func.count()).select_from(outbox).where(waiting)
    with store.read() as connection:
        return connection.execute(query).scalar_one()
