"""What there was to tell people and whom of it: each thing once when it begins, once when it is
over, whatever is started again in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.notification_tables import notices, notification_letters, tellings
from control.store import Store, insert, utc

Event = Literal["began", "over"]
_SOME = 400
"""Rows of one statement: databases bound how many values it has."""


class Reader(NamedTuple):
    """Somebody who is told, and the way: letters, or the name of a webhook."""

    way: str
    recipient: str


class Notice(NamedTuple):
    """Something that there is to tell. ``page``: where the console shows it."""

    kind: str
    subject: str
    title: str
    sentence: str
    who: str
    urgent: bool
    page: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells one from another."""
        return self.kind, self.subject


class Kept(NamedTuple):
    """A notice as it is kept. Moments are naive UTC."""

    id: str
    notice: Notice
    began_at: datetime
    ended_at: datetime | None
    ending: str


class News(NamedTuple):
    """A notice and what of it one reader has not been told: that it began, that it is over."""

    kept: Kept
    events: frozenset[Event]


class Change(NamedTuple):
    """What a look found to be new."""

    began: int
    ended: int


def keep(
    store: Store,
    wanted: Mapping[Notice, frozenset[Reader]],
    *,
    now: datetime,
    new_id: Callable[[], str],
    ending: Callable[[Kept], tuple[str, frozenset[Reader]]],
    may_end: bool = True,
) -> Change:
    """Write down what is open, with everybody who is to be told, and what is over.

    ``ending`` says how something ended, and who is told besides those who were told that it
    began. Not ``may_end``: nobody can tell what is over, so nothing is.
    """
    with store.read() as connection:
        known = {one.notice.key: one for one in open_notices(connection)}
        told = _told(connection, [one.id for one in known.values()])
    now_open = {one.key: one for one in wanted}
    gone = [one for key, one in known.items() if key not in now_open] if may_end else []
    fresh = [one for key, one in now_open.items() if key not in known]
    late = {
        known[one.key].id: readers - told.get(known[one.key].id, frozenset())
        for one, readers in wanted.items()
        if one.key in known
    }
    if not (gone or fresh or any(late.values())):
        return Change(0, 0)
    last = {one.id: ending(one) for one in gone}
    with store.write() as connection:
        # Another server may have seen it first.
        there = {one.notice.key for one in open_notices(connection)}
        begin = {new_id(): one for one in fresh if one.key not in there}
        _begin(connection, begin, now)
        told_now = {identifier: wanted[one] for identifier, one in begin.items()}
        _tell(connection, "began", told_now | late)
        ended = [one.id for one in gone if _end(connection, one, last[one.id][0], now)]
        heard = _told(connection, ended)
        _tell(
            connection, "over", {one: heard.get(one, frozenset()) | last[one][1] for one in ended}
        )
    return Change(len(begin), len(ended))


def open_notices(connection: sa.Connection) -> list[Kept]:
    """What is open, as it was told when it began."""
    query = sa.select(notices).where(notices.c.ended_at.is_(None)).order_by(notices.c.id)
    return [_kept(row) for row in connection.execute(query).mappings()]


def untold(store: Store) -> dict[Reader, list[News]]:
    """What each reader is still to be told, in the order in which it began."""
    query = (
        sa.select(notices, tellings.c.event, tellings.c.way, tellings.c.recipient)
        .join_from(tellings, notices, tellings.c.notice_id == notices.c.id)
        .where(tellings.c.letter_id.is_(None))
        .order_by(notices.c.began_at, notices.c.id)
    )
    found: dict[Reader, dict[str, News]] = {}
    with store.read() as connection:
        for row in connection.execute(query).mappings():
            mine = found.setdefault(Reader(row["way"], row["recipient"]), {})
            events = mine[row["id"]].events if row["id"] in mine else frozenset[Event]()
            mine[row["id"]] = News(_kept(row), events | {row["event"]})
    return {reader: [*news.values()] for reader, news in found.items()}


