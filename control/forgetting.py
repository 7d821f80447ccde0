"""Who was forgotten: salted hashes that keep them from coming back, and the receipts.

Identifiers stand here in clear only while they are being removed, so that a
crash in between can be made good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.forgetting_tables import forget_log, tombstone_salt, tombstones
from control.store import Store, utc

State = Literal["removing", "compacting", "done"]


class Tombstones(NamedTuple):
    """What to hold identifiers against: sha256 of salt and identifier, in hexadecimal."""

    salt: str
    hashes: frozenset[str]

    def hash_of(self, identifier: str) -> str:
        """The hash under which an identifier would stand here; e-mail addresses in lower case."""
        return hashed(self.salt, identifier)

    def holds(self, identifiers: Iterable[str]) -> bool:
        """Whether one of these was forgotten."""
        return bool(self.hashes) and any(self.hash_of(one) in self.hashes for one in identifiers)


class Forgetting(NamedTuple):
    """One person being forgotten, or forgotten: ``task`` is empty once nothing is left to do."""

    id: str
    subject: str
    """The hash of the identifier that was named."""
    reason: str
    requested_by: str
    requested_at: datetime
    state: State
    task: dict[str, Any] | None
    receipt: dict[str, Any] | None
    finished_at: datetime | None


def tombstones_of(store: Store) -> Tombstones:
    """Every tombstone; the salt is empty before the first one."""
    with store.read() as connection:
        salt = connection.execute(sa.select(tombstone_salt.c.salt)).scalar()
        found = connection.execute(sa.select(tombstones.c.hash)).scalars()
        return Tombstones(salt or "", frozenset(found))


def begin(store: Store, started: Forgetting, identifiers: Iterable[str], new_salt: str) -> None:
    """Set the tombstones and write the task down: from here on it is going to be completed."""
    with store.write() as connection:
        salt = connection.execute(sa.select(tombstone_salt.c.salt)).scalar()
        if salt is None:
            salt = new_salt
            connection.execute(tombstone_salt.insert().values(place=1, salt=salt))
        subject = hashed(salt, started.subject)
        row = started._asdict() | {"subject": subject, "requested_at": utc(started.requested_at)}
        connection.execute(forget_log.insert().values(row))
        known = set(connection.execute(sa.select(tombstones.c.hash)).scalars())
        new = {hashed(salt, one) for one in identifiers} - known
        rows = [{"hash": one, "forget_id": started.id} for one in sorted(new)]
        if rows:
            connection.execute(tombstones.insert(), rows)
        act = Act(started.requested_at, started.requested_by, "forget_begun", subject)
        append(connection, act._replace(note=started.reason))


def advance(store: Store, forget_id: str, receipt: dict[str, Any]) -> None:
    """Everything is removed: only the bytes of what was deleted are left, and no identifier."""
    values = {"state": "compacting", "task": None, "receipt": receipt}
    with store.write() as connection:
        connection.execute(forget_log.update().where(forget_log.c.id == forget_id).values(values))


def finish(store: Store, forget_id: str, receipt: dict[str, Any], *, now: datetime) -> None:
    """Nothing is left; the receipt stays."""
    this = forget_log.c.id == forget_id
    values = {"state": "done", "receipt": receipt, "finished_at": utc(now)}
    with store.write() as connection:
        row = connection.execute(sa.select(forget_log).where(this)).one()
        connection.execute(forget_log.update().where(this).values(values))
        append(connection, Act(now, row.requested_by, "forget_done", row.subject))


def unfinished(store: Store) -> list[Forgetting]:
    """What a crash cut off, oldest first."""
    query = sa.select(forget_log).where(forget_log.c.state != "done")
    with store.read() as connection:
        rows = connection.execute(query.order_by(forget_log.c.requested_at))
        return [Forgetting(*row) for row in rows]


def receipts(store: Store) -> list[Forgetting]:
    """Everybody who was forgotten, newest first."""
    query = sa.select(forget_log).order_by(forget_log.c.requested_at.desc(), forget_log.c.id)
    with store.read() as connection:
        return [Forgetting(*row) for row in connection.execute(query)]


def hashed(salt: str, identifier: str) -> str:
    """The hash of an identifier; the same in SQL: ``SHA256(salt || identifier)``."""
    text = identifier.lower() if "@" in identifier else identifier
    return hashlib.sha256(f"{salt}{text}".encode(errors="surrogateescape")).hexdigest()
