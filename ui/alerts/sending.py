"""Alerts about sending, and about what providers tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from control import channel_routes, delivery, holds, kill_switches
from control.receipt_tables import receipts
from core.alerts import Alert, AlertKind, alert
from deliver.destinations.mailbox import MAILBOX
from deliver.standing import Standing, standings
from ui import slo

if TYPE_CHECKING:
    from ui.workspace import Workspace

LEAVE_WITHIN = timedelta(minutes=15)
"""A message that is due for longer, to a destination that takes messages, is stuck."""
KNOWN_WITHIN = timedelta(hours=1)
RECEIPTS_OVER = timedelta(days=1)
LEAST_WAITING, LEAST_SHARE = 20, 0.1
"""Fewer receipts of unknown messages, or a smaller share of them, are a provider's stragglers."""


def destinations_paused(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Destinations that somebody paused, or that took too few messages."""
    for name, one in delivery.paused(workspace.store).items():
        yield alert(
            AlertKind.DESTINATION_PAUSED,
            name,
            f"Nothing is sent to {name}, and its messages wait: {one.reason}",
            f"pilothouse deliver resume {name}",
            since=one.since,
        )


def destinations_unusable(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Destinations that channels are routed to and that are not set up."""
    for one in slo.unusable(workspace):
        yield alert(
            AlertKind.DESTINATION_UNUSABLE,
            one["destination"],
            f"Nothing is sent to {one['destination']}, and its messages wait: {one['why']}",
            "pilothouse destinations check",
        )


def messages_stuck(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Messages that are due and do not leave, though nothing stops them."""
    if slo.held(workspace, now) or holds.of(workspace.store):
        return
    if kill_switches.active(workspace.store).keys("global"):
        return
    for one in _standings(workspace, now):
        oldest = one.oldest_due
        if one.paused or one.blocked_until or oldest is None or oldest > now - LEAVE_WITHIN:
            continue
        yield alert(
            AlertKind.MESSAGES_STUCK,
            one.destination,
            f"{one.due:,} messages to {one.destination} are due, the oldest since "
            f"{oldest:%Y-%m-%d %H:%M}.",
            "pilothouse deliver run",
            since=oldest,
        )


def messages_uncertain(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Messages of which nobody can tell whether they arrived."""
    for one in _standings(workspace, now):
        if one.uncertain:
            yield alert(
                AlertKind.MESSAGES_UNCERTAIN,
                one.destination,
                f"Nobody can tell whether {one.destination} has {one.uncertain:,} messages.",
                "pilothouse deliver list",
            )


def receipts_of_nothing(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Receipts of a day that name messages which nobody sent from here."""
    waiting = sa.func.count(sa.case((receipts.c.applied_at.is_(None), 1)))
    came = receipts.c.received_at
    query = (
        sa.select(receipts.c.destination, sa.func.count().label("told"), waiting.label("waiting"))
        .where(came > now - RECEIPTS_OVER, came < now - KNOWN_WITHIN)
        .group_by(receipts.c.destination)
    )
    with workspace.store.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        if row.waiting >= LEAST_WAITING and row.waiting >= row.told * LEAST_SHARE:
            yield alert(
                AlertKind.RECEIPTS_WAITING,
                row.destination,
                f"{row.waiting:,} of {row.told:,} receipts of {row.destination} name messages or "
                "people that are not known here.",
                "pilothouse deliver status",
            )


def _standings(workspace: Workspace, now: datetime) -> list[Standing]:
    routed = channel_routes.routes(workspace.store)
    served = {name: routed.get(name, MAILBOX) for name in workspace.catalog.channels}
    return standings(workspace.store, served, now=now)


SOURCES = (
    destinations_paused,
    destinations_unusable,
    messages_stuck,
    messages_uncertain,
    receipts_of_nothing,
)