def drop(store: Store, reader: Reader) -> None:
    """Somebody who is not to be told any more, or not in this way."""
    mine = tellings.c.way == reader.way, tellings.c.recipient == reader.recipient
    with store.write() as connection:
        connection.execute(tellings.delete().where(*mine, tellings.c.letter_id.is_(None)))


def forget_old(store: Store, *, before: datetime) -> None:
    """Remove what was over by then, and the letters that are of no use any more."""
    old = sa.select(notices.c.id).where(notices.c.ended_at < utc(before))
    letters = notification_letters.c
    with store.write() as connection:
        connection.execute(tellings.delete().where(tellings.c.notice_id.in_(old)))
        connection.execute(notices.delete().where(notices.c.ended_at < utc(before)))
        used = sa.select(tellings.c.letter_id).where(tellings.c.letter_id.is_not(None))
        gone = letters.created_at < utc(before), letters.state != "waiting"
        connection.execute(notification_letters.delete().where(*gone, letters.id.not_in(used)))


def take(connection: sa.Connection, reader: Reader, news: Sequence[News], letter_id: str) -> None:
    """Note which letter tells it; raises LookupError where another one does already."""
    rows = [{"notice": one.kept.id, "what": event} for one in news for event in one.events]
    if not rows:
        return
    mine = tellings.c.way == reader.way, tellings.c.recipient == reader.recipient
    this = (
        tellings.c.notice_id == sa.bindparam("notice"),
        tellings.c.event == sa.bindparam("what"),
        tellings.c.letter_id.is_(None),
    )
    connection.execute(tellings.update().where(*mine, *this).values(letter_id=letter_id), rows)
    count = sa.select(sa.func.count()).where(tellings.c.letter_id == letter_id)
    if connection.execute(count).scalar() != len(rows):
        raise LookupError(letter_id)


def _begin(connection: sa.Connection, begin: Mapping[str, Notice], now: datetime) -> None:
    kept = {"began_at": utc(now), "ended_at": None, "ending": ""}
    rows = [one._asdict() | {"id": identifier} | kept for identifier, one in begin.items()]
    if rows:
        connection.execute(notices.insert(), rows)


def _end(connection: sa.Connection, one: Kept, ending: str, now: datetime) -> bool:
    """Whether it ended just now: another server may have seen it first."""
    still = notices.c.id == one.id, notices.c.ended_at.is_(None)
    values = {"ended_at": utc(now), "ending": ending}
    return connection.execute(notices.update().where(*still).values(values)).rowcount == 1


def _tell(
    connection: sa.Connection, event: Event, readers: Mapping[str, frozenset[Reader]]
) -> None:
    rows = [
        {"notice_id": identifier, "event": event, "letter_id": None} | one._asdict()
        for identifier, told in readers.items()
        for one in sorted(told)
    ]
    if rows:
        connection.execute(insert(connection, tellings).on_conflict_do_nothing(), rows)


def _told(connection: sa.Connection, ids: Sequence[str]) -> dict[str, frozenset[Reader]]:
    """Notice → who was told, or is about to be, that it began."""
    found: dict[str, set[Reader]] = {}
    columns = (tellings.c.notice_id, tellings.c.way, tellings.c.recipient)
    for start in range(0, len(ids), _SOME):
        these = tellings.c.notice_id.in_(ids[start : start + _SOME])
        for row in connection.execute(
            sa.select(*columns).where(these, tellings.c.event == "began")
        ):
            found.setdefault(row.notice_id, set()).add(Reader(row.way, row.recipient))
    return {identifier: frozenset(readers) for identifier, readers in found.items()}


def _kept(row: sa.RowMapping) -> Kept:
    notice = Notice(**{name: row[name] for name in Notice._fields})
    return Kept(row["id"], notice, row["began_at"], row["ended_at"], row["ending"])
