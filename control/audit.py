"""The audit log: who did what and when, each entry chained to the one before by its hash."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.hashing import content_hash
from control.store import Store, utc
from control.tables import audit

GENESIS = "0" * 64


class Act(NamedTuple):
    """What somebody did: the hashes are those of the subject's content."""

    at: datetime
    who: str
    what: str
    subject: str
    before_hash: str | None = None
    after_hash: str | None = None
    note: str = ""


class AuditEntry(NamedTuple):
    """One row. ``hash`` covers every other field, ``prev_hash`` included."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    before_hash: str | None
    after_hash: str | None
    note: str
    prev_hash: str
    hash: str


class Broken(NamedTuple):
    """The first entry that does not hold, and why."""

    seq: int
    why: str


def append(connection: sa.Connection, act: Act) -> None:
    """Add an entry inside the caller's write transaction."""
    last = connection.execute(
        sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    unsealed = AuditEntry(seq, *act._replace(at=utc(act.at)), prev_hash=previous, hash="")
    entry = unsealed._replace(hash=seal(unsealed))
    connection.execute(audit.insert().values(entry._asdict()))


def seal(entry: AuditEntry) -> str:
    """The hash an entry must have."""
    fields = entry._asdict() | {"at": entry.at.isoformat()}
    del fields["hash"]
    return content_hash(fields)


def entries(store: Store, *, limit: int | None = None) -> list[AuditEntry]:
    """The log, oldest first; with a limit, the newest that many."""
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [AuditEntry(*row) for row in reversed(rows)]


def verify(store: Store) -> Broken | None:
    """The first entry that was changed, removed or slipped in; None when the chain holds."""
    previous = GENESIS
    for expected, entry in enumerate(entries(store), start=1):
        if entry.seq != expected:
            return Broken(expected, f"Entry {expected} is missing.")
        if entry.prev_hash != previous:
            return Broken(entry.seq, f"Entry {entry.seq} does not follow entry {expected - 1}.")
        if seal(entry) != entry.hash:
            return Broken(entry.seq, f"Entry {entry.seq} was changed after it was written.")
        previous = entry.hash
    return None
