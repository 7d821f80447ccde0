"""Receipts that have not done what they do: of which intent each is, and where that stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.cancellation_tables import cancellations
from control.delivery_tables import dispatches
from control.receipt_tables import receipts
from control.receipts import OPT_OUTS, Kind
from control.store import Store, utc
from control.tables import outbox
from core.lifecycle import IntentState

_MOVES = (IntentState.ACCEPTED, IntentState.DELIVERED, IntentState.BOUNCED)
"""A receipt moves an intent among these; what is uncertain was settled before."""
_OPEN = (IntentState.AMBIGUOUS, IntentState.CANCELLED, IntentState.EXPIRED)
"""Where an intent stands of which nobody could tell, or nobody would wait to be told."""
_ARRIVED = frozenset({"delivered", "opened", "clicked", "complained"})
"""What can be said of nothing but a message that is there."""
_OF_ITS_OWN = sa.or_(
    dispatches.c.destination.is_(None), dispatches.c.destination == receipts.c.destination
)
"""Of a receipt beside the dispatch of its intent: who tells is who was handed the message."""


class Waiting(NamedTuple):
    """A receipt, and what the outbox knows of its intent."""

    key: str
    destination: str
    kind: Kind
    at: datetime
    intent_id: str | None
    user_id: str | None
    """As the provider told it."""
    address: str | None
    channel: str | None
    received_at: datetime
    owner: str | None
    """Whom the message was for; None: no such intent is known, or another destination has it."""
    of_channel: str | None
    decided_at: datetime | None


class Said(NamedTuple):
    """One thing that was said of a message."""

    intent_id: str
    kind: Kind
    at: datetime
    reason: str | None


class Applied(NamedTuple):
    """A receipt that has done what it does, and whom it was about."""

    key: str
    user_id: str | None


def name_intents(store: Store, *, since: datetime | None = None) -> None:
    """Find the intents of receipts that name the message only as the provider does.

    A name that several messages share counts together with the user alone. ``since``: only of
    what was received from then on.
    """
    theirs = (
        sa.select(sa.func.min(dispatches.c.intent_id))
        .join(outbox, outbox.c.intent_id == dispatches.c.intent_id)
        .where(
            dispatches.c.provider_id == receipts.c.provider_id,
            dispatches.c.destination == receipts.c.destination,
            sa.or_(receipts.c.user_id.is_(None), outbox.c.user_id == receipts.c.user_id),
        )
        .having(sa.func.count() == 1)
        .scalar_subquery()
        .correlate(receipts)
    )
    nameless = sa.and_(
        _waits(since),
        receipts.c.intent_id.is_(None),
        receipts.c.provider_id.is_not(None),
        sa.exists().where(dispatches.c.provider_id == receipts.c.provider_id),
    )
    with store.read() as connection:
        if connection.execute(sa.select(receipts.c.key).where(nameless).limit(1)).first() is None:
            return
    with store.write() as connection:
        connection.execute(receipts.update().where(nameless).values(intent_id=theirs))


def page(
    store: Store, after: Waiting | None, *, since: datetime | None = None, limit: int
) -> list[Waiting]:
    """Receipts that wait, in the order in which they came, from after one of them on."""
    own = [receipts.c[name] for name in Waiting._fields[:9]]
    named = sa.and_(outbox.c.intent_id == receipts.c.intent_id, _OF_ITS_OWN)
    query = (
        sa.select(*own, outbox.c.user_id, outbox.c.channel, outbox.c.decided_at)
        .join(dispatches, dispatches.c.intent_id == receipts.c.intent_id, isouter=True)
        .join(outbox, named, isouter=True)
        .where(_waits(since))
        .order_by(receipts.c.received_at, receipts.c.key)
        .limit(limit)
    )
    if after is not None:
        place = sa.tuple_(receipts.c.received_at, receipts.c.key)
        query = query.where(place > sa.tuple_(sa.literal(after.received_at), sa.literal(after.key)))
    with store.read() as connection:
        return [Waiting._make(row) for row in connection.execute(query)]


def settle_uncertain(store: Store, told: Sequence[Waiting], *, now: datetime) -> int:
    """Nobody could tell whether these had arrived: whoever tells of them has them.

    They count as accepted from the first attempt on, given up or not; and so does what a person
    took for lost or a destination took back, if it is told that it arrived. Gives how many they
    were.
    """
    uncertain = _uncertain(told)
    with store.read() as connection:
        found = connection.execute(uncertain).scalars().all()
    if not found:
        return 0
    known = {"outcome": "accepted", "message": None, "look_at": None, "detail": None}
    with store.write() as connection:
        found = connection.execute(uncertain).scalars().all()
        taken = dispatches.update().where(dispatches.c.intent_id.in_(found))
        connection.execute(taken.values(known | {"accepted_at": dispatches.c.first_at}))
        values = {"state": IntentState.ACCEPTED.value, "reason": None, "updated_at": utc(now)}
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(found)).values(values))
    return len(found)


def _uncertain(told: Sequence[Waiting]) -> sa.Select[tuple[str]]:
    at_all = {one.intent_id for one in told if one.owner}
    arrived = {one.intent_id for one in told if one.owner and one.kind in _ARRIVED}
    open_ones = sa.and_(
        outbox.c.intent_id.in_(at_all),
        outbox.c.state.in_([state.value for state in _OPEN]),
        dispatches.c.outcome == "open",
    )
    taken_for_lost = sa.and_(
        outbox.c.intent_id.in_(arrived),
        outbox.c.state == IntentState.PENDING.value,
        dispatches.c.outcome.in_(("open", "clear")),
    )
    taken_back = sa.and_(
        outbox.c.intent_id.in_(arrived),
        outbox.c.state == IntentState.CANCELLED.value,
        sa.exists().where(
            cancellations.c.intent_id == outbox.c.intent_id,
            cancellations.c.state == "taken_back",
        ),
    )
    query = sa.select(outbox.c.intent_id)
    query = query.join(dispatches, dispatches.c.intent_id == outbox.c.intent_id)
    return query.where(sa.or_(open_ones, taken_for_lost, taken_back))


def said_of(store: Store, ids: Sequence[str]) -> list[Said]:
    """Everything that was ever said of the messages of these intents, but for opt-outs."""
    columns = [receipts.c[name] for name in Said._fields]
    query = (
        sa.select(*columns)
        .join(dispatches, dispatches.c.intent_id == receipts.c.intent_id, isouter=True)
        .where(receipts.c.intent_id.in_(ids), receipts.c.kind.not_in(OPT_OUTS), _OF_ITS_OWN)
    )
    with store.read() as connection:
        return [Said(*row) for row in connection.execute(query)]


def move(
    store: Store,
    stands: Mapping[str, IntentState],
    applied: Sequence[Applied],
    *,
    now: datetime,
) -> None:
    """Write where intents stand, and that these receipts have done what they do."""
    if not applied:
        return
    done = (
        receipts.update()
        .where(receipts.c.key == sa.bindparam("id"))
        .values(applied_at=utc(now), user_id=sa.bindparam("user"), address=None)
    )
    with store.write() as connection:
        for to in sorted(set(stands.values())):
            ids = [one for one, state in stands.items() if state is to]
            others = [state.value for state in _MOVES if state is not to]
            this = sa.and_(outbox.c.intent_id.in_(ids), outbox.c.state.in_(others))
            values = {"state": to.value, "updated_at": utc(now)}
            connection.execute(outbox.update().where(this).values(values))
        connection.execute(done, [{"id": one.key, "user": one.user_id} for one in applied])


def _waits(since: datetime | None) -> sa.ColumnElement[bool]:
    waits = receipts.c.applied_at.is_(None)
    return waits if since is None else sa.and_(waits, receipts.c.received_at >= utc(since))
