"""Alerts about changes on their way to live, and about what is live."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from control import canaries, certifications, review_terms, schedules, suspensions
from control.tables import change_requests
from core.alerts import Alert, AlertKind, alert
from core.lifecycle import WAITING, State, Suspended
from orchestrate.rulebook import retrying
from orchestrate.rulebook.canary import ITSELF

if TYPE_CHECKING:
    from ui.workspace import Workspace

LIVE_WITHIN = timedelta(minutes=15)
"""What may go live in its window is live by then, or something is wrong."""
TAKEN_BACK_FOR = timedelta(days=7)
"""So long a canary that was taken back and a window that went by are told of, when nobody proposes
anything in their place."""
NAMED = 3
"""Rules that an alert names; of more it says how many."""


def reviews_overdue(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Requests that wait for a verdict for longer than their risk allows."""
    with workspace.store.read() as connection:
        waiting = _in(connection, [State.IN_REVIEW])
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
    with workspace.store.read() as connection:
        held = suspensions.of(connection, [*_in(connection, WAITING)])
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
    """What was approved, is held back by nothing and is not live: refused, or not for a day."""
    put_off = {one.request.id: one for one in retrying.waiting(workspace.store)}
    for key, refused in put_off.items():
        yield alert(
            AlertKind.APPROVED_NOT_LIVE,
            key,
            f"{key} ({refused.request.target_key}) was approved and could not go live: "
            f"{refused.why}",
            f"pilothouse approvals show {key}",
            since=refused.at,
        )
    within = timedelta(hours=workspace.settings.governance.live_within_hours)
    with workspace.store.read() as connection:
        approved = _in(connection, [State.APPROVED])
        held = suspensions.of(connection, [*approved])
        waits = {*held, *schedules.windows(connection, [*approved])}
    for key, one in approved.items():
        if key not in {*waits, *put_off} and one.updated_at < now - within:
            yield alert(
                AlertKind.APPROVED_NOT_LIVE,
                key,
                f"{key} ({one.target_key}) was approved at {one.updated_at:%Y-%m-%d %H:%M} "
                "and is not live.",
                f"pilothouse approvals show {key}",
                since=one.updated_at,
            )


def windows_missed(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """What should be live by its window and is not, and whose window went by."""
    with workspace.store.read() as connection:
        found = _in(connection, [State.SCHEDULED, State.APPROVED, State.EXPIRED])
        windows = schedules.windows(connection, [*found])
        held, proposed = suspensions.of(connection, [*windows]), _proposed_last(connection)
    for key, window in windows.items():
        one = found[key]
        late = window.standing(now) == "over" or window.at < now - LIVE_WITHIN
        replaced = proposed[one.target_key] > one.created_at
        told_enough = replaced or one.updated_at < now - TAKEN_BACK_FOR
        if late and key not in held and not (one.state == State.EXPIRED and told_enough):
            yield alert(
                AlertKind.WINDOW_MISSED,
                key,
                f"{key} ({one.target_key}) was to go live at {window} and did not.",
                f"pilothouse approvals show {key}",
                since=window.at,
            )


def canaries_taken_back(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Canaries that ended by themselves, until somebody proposes something in their place."""
    with workspace.store.read() as connection:
        proposed = _proposed_last(connection)
    newest = {one.key: one for one in reversed(canaries.everything(workspace.store))}
    for one in newest.values():
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


def certificates(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Rules that an approver has to certify soon, and those that were paused for want of it."""
    asked = workspace.settings.governance
    days, warn = asked.certify_days or None, asked.certify_warn_days
    held = certifications.everything(workspace.store, days=days, warn_days=warn, now=now)
    due = [one for one in held if one.standing in ("soon", "due") and one.state == "live"]
    if due:
        first = due[0].due
        more = f" and {len(due) - NAMED:,} more" if len(due) > NAMED else ""
        names = ", ".join(one.key for one in due[:NAMED])
        yield alert(
            AlertKind.CERTIFICATION_DUE,
            "rules",
            f"{names}{more} are paused unless an approver certifies them, the first at "
            f"{first:%Y-%m-%d %H:%M}.",
            f"pilothouse rules certify {due[0].key}",
        )
    for one in held:
        if one.standing == "lapsed":
            yield alert(
                AlertKind.RULE_UNCERTIFIED,
                one.key,
                f"{one.key} version {one.version} is paused: nobody certified it since "
                f"{one.since:%Y-%m-%d}.",
                f"pilothouse rules certify {one.key}",
                since=one.due,
            )


def _in(connection: sa.Connection, states: Collection[State | str]) -> dict[str, sa.Row[Any]]:
    """Id → what is told of the requests in some states, without reading what they propose."""
    names = ("id", "target_key", "state", "created_at", "updated_at")
    query = sa.select(*(change_requests.c[name] for name in names))
    query = query.where(change_requests.c.state.in_(sorted(states)))
    return {row.id: row for row in connection.execute(query.order_by(change_requests.c.id))}


def _proposed_last(connection: sa.Connection) -> dict[str, datetime]:
    """Key → when somebody proposed something for it last."""
    key, at = change_requests.c.target_key, sa.func.max(change_requests.c.created_at)
    sent = sa.select(key, at).where(change_requests.c.state != State.DRAFT.value).group_by(key)
    return {row[0]: row[1] for row in connection.execute(sent)}


SOURCES = (
    reviews_overdue,
    requests_held_back,
    approved_not_live,
    windows_missed,
    canaries_taken_back,
    canaries_waiting,
    certificates,
)
