"""The outbox: which intent is whose, until it has an end. One worker leases an intent at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from control.store import Store, utc
from control.tables import outbox
from core.lifecycle import IntentState

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
    """How often it was on its way to the destination before, without an answer."""


class Settled(NamedTuple):
    """What became of a leased intent. ``reason`` is a reason code, or None when it went out."""

    intent_id: str
    state: IntentState
    reason: str | None = None


def lease(store: Store, *, worker: str, now: datetime, limit: int) -> list[Intent]:
    """Take up to ``limit`` intents that are due: pending, or left behind by a worker that died."""
    moment = utc(now)
    due = sa.and_(
        outbox.c.not_before <= moment,
        sa.or_(
            outbox.c.state == IntentState.PENDING.value,
            sa.and_(_CLAIMED, outbox.c.lease_until <= moment),
        ),
    )
    columns = [outbox.c[name] for name in Intent._fields]
    query = sa.select(*columns).where(due).order_by(outbox.c.not_before, outbox.c.intent_id)
    with store.write() as connection:
        found = [Intent(*row) for row in connection.execute(query.limit(limit))]
        taken = {
            "state": IntentState.LEASED.value,
            "lease_owner": worker,
            "lease_until": moment + LEASE,
            "updated_at": moment,
        }
        ids = [intent.intent_id for intent in found]
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(ids)).values(taken))
    return found


def submit(store: Store, ids: Sequence[str], *, worker: str, now: datetime) -> frozenset[str]:
    """Mark leased intents as on their way, which is one attempt; gives those that still are ours.

    From here on nobody can tell whether the destination has them, unless it is asked.
    """
    ours = sa.and_(outbox.c.state == IntentState.LEASED.value, outbox.c.lease_owner == worker)
    values = {
        "state": IntentState.SUBMITTED.value,
        "attempts": outbox.c.attempts + 1,
        "updated_at": utc(now),
    }
    with store.write() as connection:
        query = sa.select(outbox.c.intent_id).where(ours, outbox.c.intent_id.in_(ids))
        found = frozenset(connection.execute(query).scalars())
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(found)).values(values))
    return found


def put_off(store: Store, until: Mapping[str, datetime], *, worker: str, now: datetime) -> int:
    """Give leased intents back until a later moment each, as if nobody had claimed them."""
    if not until:
        return 0
    statement = (
        outbox.update()
        .where(
            outbox.c.intent_id == sa.bindparam("id"),
            outbox.c.state == IntentState.LEASED.value,
            outbox.c.lease_owner == worker,
        )
        .values(
            state=IntentState.PENDING.value,
            not_before=sa.bindparam("until"),
            lease_owner=None,
            lease_until=None,
            updated_at=sa.bindparam("at"),
        )
    )
    rows = [{"id": one, "until": utc(moment), "at": utc(now)} for one, moment in until.items()]
    with store.write() as connection:
        return connection.execute(statement, rows).rowcount


def settle(store: Store, settled: Sequence[Settled], *, worker: str, now: datetime) -> int:
    """Write what became of claimed intents; those another worker took over meanwhile are left."""
    if not settled:
        return 0
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
    with store.write() as connection:
        return connection.execute(statement, rows).rowcount


def accepted(store: Store) -> list[Intent]:
    """What a destination took and the warehouse does not know of yet."""
    columns = [outbox.c[name] for name in Intent._fields]
    query = sa.select(*columns).where(outbox.c.state == IntentState.ACCEPTED.value)
    with store.read() as connection:
        return [Intent(*row) for row in connection.execute(query)]


def mark_delivered(store: Store, ids: Sequence[str], *, now: datetime) -> None:
    """Close intents whose message the warehouse holds."""
    values = {"state": IntentState.DELIVERED.value, "updated_at": utc(now)}
    this = sa.and_(
        outbox.c.intent_id == sa.bindparam("id"), outbox.c.state == IntentState.ACCEPTED.value
    )
    if ids:
        with store.write() as connection:
            statement = outbox.update().where(this).values(values)
            connection.execute(statement, [{"id": one} for one in ids])


def counts(store: Store) -> dict[str, int]:
    """State → how many intents are in it."""
    query = sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state)
    with store.read() as connection:
        found = {row[0]: row[1] for row in connection.execute(query)}
    return {state.value: found[state.value] for state in IntentState if state.value in found}


def not_yet_due(store: Store, *, now: datetime) -> int:
    """How many pending intents wait for the end of quiet hours."""
    waiting = sa.and_(outbox.c.state == IntentState.PENDING.value, outbox.c.not_before > utc(now))
    query = sa.select(sa.func.count()).select_from(outbox).where(waiting)
    with store.read() as connection:
        return connection.execute(query).scalar_one()
