"""The audit log as a person may read it: page by page, counted, and never all of it at once.

A marketer reads what they did themselves; analysts, approvers and admins read everything. Roles
are asked at every read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Asked, conditions
from control.audit_entries import AuditEntry, reading
from control.audit_export import lines
from control.audit_rows import split, with_texts
from control.audit_tables import audit_texts
from control.people import Person, require, roles_now
from control.store import Store
from control.tables import audit
from core.lifecycle import Role

READS_ALL = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
READS = READS_ALL | {Role.MARKETER}
_PAGE = 5_000


class Page(NamedTuple):
    """Some entries as they read, newest first, and how many there are in all."""

    entries: tuple[AuditEntry, ...]
    total: int


class Choices(NamedTuple):
    """Who did something, and what kinds of acts there are, of the entries that somebody reads."""

    who: tuple[str, ...]
    what: tuple[str, ...]


def allowed(store: Store, person: Person, asked: Asked) -> Asked:
    """What somebody asked for, cut to what they may read now; refuses with NOT_ALLOWED whoever
    holds no role any more."""
    with store.read() as connection:
        held = roles_now(connection, person)
    require(person.model_copy(update={"roles": held}), READS, "read the audit log")
    return asked if held & READS_ALL else asked._replace(who=person.email)


def page(store: Store, person: Person, asked: Asked, *, number: int, size: int) -> Page:
    """The page of this number, from 1; ``asked.limit`` is not looked at."""
    which = [*conditions(allowed(store, person, asked))]
    joined = audit.outerjoin(audit_texts, audit_texts.c.seq == audit.c.seq)
    counted = sa.select(sa.func.count()).select_from(joined).where(*which)
    newest = with_texts().where(*which).order_by(audit.c.seq.desc())
    with store.read() as connection:
        total = connection.execute(counted).scalar() or 0
        rows = connection.execute(newest.limit(size).offset((number - 1) * size)).all()
    return Page(tuple(reading(*split(row)) for row in rows), total)


def entry(store: Store, person: Person, seq: int) -> tuple[AuditEntry, AuditEntry] | None:
    """One entry as it is stored and as it reads; None when there is none that somebody may read."""
    which = [*conditions(allowed(store, person, Asked())), audit.c.seq == seq]
    with store.read() as connection:
        row = connection.execute(with_texts().where(*which)).first()
    if row is None:
        return None
    stored, texts = split(row)
    return stored, reading(stored, texts)


def choices(store: Store, person: Person) -> Choices:
    """What somebody may choose from."""
    which = [*conditions(allowed(store, person, Asked()))]
    with store.read() as connection:
        found = [
            tuple(
                connection.execute(sa.select(one).where(*which).distinct().order_by(one)).scalars()
            )
            for one in (audit.c.who, audit.c.what)
        ]
    return Choices(*found)


def every(store: Store, person: Person, asked: Asked, *, most: int) -> Iterator[AuditEntry]:
    """The newest ``most`` entries as they read, newest first, read by pages."""
    query = with_texts().where(*conditions(allowed(store, person, asked)))
    query, left, before = query.order_by(audit.c.seq.desc()), most, None
    while left > 0:
        some = query if before is None else query.where(audit.c.seq < before)
        with store.read() as connection:
            rows = connection.execute(some.limit(min(left, _PAGE))).all()
        if not rows:
            return
        yield from (reading(*split(row)) for row in rows)
        left, before = left - len(rows), rows[-1][0]


def stored_lines(store: Store, person: Person, asked: Asked) -> Iterator[str]:
    """Entries as they are stored, oldest first, a JSON document each, without the texts that are
    kept apart: whoever has them can check the hashes."""
    only = [*conditions(allowed(store, person, asked))]
    return lines(store, texts=False, only=only)
