"""Stop sends at once, and let them go again. In-flight sends ask before each message."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control import audit
from control.kill_switches import ANY, Scope
from control.people import Person, require_now
from control.store import Store, utc
from control.tables import kill_switches
from core.errors import Code, refuse
from core.lifecycle import Role

MAY_STOP = frozenset({Role.MARKETER, Role.APPROVER, Role.ADMIN})
MAY_LET_GO = frozenset({Role.APPROVER, Role.ADMIN})


def kill(
    store: Store, scope: Scope, key: str = ANY, *, person: Person, reason: str, now: datetime
) -> None:
    """Stop everything, a channel, a policy or an action; again changes the reason only."""
    if not reason.strip():
        raise refuse(Code.COMMENT_REQUIRED, "A kill switch needs a reason.", fix="Add --reason.")
    with store.write() as connection:
        require_now(connection, person, MAY_STOP, "stop sends")
        press(connection, scope, key, by=person.email, reason=reason, now=now)


def press(
    connection: sa.Connection, scope: Scope, key: str, *, by: str, reason: str, now: datetime
) -> None:
    """Put a switch on, inside the transaction of whoever made sure that this person may."""
    connection.execute(kill_switches.delete().where(_is(scope, key)))
    row = {"scope": scope, "key": key, "reason": reason, "by": by, "at": utc(now)}
    connection.execute(kill_switches.insert().values(row))
    audit.append(connection, audit.Act(now, by, "kill", f"{scope} {key}", note=reason))


def unkill(
    store: Store, scope: Scope, key: str = ANY, *, person: Person, now: datetime, why: str = ""
) -> None:
    """Let sends go again; refuses with UNKNOWN_KEY when no such switch is on."""
    with store.write() as connection:
        require_now(connection, person, MAY_LET_GO, "release a kill switch")
        gone = connection.execute(kill_switches.delete().where(_is(scope, key)))
        if not gone.rowcount:
            raise refuse(
                Code.UNKNOWN_KEY,
                f"No kill switch is on for {scope} {key}.",
                span=key,
                fix="Look at the switches that are on with 'pilothouse kill --list'.",
            )
        act = audit.Act(now, person.email, "unkill", f"{scope} {key}", note=why)
        audit.append(connection, act)


def _is(scope: Scope, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(kill_switches.c.scope == scope, kill_switches.c.key == key)
