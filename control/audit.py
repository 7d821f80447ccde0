"""The audit log: who did what and when, each entry chained to the one before by its hash.

Notes, and subjects that name a person, are kept apart from the entry, which holds a salted
digest of them: they can be taken away and the chain still holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.audit_check import Break, check
from control.audit_entries import GENESIS, AuditEntry, Texts, commitment, reading, seal
from control.audit_rows import split, with_texts
from control.audit_tables import audit_head, audit_texts
from control.store import APPENDED, Store, utc
from control.tables import audit

CHANGES_NO_RULE = frozenset(
    {
        *(
            "ask",
            "answer",
            "view",
            "send",
            "receipts",
            "cycle_begun",
            "cycle",
            "settings",
            "backup",
        ),
        "evaluate",
    }
)
"""Acts after which decisions come out as before: whoever keeps rules in memory need not look."""
NAMES_SHOWN = 100
"""So many people stand by name in the entry of one view."""


MISSED = 10_000
"""So many entries at most are looked at that were written while nobody noted the head."""


class Act(NamedTuple):
    """What somebody did: the hashes are those of the subject's content."""

    at: datetime
    who: str
    what: str
    subject: str
    before_hash: str | None = None
    after_hash: str | None = None
    note: str = ""
    personal: bool = False
    """Whether the subject names a person whom messages go to: then it is kept apart, as notes
    are."""


class Asked(NamedTuple):
    """Which entries somebody wants to see: each that is given must hold."""

    who: str | None = None
    what: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    """The newest that many."""
    about: str | None = None
    """What stands somewhere in the name of what was done something to, in any case."""


def append(connection: sa.Connection, act: Act) -> AuditEntry:
    """Add an entry inside the caller's write transaction; gives it as it is stored."""
    number, previous = _place(connection)
    texts = _apart(act)
    stored = AuditEntry(
        seq=number,
        at=utc(act.at),
        who=act.who,
        what=act.what,
        subject=_stored("subject", texts, act.subject),
        before_hash=act.before_hash,
        after_hash=act.after_hash,
        note=_stored("note", texts, act.note),
        prev_hash=previous,
        hash="",
    )
    entry = stored._replace(hash=seal(stored))
    connection.execute(audit.insert().values(entry._asdict()))
    if texts is not None:
        connection.execute(audit_texts.insert().values(seq=number, **texts._asdict()))
    _move_head(connection, entry)
    connection.info.setdefault(APPENDED, []).append(entry)
    return entry


def viewed(
    connection: sa.Connection, at: datetime, who: str, what: str, people: Collection[str]
) -> None:
    """Note that somebody saw personal data: one entry, however many people a page shows.

    ``what`` names where, such as "Explain page"; ``people``: their user ids.
    """
    shown = sorted(people)
    more = f" and {len(shown) - NAMES_SHOWN:,} more" if len(shown) > NAMES_SHOWN else ""
    note = f"{len(shown):,}: {', '.join(shown[:NAMES_SHOWN])}{more}"
    append(connection, Act(at, who, "view", what, note=note))


def entries(
    store: Store, asked: Asked | None = None, *, limit: int | None = None
) -> list[AuditEntry]:
    """Entries as they read, oldest first; with a limit, the newest that many."""
    wanted = asked or Asked(limit=limit)
    newest = with_texts().where(*conditions(wanted)).order_by(audit.c.seq.desc())
    with store.read() as connection:
        rows = connection.execute(newest.limit(wanted.limit)).all()
    return [reading(*split(row)) for row in reversed(rows)]


def get(store: Store, seq: int) -> tuple[AuditEntry, AuditEntry] | None:
    """One entry as it is stored and as it reads; None when there is none of this number."""
    with store.read() as connection:
        row = connection.execute(with_texts().where(audit.c.seq == seq)).first()
    if row is None:
        return None
    entry, texts = split(row)
    return entry, reading(entry, texts)


def verify(store: Store) -> Break | None:
    """The first entry that was changed, removed or slipped in; None when the chain holds."""
    return next(iter(check(store).breaks), None)


def head(connection: sa.Connection) -> tuple[int, str]:
    """Number and hash of the last entry; 0 before the first."""
    row = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    return (row.seq, row.hash) if row else _last(connection)


def after(connection: sa.Connection, seq: int) -> list[AuditEntry]:
    """The newest entries above a number, as they are stored, oldest first."""
    newest = sa.select(audit).where(audit.c.seq > seq).order_by(audit.c.seq.desc())
    found = connection.execute(newest.limit(MISSED)).all()
    return [AuditEntry._make(row) for row in reversed(found)]


def first_kept(connection: sa.Connection) -> int:
    """The number of the oldest entry that was not folded; 0 before the first."""
    return connection.execute(sa.select(sa.func.min(audit.c.seq))).scalar() or 0


def conditions(asked: Asked) -> Iterator[sa.ColumnElement[bool]]:
    """What somebody asked for, over entries joined with their texts; all but the limit."""
    if asked.who is not None:
        yield audit.c.who == asked.who
    if asked.what is not None:
        yield audit.c.what == asked.what
    if asked.subject is not None:
        yield sa.or_(audit.c.subject == asked.subject, audit_texts.c.subject == asked.subject)
    if asked.about is not None:
        named = (audit.c.subject, audit_texts.c.subject)
        yield sa.or_(*(one.icontains(asked.about, autoescape=True) for one in named))
    if asked.since is not None:
        yield audit.c.at >= utc(asked.since)
    if asked.until is not None:
        yield audit.c.at < utc(asked.until)


def _place(connection: sa.Connection) -> tuple[int, str]:
    """The next number, and the hash that it follows.

    Both ends are asked: after entries were cut off, or slipped in, the chain goes on where it was,
    and the gap stays for everybody to see.
    """
    last, last_hash = _last(connection)
    row = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    known, known_hash = (row.seq, row.hash) if row else (last, last_hash)
    return max(known, last) + 1, known_hash


def _last(connection: sa.Connection) -> tuple[int, str]:
    query = sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def _move_head(connection: sa.Connection, entry: AuditEntry) -> None:
    values = {"seq": entry.seq, "hash": entry.hash}
    if not connection.execute(audit_head.update().values(values)).rowcount:
        connection.execute(audit_head.insert().values(place=1, **values))


def _apart(act: Act) -> Texts | None:
    if not (act.note or act.personal):
        return None
    return Texts(secrets.token_hex(16), act.subject if act.personal else None, act.note or None)


def _stored(field: str, texts: Texts | None, text: str) -> str:
    kept = getattr(texts, field) if texts else None
    return text if texts is None or kept is None else commitment(field, texts.salt, kept)
