"""Messages that a destination is asked to take back: who asked, what came of it, what is open.

A message stays accepted until its destination says that it took it back. What nobody could tell is
asked again until the message expires, and then stays accepted and is shown as unanswered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.cancellation_tables import cancellations
from control.delivery_tables import dispatches
from control.store import Store, insert, utc
from control.tables import outbox
from core.lifecycle import IntentState
from deliver.dispatches import plain
from deliver.waits import apart
from deliver.wire import CancelOutcome, Handed

State = Literal["waiting", "taken_back", "too_late", "unanswered"]
ASKING = timedelta(seconds=120)
"""For so long whoever asks has a message to itself; after that it died, and another one asks."""
ACCEPTED = IntentState.ACCEPTED.value
_WAITING = cancellations.c.state == "waiting"
_OPEN = cancellations.c.state.in_(("waiting", "unanswered"))
_BY_NOW = "It is {} by now."
_MAYBE_BEFORE = "An earlier request may have taken it back all the same."


class Ask(NamedTuple):
    """A message to be taken back."""

    intent_id: str
    destination: str
    reason: str
    """The reason code it is cancelled with."""
    asked_by: str


class Wanted(NamedTuple):
    """A message that its destination is asked for now."""

    intent_id: str
    destination: str
    provider_id: str | None
    attempts: int
    """How often it was asked for, this time included."""
    expires_at: datetime
    asked_by: str
    reason: str

    @property
    def handed(self) -> Handed:
        """As its destination knows it."""
        return Handed(self.intent_id, self.provider_id)


class Stands(NamedTuple):
    """What came of asking so far."""

    intent_id: str
    destination: str
    state: State
    detail: str | None
    """What the destination said last."""


def ask(connection: sa.Connection, asks: Sequence[Ask], *, now: datetime) -> None:
    """Have messages asked for from now on, inside the caller's write; once more if they were.

    What somebody may be asking for at this moment is left to them.
    """
    moment = utc(now)
    fresh = {"asked_at": moment, "state": "waiting", "ask_at": moment, "told_at": None}
    row = insert(connection, cancellations)
    again = {name: row.excluded[name] for name in (*Ask._fields, *fresh) if name != "intent_id"}
    idle = sa.or_(~_WAITING, cancellations.c.ask_at > moment + ASKING)
    statement = row.on_conflict_do_update(index_elements=["intent_id"], set_=again, where=idle)
    if asks:
        connection.execute(statement, [one._asdict() | fresh | {"attempts": 0} for one in asks])


def has_due(store: Store, destinations: Collection[str], *, now: datetime) -> bool:
    """Whether any of these destinations is to be asked, or the warehouse is to be told."""
    open_ones = sa.or_(_due(destinations, now), _untold())
    with store.read() as connection:
        query = sa.select(cancellations.c.intent_id).where(open_ones).limit(1)
        return connection.execute(query).first() is not None


def claim(
    store: Store, destinations: Collection[str], *, now: datetime, limit: int
) -> list[Wanted]:
    """Take messages to ask for; of what was told of meanwhile it is written that it is too late."""
    attempts = (cancellations.c.attempts + 1).label("attempts")
    own = [attempts if name == "attempts" else _column(name) for name in Wanted._fields]
    query = (
        sa.select(*own, outbox.c.state.label("stands"))
        .join(outbox, outbox.c.intent_id == cancellations.c.intent_id)
        .join(dispatches, dispatches.c.intent_id == cancellations.c.intent_id)
        .where(_due(destinations, now))
        .order_by(cancellations.c.ask_at, cancellations.c.intent_id)
        .limit(limit)
    )
    with store.write() as connection:
        found = connection.execute(query).all()
        late = {row.intent_id: row.stands for row in found if row.stands != ACCEPTED}
        _end(connection, {one: _BY_NOW.format(stands) for one, stands in late.items()})
        going = [Wanted(*row[:-1]) for row in found if row.intent_id not in late]
        mine = cancellations.c.intent_id.in_([one.intent_id for one in going])
        taken = {"ask_at": utc(now) + ASKING, "attempts": cancellations.c.attempts + 1}
        connection.execute(cancellations.update().where(mine).values(taken))
    return going


def settle(
    store: Store,
    outcomes: Sequence[CancelOutcome],
    wanted: Mapping[str, Wanted],
    *,
    now: datetime,
) -> None:
    """Write what came of asking: of each message, all of it or nothing."""
    if not outcomes:
        return
    with store.write() as connection:
        stands = _still_mine(connection, [wanted[one.intent_id] for one in outcomes])
        told = [
            _unless_late(one, stands[one.intent_id]) for one in outcomes if one.intent_id in stands
        ]
        back = [one.intent_id for one in told if one.result == "taken_back"]
        _take_back(connection, [wanted[one] for one in back], now)
        for one in told:
            _write(connection, one, wanted[one.intent_id], now)


def put_off(store: Store, until: Mapping[str, datetime]) -> None:
    """What was claimed and not asked for is asked for later, as if nobody had claimed it."""
    rows = [{"id": one, "at": utc(moment)} for one, moment in until.items()]
    this = sa.and_(cancellations.c.intent_id == sa.bindparam("id"), _WAITING)
    values = {"ask_at": sa.bindparam("at"), "attempts": cancellations.c.attempts - 1}
    if rows:
        with store.write() as connection:
            connection.execute(cancellations.update().where(this).values(values), rows)


def standing(store: Store, ids: Collection[str]) -> list[Stands]:
    """What came of asking for some messages; nothing of those that were not asked for."""
    columns = [cancellations.c[name] for name in Stands._fields]
    query = sa.select(*columns).where(cancellations.c.intent_id.in_(ids))
    with store.read() as connection:
        rows = connection.execute(query.order_by(cancellations.c.intent_id))
        return [Stands(*row) for row in rows]


def open_ones(store: Store, *, limit: int) -> list[Stands]:
    """Messages of which their destination did not say whether it took them back, oldest first."""
    columns = [cancellations.c[name] for name in Stands._fields]
    query = sa.select(*columns).where(_OPEN)
    query = query.order_by(cancellations.c.asked_at, cancellations.c.intent_id).limit(limit)
    with store.read() as connection:
        return [Stands(*row) for row in connection.execute(query)]


def counts(store: Store) -> dict[str, int]:
    """Destination → how many messages it did not say of whether it took them back."""
    query = sa.select(cancellations.c.destination, sa.func.count()).where(_OPEN)
    query = query.group_by(cancellations.c.destination).order_by(cancellations.c.destination)
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def untold(store: Store) -> list[str]:
    """Messages that were taken back, of which the warehouse is still to be told."""
    with store.read() as connection:
        query = sa.select(cancellations.c.intent_id).where(_untold())
        return list(connection.execute(query).scalars())


def note_told(store: Store, ids: Iterable[str], *, now: datetime) -> None:
    """The warehouse knows of these."""
    this = cancellations.c.intent_id == sa.bindparam("id")
    rows = [{"id": one} for one in ids]
    if rows:
        with store.write() as connection:
            connection.execute(cancellations.update().where(this).values(told_at=utc(now)), rows)


def _column(name: str) -> sa.Column[object]:
    tables = (cancellations, outbox, dispatches)
    return next(table.c[name] for table in tables if name in table.c)


def _due(destinations: Collection[str], now: datetime) -> sa.ColumnElement[bool]:
    able = cancellations.c.destination.in_(destinations)
    return sa.and_(_WAITING, able, cancellations.c.ask_at <= utc(now))


def _untold() -> sa.ColumnElement[bool]:
    return sa.and_(cancellations.c.state == "taken_back", cancellations.c.told_at.is_(None))


def _still_mine(connection: sa.Connection, wanted: Sequence[Wanted]) -> dict[str, str]:
    """Those that nobody else asked for meanwhile → where their messages stand."""
    attempts = {one.intent_id: one.attempts for one in wanted}
    query = sa.select(cancellations.c.intent_id, cancellations.c.attempts, outbox.c.state)
    query = query.join(outbox, outbox.c.intent_id == cancellations.c.intent_id)
    query = query.where(_WAITING, cancellations.c.intent_id.in_(attempts))
    rows = connection.execute(query)
    return {row[0]: row[2] for row in rows if row[1] == attempts[row[0]]}


def _unless_late(told: CancelOutcome, stands: str) -> CancelOutcome:
    """A receipt may have been quicker: what arrived stays where it is."""
    if stands == ACCEPTED:
        return told
    return CancelOutcome(told.intent_id, "too_late", _BY_NOW.format(stands))


def _take_back(connection: sa.Connection, back: Sequence[Wanted], now: datetime) -> None:
    row = outbox.update().where(outbox.c.intent_id == sa.bindparam("id"))
    values = {"state": IntentState.CANCELLED.value, "reason": sa.bindparam("why")}
    rows = [{"id": one.intent_id, "why": one.reason} for one in back]
    gone = dispatches.update().where(dispatches.c.intent_id.in_([one.intent_id for one in back]))
    if rows:
        connection.execute(row.values(values | {"updated_at": utc(now)}), rows)
        # It surely is not there any more, unless a receipt tells of it all the same.
        connection.execute(gone.values(outcome="clear", accepted_at=None, look_at=None))


def _write(connection: sa.Connection, told: CancelOutcome, wanted: Wanted, now: datetime) -> None:
    state, detail = _state(told, wanted, now), plain(told.reason or "")
    if state == "too_late" and wanted.attempts > 1:
        detail = f"{detail} {_MAYBE_BEFORE}"
    seconds = None if told.seconds is None else timedelta(seconds=told.seconds)
    later = utc(now) + (seconds or apart(told.intent_id, wanted.attempts))
    values = {"state": state, "detail": detail or None, "ask_at": later}
    this = cancellations.c.intent_id == told.intent_id
    connection.execute(cancellations.update().where(this).values(values))
    if state != "waiting":
        what = "message taken back" if state == "taken_back" else "message not taken back"
        append(connection, Act(now, wanted.asked_by, what, told.intent_id, note=detail))


def _state(told: CancelOutcome, wanted: Wanted, now: datetime) -> State:
    if told.result != "uncertain":
        return told.result
    return "waiting" if utc(now) < wanted.expires_at else "unanswered"


def _end(connection: sa.Connection, late: Mapping[str, str]) -> None:
    this = cancellations.c.intent_id == sa.bindparam("id")
    values = {"state": "too_late", "detail": sa.bindparam("why")}
    rows = [{"id": one, "why": why} for one, why in late.items()]
    if rows:
        connection.execute(cancellations.update().where(this).values(values), rows)
