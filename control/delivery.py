"""Which destinations are paused, and what is in force at the moment of sending."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.canary_tables import canaries
from control.delivery_tables import destination_pauses
from control.people import BREAKER
from control.store import Store, utc
from control.tables import kill_switches, versions
from core.errors import Code, refuse


class Pause(NamedTuple):
    """A destination that nothing is sent to until somebody resumes it."""

    destination: str
    reason: str
    since: datetime


def pause(
    store: Store, destination: str, reason: str, *, now: datetime, by: str = BREAKER.email
) -> bool:
    """Send nothing there from now on; whether it was not paused before. Its intents wait."""
    with store.write() as connection:
        if connection.execute(_one(destination)).first() is not None:
            return False
        row = {"destination": destination, "reason": reason, "since": utc(now)}
        connection.execute(destination_pauses.insert(), row)
        append(connection, Act(now, by, "pause", destination, note=reason))
    return True


def resume(store: Store, destination: str, *, by: str, now: datetime) -> None:
    """Send there again. Refuses with UNKNOWN_KEY what is not paused."""
    with store.write() as connection:
        if connection.execute(_one(destination)).first() is None:
            raise refuse(
                Code.UNKNOWN_KEY,
                f"The destination '{destination}' is not paused.",
                span=destination,
                fix="'pilothouse deliver status' lists the destinations that are.",
            )
        this = destination_pauses.c.destination == destination
        connection.execute(destination_pauses.delete().where(this))
        append(connection, Act(now, by, "resume", destination))


def paused(store: Store) -> dict[str, Pause]:
    """Destination → its pause."""
    with store.read() as connection:
        rows = connection.execute(sa.select(destination_pauses)).all()
    return {row.destination: Pause(*row) for row in rows}


def in_force(connection: sa.Connection) -> frozenset[tuple[str, ...]]:
    """A value that differs once a rule, a canary, a kill switch or the pause of a destination came
    or went.

    Inside a write it is what holds until that write ends.
    """
    live = sa.select(versions.c.key, sa.cast(versions.c.version, sa.Text)).where(
        versions.c.state == "live"
    )
    trials = sa.select(canaries.c.key, canaries.c.id, sa.literal("canary")).where(
        canaries.c.state == "running"
    )
    switches = sa.select(kill_switches.c.scope, kill_switches.c.key, sa.literal("killed"))
    pauses = sa.select(destination_pauses.c.destination, sa.literal("paused"))
    asked = (live, trials, switches, pauses)
    return frozenset(tuple(row) for query in asked for row in connection.execute(query))


def _one(destination: str) -> sa.Select[tuple[str]]:
    this = destination_pauses.c.destination == destination
    return sa.select(destination_pauses.c.destination).where(this)
