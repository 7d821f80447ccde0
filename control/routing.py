"""Chosen events on their way to destinations: enqueued once, sent once, counted."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from control.routing_tables import routed_outbox, routed_volume, routing_cursors
from control.store import Store, utc

LEASE = timedelta(seconds=120)
_NAMES = uuid.UUID("6f1f3c5e-2b43-5d0a-9d3a-6a0a5d1f7b11")


class Routed(NamedTuple):
    """One event for one destination; ``payload`` is the JSON that leaves."""

    message_id: str
    event_name: str
    user_id: str
    payload: str


class Batch(NamedTuple):
    """Payloads that leave together, under a name that stays when they are sent again."""

    name: str
    payloads: list[str]


class Volume(NamedTuple):
    """How many events and bytes of JSON were handed to a destination on a day."""

    day: date
    destination: str
    event_name: str
    events: int
    bytes: int


def cursor(store: Store, destination: str) -> int | None:
    """The number of the last event that was looked at; None before the first time."""
    query = sa.select(routing_cursors.c.seq).where(routing_cursors.c.destination == destination)
    with store.read() as connection:
        return connection.execute(query).scalar()


def enqueue(
    store: Store, destination: str, chosen: Sequence[Routed], *, up_to: int, now: datetime
) -> int:
    """Queue events and move the cursor, together; an event that is queued already stays once.

    Gives how many were new.
    """
    rows = {_id(destination, one): one for one in chosen}
    with store.write() as connection:
        queued = sa.select(routed_outbox.c.id).where(routed_outbox.c.id.in_(list(rows)))
        known = set(connection.execute(queued).scalars())
        new = {key: one for key, one in rows.items() if key not in known}
        if new:
            values = [_row(key, destination, one, now) for key, one in new.items()]
            connection.execute(routed_outbox.insert(), values)
            _count(connection, destination, list(new.values()), utc(now).date())
        _move(connection, destination, up_to)
    return len(new)


def lease(store: Store, destination: str, *, now: datetime, limit: int) -> Batch | None:
    """The next batch to send: one whose sender died first, under the same name, then a new one."""
    moment = utc(now)
    ours = routed_outbox.c.destination == destination
    with store.write() as connection:
        dropped = sa.select(routed_outbox.c.batch).where(
            ours, routed_outbox.c.state == "leased", routed_outbox.c.lease_until <= moment
        )
        name = connection.execute(dropped.limit(1)).scalar()
        if name is None:
            pending = sa.select(routed_outbox.c.id).where(ours, routed_outbox.c.state == "pending")
            in_order = pending.order_by(routed_outbox.c.enqueued_at, routed_outbox.c.id)
            ids = list(connection.execute(in_order.limit(limit)).scalars())
            if not ids:
                return None
            name = str(uuid.uuid5(_NAMES, "\n".join(ids)))
            connection.execute(
                routed_outbox.update()
                .where(routed_outbox.c.id.in_(ids))
                .values(batch=name, state="leased")
            )
        in_batch = routed_outbox.c.batch == name
        connection.execute(
            routed_outbox.update().where(in_batch).values(lease_until=moment + LEASE)
        )
        payloads = sa.select(routed_outbox.c.payload).where(in_batch).order_by(routed_outbox.c.id)
        return Batch(name, [str(text) for text in connection.execute(payloads).scalars()])


def sent(store: Store, batch: str, *, now: datetime) -> None:
    """A batch has left: its content is not kept."""
    values = {"state": "sent", "payload": None, "sent_at": utc(now), "lease_until": None}
    with store.write() as connection:
        connection.execute(
            routed_outbox.update().where(routed_outbox.c.batch == batch).values(values)
        )


def waiting(store: Store) -> dict[str, int]:
    """Destination → events that have not left yet."""
    query = (
        sa.select(routed_outbox.c.destination, sa.func.count())
        .where(routed_outbox.c.state != "sent")
        .group_by(routed_outbox.c.destination)
    )
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def volume(store: Store) -> list[Volume]:
    """What was handed over, by day, destination and event."""
    columns = [routed_volume.c[name] for name in Volume._fields]
    with store.read() as connection:
        return [Volume(*row) for row in connection.execute(sa.select(*columns).order_by(*columns))]


def _id(destination: str, one: Routed) -> str:
    return str(uuid.uuid5(_NAMES, f"{destination}\n{one.message_id}"))


def _row(key: str, destination: str, one: Routed, now: datetime) -> dict[str, object]:
    size = len(one.payload.encode())
    fixed = {"id": key, "destination": destination, "bytes": size, "state": "pending"}
    return one._asdict() | fixed | {"enqueued_at": utc(now)}


def _count(connection: sa.Connection, destination: str, new: Sequence[Routed], day: date) -> None:
    events = Counter(one.event_name for one in new)
    sizes: Counter[str] = Counter()
    for one in new:
        sizes[one.event_name] += len(one.payload.encode())
    for name, count in events.items():
        this = sa.and_(
            routed_volume.c.day == day,
            routed_volume.c.destination == destination,
            routed_volume.c.event_name == name,
        )
        more = {
            "events": routed_volume.c.events + count,
            "bytes": routed_volume.c.bytes + sizes[name],
        }
        if not connection.execute(routed_volume.update().where(this).values(more)).rowcount:
            row = Volume(day, destination, name, count, sizes[name])
            connection.execute(routed_volume.insert().values(row._asdict()))


def _move(connection: sa.Connection, destination: str, seq: int) -> None:
    this = routing_cursors.c.destination == destination
    if not connection.execute(routing_cursors.update().where(this).values(seq=seq)).rowcount:
        connection.execute(routing_cursors.insert().values(destination=destination, seq=seq))
