"""What an old control store brings back and must not: taken away again when it is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.store import utc
from control.suspensions import suspend
from control.tables import audit, change_requests, kill_switches, roles, versions
from control.token_tables import tokens
from core.data_changes import DATA_KINDS
from core.lifecycle import WAITING, Suspended

WHY = "it came back from a backup, and may have been withdrawn or decided on since."
STOPPED = "It was on before the control store was restored from a backup."


RESTORED = "restore_accepted"
TAKEN_FROM = frozenset(
    {"revoke role", "remove person", "unbind sign-in", "revoke sight", "limit sight"}
)
"""Acts that take something from somebody, who has it again in an old store."""


class Lost(NamedTuple):
    """An act that is noted outside of the store and is not in it."""

    seq: int
    hash: str
    what: str
    subject: str
    who: str


class Undone(NamedTuple):
    """What accepting a restored store took away or put back."""

    tokens: tuple[str, ...]
    people: tuple[str, ...]
    """Something was taken from them since: they have no role until somebody grants one."""
    kills: tuple[str, ...]
    paused: tuple[str, ...]
    changed_data: tuple[str, ...]
    """Kinds of the data layer that had changed since: a person must look at them."""
    suspended: tuple[str, ...]


def missing(connection: sa.Connection, noted: Iterable[Lost]) -> list[Lost]:
    """Of the noted acts those that the log does not have, or has otherwise."""
    asked = list(noted)
    found: dict[int, str] = {}
    for start in range(0, len(asked), 500):
        numbers = [one.seq for one in asked[start : start + 500]]
        query = sa.select(audit.c.seq, audit.c.hash).where(audit.c.seq.in_(numbers))
        found |= {row.seq: row.hash for row in connection.execute(query)}
    return [one for one in asked if found.get(one.seq) != one.hash]


def undo(connection: sa.Connection, lost: Iterable[Lost], *, by: str, now: datetime) -> Undone:
    """Revoke every token and the roles of whom something was taken from, put kill switches back,
    pause what changed since, hold requests back."""
    acts = list(lost)
    return Undone(
        tokens=_revoke(connection, now),
        people=_take_roles(connection, acts),
        kills=_stop(connection, acts, by, now),
        paused=_pause(connection, acts),
        changed_data=tuple(sorted({_key(one) for one in acts} & DATA_KINDS)),
        suspended=_hold_back(connection, by, now),
    )


def _revoke(connection: sa.Connection, now: datetime) -> tuple[str, ...]:
    working = tokens.c.revoked_at.is_(None)
    names = connection.execute(sa.select(tokens.c.name).where(working)).scalars().all()
    connection.execute(tokens.update().where(working).values(revoked_at=utc(now)))
    return tuple(sorted(names))


def demoted(lost: Iterable[Lost]) -> frozenset[str]:
    """From whom something was taken after the backup."""
    return frozenset(one.subject for one in lost if one.what in TAKEN_FROM)


def _take_roles(connection: sa.Connection, acts: list[Lost]) -> tuple[str, ...]:
    emails = sorted(demoted(acts))
    connection.execute(roles.delete().where(roles.c.email.in_(emails)))
    return tuple(emails)


def _stop(connection: sa.Connection, acts: list[Lost], by: str, now: datetime) -> tuple[str, ...]:
    """Switches that were put on since and not lifted; one that was lifted since stays on."""
    last = {one.subject: one.what for one in acts if one.what in ("kill", "unkill")}
    on = sorted(subject for subject, what in last.items() if what == "kill")
    for subject in on:
        scope, _, key = subject.partition(" ")
        this = sa.and_(kill_switches.c.scope == scope, kill_switches.c.key == key)
        connection.execute(kill_switches.delete().where(this))
        row = {"scope": scope, "key": key, "reason": STOPPED, "by": by, "at": utc(now)}
        connection.execute(kill_switches.insert().values(row))
    return tuple(on)


def _pause(connection: sa.Connection, acts: list[Lost]) -> tuple[str, ...]:
    """What is live here is not what was live last: it waits for a person."""
    keys = sorted({_key(one) for one in acts if " version " in one.subject} - DATA_KINDS)
    live = sa.and_(versions.c.key.in_(keys), versions.c.state == "live")
    live = sa.and_(live, versions.c.kind.not_in(sorted(DATA_KINDS)))
    found = connection.execute(sa.select(versions.c.key).where(live)).scalars().all()
    connection.execute(versions.update().where(live).values(state="paused"))
    return tuple(sorted(found))


def _hold_back(connection: sa.Connection, by: str, now: datetime) -> tuple[str, ...]:
    waiting = change_requests.c.state.in_([state.value for state in WAITING])
    ids = connection.execute(sa.select(change_requests.c.id).where(waiting)).scalars().all()
    for one in ids:
        suspend(connection, one, Suspended.BY_PERSON, WHY, now, by=by)
    return tuple(sorted(ids))


def _key(act: Lost) -> str:
    return act.subject.rpartition(" version ")[0] or act.subject
