"""Alerts about what people stopped, and about what everything else is held against: the audit
log, the control store and its backups, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa

from control import emergencies, holds, kill_switches, letters, tokens
from control.letters import Written
from control.tables import audit
from core.alerts import Alert, AlertKind, alert
from ui.notifying.ways import ways_of

if TYPE_CHECKING:
    from ui.workspace import Workspace

REVIEWED_WITHIN = timedelta(hours=4)
"""After that an emergency that nobody else looked at is urgent."""
STOPPED_FOR = timedelta(hours=24)
"""A kill switch that is on for longer was forgotten, or stands in for a change."""
ENDS_SOON = timedelta(days=7)
SAVED_EVERY = timedelta(days=8)
"""Whoever makes backups makes one a week; a day late is not told."""
TRIED = 3
"""Times after which a letter that is not taken is told; mail servers that do not know the sender
put the first one off."""
TOLD_FOR = timedelta(days=1)
"""So long a letter that nobody tries any more is told of, unless a later one arrived."""
LINKS = 500
"""The newest entries of the audit log whose chain is looked at each time; ``audit verify`` reads
all of it."""


def emergencies_unreviewed(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Emergencies that nobody but who did them has looked at."""
    for one in emergencies.unreviewed(workspace.store):
        yield alert(
            AlertKind.EMERGENCY_UNREVIEWED,
            one.id,
            f"{one.by} did {one.deed} {one.subject}: {one.reason} Somebody else has to look at it.",
            f"pilothouse emergency review {one.id} --comment WHY",
            since=one.at,
            urgent=one.at < now - REVIEWED_WITHIN,
        )


def switches_on(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Kill switches that are on for longer than a day."""
    for one in kill_switches.active(workspace.store).switches:
        if one.at < now - STOPPED_FOR:
            yield alert(
                AlertKind.KILL_SWITCH_ON,
                f"{one.scope} {one.key}",
                f"{one.by} stopped {one.scope} {one.key} at {one.at:%Y-%m-%d %H:%M}: {one.reason}",
                "pilothouse kill --list",
                since=one.at,
            )


def tokens_ending(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Tokens in use that end within a week."""
    for one in tokens.list_all(workspace.store):
        is_used = one.revoked_at is None and one.last_used_at is not None
        if is_used and now < one.expires_at < now + ENDS_SOON:
            yield alert(
                AlertKind.TOKEN_EXPIRING,
                one.name,
                f"The token {one.name} of {one.created_by} is in use and ends at "
                f"{one.expires_at:%Y-%m-%d %H:%M}.",
                "pilothouse tokens list",
            )


def audit_log(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """The newest entries of the audit log, and what was noted of it outside of the store."""
    with workspace.store.read() as connection:
        why = _unlinked(connection) or _behind(connection, workspace)
    if why:
        yield alert(AlertKind.AUDIT_BROKEN, "audit", why, "pilothouse audit verify")


def store_held(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """A control store that was restored, until an admin accepts it."""
    if found := holds.of(workspace.store):
        yield alert(
            AlertKind.STORE_HELD,
            "control store",
            f"Nothing goes live and nothing is sent: {found.why}",
            "pilothouse restore --accept --reason WHY",
            since=found.since,
        )


def backups(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """The last backup of the control store; nothing where none was ever made with Pilothouse."""
    query = sa.select(sa.func.max(audit.c.at)).where(audit.c.what == "backup")
    with workspace.store.read() as connection:
        last = connection.execute(query).scalar()
    if last is not None and last < now - SAVED_EVERY:
        yield alert(
            AlertKind.BACKUP_OLD,
            "control store",
            f"The last backup of the control store is of {last:%Y-%m-%d %H:%M}.",
            "pilothouse backup FOLDER",
            since=last,
        )


def notifications_failing(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Ways of telling people by which letters do not arrive, or that cannot be used at all."""
    for way, refusal in ways_of(workspace.settings).refused.items():
        yield _failing(way, f"Nobody is told anything by {way}: {refusal.message}", None)
    found: dict[str, list[Written]] = {}
    for one in letters.troubled(workspace.store, now - TOLD_FOR):
        if one.state != "waiting" or one.attempts >= TRIED:
            found.setdefault(one.way, []).append(one)
    for way, these in found.items():
        many = f"{len(these):,} letters" if len(these) > 1 else "A letter"
        why = f"{many} by {way} did not arrive: {these[-1].why}"
        yield _failing(way, why, these[0].created_at)


def _failing(way: str, why: str, since: datetime | None) -> Alert:
    return alert(AlertKind.NOTIFICATIONS_FAILING, way, why, "pilothouse notify list", since=since)


def _unlinked(connection: sa.Connection) -> str | None:
    columns = audit.c.seq, audit.c.prev_hash, audit.c.hash
    query = sa.select(*columns).order_by(audit.c.seq.desc()).limit(LINKS)
    rows = connection.execute(query).all()
    for later, earlier in pairwise(rows):
        if (later.seq, later.prev_hash) != (earlier.seq + 1, earlier.hash):
            return f"Entry {later.seq} of the audit log does not follow entry {earlier.seq}."
    return None


def _behind(connection: sa.Connection, workspace: Workspace) -> str | None:
    # What lies before the first entry was folded, which the whole check looks into.
    first = connection.execute(sa.select(sa.func.min(audit.c.seq))).scalar() or 0
    noted = [one for one in workspace.anchors.anchors()[-LINKS:] if one.seq >= first]
    seqs = [one.seq for one in noted]
    query = sa.select(audit.c.seq, audit.c.hash).where(audit.c.seq.in_(seqs))
    there = {row.seq: row.hash for row in connection.execute(query)}
    for one in noted:
        if there.get(one.seq) != one.hash:
            gone = "is gone" if one.seq not in there else "is another one"
            return f"Entry {one.seq} of the audit log {gone}: {one.where} says what it was."
    return None


SOURCES = (
    emergencies_unreviewed,
    switches_on,
    tokens_ending,
    audit_log,
    store_held,
    backups,
    notifications_failing,
)
