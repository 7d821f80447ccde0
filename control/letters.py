"""Letters that tell people something: written once, then handed over until they are taken.

A letter that may not have arrived is handed over again under the same id, by which whoever gets
it can tell that it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control import notifications
from control.notification_tables import notification_letters
from control.notifications import News, Reader
from control.store import Store, insert, utc

Kind = Literal["news", "digest", "test"]
LetterState = Literal["waiting", "sent", "refused", "given_up"]
LEASE = timedelta(minutes=10)
"""So long whoever hands a letter over has it for itself; a crash leaves it to the next one."""


class Written(NamedTuple):
    """A letter as it was written. ``content`` has what is sent; moments are naive UTC."""

    id: str
    occasion: str
    kind: Kind
    way: str
    recipient: str
    subject: str
    content: dict[str, Any]
    created_at: datetime
    state: LetterState = "waiting"
    attempts: int = 0
    next_at: datetime | None = None
    why: str = ""
    """Why it was not taken the last time; empty when it was."""
    sent_at: datetime | None = None

    @property
    def reader(self) -> Reader:
        """Whom it goes to."""
        return Reader(self.way, self.recipient)


def write(store: Store, letter: Written, news: Sequence[News] = ()) -> bool:
    """Keep a letter, with what it tells; False when another one tells that already."""
    row = letter._asdict() | {"created_at": utc(letter.created_at)}
    row |= {"next_at": utc(letter.next_at or letter.created_at), "leased_until": None}
    try:
        with store.write() as connection:
            adding = insert(connection, notification_letters).on_conflict_do_nothing()
            if connection.execute(adding.values(row)).rowcount != 1:
                return False
            notifications.take(connection, letter.reader, news, letter.id)
    except LookupError:
        return False
    return True


def last_to(store: Store, kind: Kind = "news") -> dict[Reader, Written]:
    """The last letter of a kind that was written to each reader."""
    table = notification_letters
    newest = sa.func.max(table.c.created_at).label("newest")
    last = (
        sa.select(table.c.way, table.c.recipient, newest)
        .where(table.c.kind == kind)
        .group_by(table.c.way, table.c.recipient)
        .subquery()
    )
    query = sa.select(table).join(
        last,
        sa.and_(
            table.c.way == last.c.way,
            table.c.recipient == last.c.recipient,
            table.c.created_at == last.c.newest,
        ),
    )
    with store.read() as connection:
        rows = connection.execute(query.where(table.c.kind == kind).order_by(table.c.id)).mappings()
        return {one.reader: one for one in map(_written, rows)}


def occasions(store: Store, kind: Kind, since: datetime) -> frozenset[str]:
    """What letters of a kind were written for since then."""
    table = notification_letters
    query = sa.select(table.c.occasion).where(table.c.kind == kind, table.c.created_at >= since)
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def claim(store: Store, *, now: datetime, limit: int = 20) -> list[Written]:
    """Letters whose moment has come, each for one server alone, the oldest first."""
    table = notification_letters
    free = sa.or_(table.c.leased_until.is_(None), table.c.leased_until <= utc(now))
    due = table.c.state == "waiting", table.c.next_at <= utc(now), free
    query = sa.select(table).where(*due).order_by(table.c.created_at, table.c.id).limit(limit)
    with store.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return []
    with store.write() as connection:
        found = [_written(row) for row in connection.execute(query).mappings()]
        mine = table.c.id.in_([one.id for one in found])
        values = {"leased_until": utc(now + LEASE)}
        connection.execute(table.update().where(mine).values(values))
    return found


def release(store: Store, letter: Written) -> None:
    """A letter that was claimed and not handed over: whoever comes next has it."""
    this = notification_letters.c.id == letter.id
    with store.write() as connection:
        connection.execute(notification_letters.update().where(this).values(leased_until=None))


def settle(
    store: Store,
    letter: Written,
    state: LetterState,
    why: str = "",
    *,
    now: datetime,
    next_at: datetime | None = None,
) -> None:
    """What came of handing a letter over; one that waits is tried again at ``next_at``."""
    values = {
        "state": state,
        "why": why,
        "attempts": letter.attempts + 1,
        "leased_until": None,
        "next_at": utc(next_at or now),
        "sent_at": utc(now) if state == "sent" else None,
    }
    this = notification_letters.c.id == letter.id
    with store.write() as connection:
        connection.execute(notification_letters.update().where(this).values(values))


def get(store: Store, letter_id: str) -> Written:
    """One letter, which must be there."""
    query = sa.select(notification_letters).where(notification_letters.c.id == letter_id)
    with store.read() as connection:
        return _written(connection.execute(query).mappings().one())


def latest(store: Store, limit: int = 50) -> list[Written]:
    """The newest letters first."""
    table = notification_letters
    query = sa.select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    with store.read() as connection:
        return [_written(row) for row in connection.execute(query).mappings()]


def troubled(store: Store, since: datetime) -> list[Written]:
    """Letters that were tried and not taken, and those that nobody tries any more since then,
    unless a later one arrived there."""
    table, later = notification_letters, notification_letters.alias("later")
    waits = sa.and_(table.c.state == "waiting", table.c.attempts > 0)
    ended = sa.and_(table.c.state.in_(("refused", "given_up")), table.c.created_at >= utc(since))
    arrived = sa.exists().where(
        later.c.way == table.c.way,
        later.c.recipient == table.c.recipient,
        later.c.created_at > table.c.created_at,
        later.c.state == "sent",
    )
    query = sa.select(table).where(sa.or_(waits, sa.and_(ended, ~arrived)))
    with store.read() as connection:
        rows = connection.execute(query.order_by(table.c.created_at, table.c.id)).mappings()
        return [_written(row) for row in rows]


def _written(row: sa.RowMapping) -> Written:
    return Written(**{name: row[name] for name in Written._fields})
