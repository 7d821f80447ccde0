"""The hold on a control store that was restored: until an admin accepts it, nothing goes live and
nothing is sent. What an old store brings back may be what somebody has revoked since."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.hold_tables import store_holds
from control.store import Store, utc
from core.errors import Code, refuse

FIX = "An admin looks at what may be missing and says 'pilothouse restore --accept --reason …'."


class Hold(NamedTuple):
    """Why, since when, and the last entry of the audit log that the store had then."""

    why: str
    since: datetime
    head_seq: int


def hold(connection: sa.Connection, why: str, now: datetime, head_seq: int) -> None:
    """Hold go-lives and sending; what is held already stays held for its own reason."""
    if current(connection) is None:
        row = {"place": 1, "why": why, "since": utc(now), "head_seq": head_seq}
        connection.execute(store_holds.insert().values(row))


def lift(connection: sa.Connection) -> None:
    """Let go-lives and sending go on."""
    connection.execute(store_holds.delete())


def current(connection: sa.Connection) -> Hold | None:
    """The hold, if there is one."""
    columns = (store_holds.c.why, store_holds.c.since, store_holds.c.head_seq)
    row = connection.execute(sa.select(*columns)).first()
    return Hold._make(row) if row else None


def of(store: Store) -> Hold | None:
    """The same, read by itself."""
    with store.read() as connection:
        return current(connection)


def require_none(connection: sa.Connection, what: str = "goes live") -> None:
    """Refuses with SUSPENDED while the store is held; ``what`` completes "Nothing …"."""
    if one := current(connection):
        raise refuse(Code.SUSPENDED, f"Nothing {what}: {one.why}", fix=FIX)
