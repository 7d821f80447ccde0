"""Alerts about changes on their way to live, and about what people stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa

from control import (
    canaries,
    emergencies,
    kill_switches,
    requests,
    review_terms,
    schedules,
    suspensions,
)
from control import tokens as api_tokens
from control.tables import audit
from core.alerts import Alert, AlertKind, alert
from core.lifecycle import WAITING, State, Suspended
from orchestrate.rulebook.canary import ITSELF

if TYPE_CHECKING:
    from control.requests import ChangeRequest
    from ui.workspace import Workspace

LIVE_WITHIN = timedelta(minutes=15)
"""What was approved and nobody scheduled is live by then, or something is wrong."""
REVIEWED_WITHIN = timedelta(hours=4)
"""After that an emergency that nobody else looked at is urgent."""
STOPPED_FOR = timedelta(hours=24)
"""A kill switch that is on for longer was forgotten, or stands in for a change."""
TAKEN_BACK_FOR = timedelta(days=7)
"""So long a canary that was taken back is told of, when nobody proposes anything in its place."""
ENDS_SOON = timedelta(days=7)
LINKS = 500
"""The newest entries of the audit log whose chain is looked at each time; ``audit verify`` reads
all of it."""


def reviews_overdue(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Requests that wait for a verdict for longer than their risk allows."""
    waiting = {one.id: one for one in requests.list_all(workspace.store, State.IN_REVIEW)}
    with workspace.store.read() as connection:
        terms = review_terms.read(connection, [*waiting])
    for key, one in terms.items():
        if one.review_by < now:
            yield alert(
                AlertKind.REVIEW_OVERDUE,
                key,
                f"{key} ({waiting[key].target_key}, {one.risk} risk) was to be decided by "
                f"{one.review_by:%Y-%m-%d %H:%M}.",
                f"pilothouse approvals show {key}",
                since=one.review_by,
                who=one.escalate_to,
            )


def requests_held_back(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Requests that a conflict, a person or a moved effect holds back."""
    ids = [one.id for state in WAITING for one in _in(workspace, state)]
    with workspace.store.read() as connection:
        held = suspensions.of(connection, ids)
    for key, reasons in held.items():
        for one in reasons:
            drifted = one.code is Suspended.EFFECT_DRIFT
            kind = AlertKind.EFFECT_DRIFTED if drifted else AlertKind.REQUEST_SUSPENDED
            yield alert(
                kind,
                key,
                f"{key} is held back: {one.why}",
                f"pilothouse approvals show {key}",
                since=one.at,
            )


def approved_not_live(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """What was approved, is held back by nothing and is not live."""
    approved = _in(workspace, State.APPROVED)
    with workspace.store.read() as connection:
        ids = [one.id for one in approved]
        waits = {*suspensions.of(connection, ids), *schedules.windows(connection, ids)}
    for one in approved:
        if one.id not in waits and one.updated_at < now - LIVE_WITHIN:
            yield alert(
                AlertKind.APPROVED_NOT_LIVE,
                one.id,
                f"{one.id} ({one.target_key}) was approved at {one.updated_at:%Y-%m-%d %H:%M} "
                "and is not live.",
                f"pilothouse approvals show {one.id}",
                since=one.updated_at,
            )


def windows_missed(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """What should be live by its window and is not, and whose window went by."""
    since, proposed = now - TAKEN_BACK_FOR, _proposed_last(workspace)
    found = {
        one.id: one
        for state in (State.SCHEDULED, State.APPROVED, State.EXPIRED)
        for one in _in(workspace, state)
        if one.review is not None and (one.state is not State.EXPIRED or one.updated_at > since)
    }
    with workspace.store.read() as connection:
        windows = schedules.windows(connection, [*found])
        held = suspensions.of(connection, [*windows])
    for key, window in windows.items():
        late = window.standing(now) == "over" or window.at < now - LIVE_WITHIN
        replaced = proposed[found[key].target_key] > found[key].created_at
        if late and key not in held and not (replaced and found[key].state is State.EXPIRED):
            yield alert(
                AlertKind.WINDOW_MISSED,
                key,
                f"{key} ({found[key].target_key}) was to go live at {window} and did not.",
                f"pilothouse approvals show {key}",
                since=window.at,
            )


def canaries_taken_back(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Canaries that ended by themselves, until somebody proposes something in their place."""
    proposed = _proposed_last(workspace)
    seen: set[str] = set()
    for one in canaries.everything(workspace.store):
        if one.key in seen:
            continue
        seen.add(one.key)
        ended = one.ended_at
        if one.state != "rolled_back" or one.ended_by != ITSELF or ended is None:
            continue
        if ended > now - TAKEN_BACK_FOR and proposed.get(one.key, ended) <= ended:
            yield alert(
                AlertKind.CANARY_STOPPED,
                one.key,
                f"Version {one.version} of {one.key} was taken back as a canary: {one.why}",
                f"pilothouse canary show {one.key}",
                since=ended,
            )


def canaries_waiting(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Canaries that neither their limits nor time will end."""
    for key, one in canaries.running(workspace.store).items():
        last = canaries.last_readout(workspace.store, one.id)
        if last is not None and last.document["verdict"]["for_person"]:
            why = last.document["verdict"]["why"]
            yield alert(
                AlertKind.CANARY_WAITS,
                key,
                f"The canary of {key} version {one.version} waits for a person: {why}",
                f"pilothouse canary show {key}",
                since=one.started_at,
            )


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
    for one in api_tokens.list_all(workspace.store):
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


def _proposed_last(workspace: Workspace) -> dict[str, datetime]:
    """Key → when somebody proposed something for it last."""
    found: dict[str, datetime] = {}
    for one in requests.list_all(workspace.store):
        found[one.target_key] = max(found.get(one.target_key, one.created_at), one.created_at)
    return found


def _in(workspace: Workspace, state: State | str) -> list[ChangeRequest]:
    return requests.list_all(workspace.store, State(state))


SOURCES = (
    reviews_overdue,
    requests_held_back,
    approved_not_live,
    windows_missed,
    canaries_taken_back,
    canaries_waiting,
    emergencies_unreviewed,
    switches_on,
    tokens_ending,
    audit_log,
)
