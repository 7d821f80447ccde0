"""Alerts about decisions: held, slow, or made otherwise the second time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from control.parity_tables import parity
from control.tables import change_requests
from core.alerts import Alert, AlertKind, alert
from core.jumps import JUMP
from orchestrate import jump_requests
from orchestrate.cycle import last_cycle
from ui import slo

if TYPE_CHECKING:
    from ui.workspace import Workspace

DIFFERED_FOR = timedelta(days=1)
"""So long a decision that came out otherwise is told of; each is an entry of the audit log."""


def cycle_held(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """A population that vanished or exploded."""
    jumps = sa.select(change_requests.c.id).where(change_requests.c.kind == JUMP).limit(1)
    with workspace.store.read() as connection:
        if connection.execute(jumps).first() is None:
            return
    found = jump_requests.holding(workspace.store, last_cycle(workspace.warehouse))
    if found is not None:
        state = found.state.value.replace("_", " ")
        yield alert(
            AlertKind.CYCLE_HELD,
            found.id,
            f"Cycles are held: {found.name}. {found.id} is {state}.",
            f"pilothouse approvals show {found.id}",
            since=found.created_at,
        )


def slow_decisions(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Decisions on events that take longer than the settings allow."""
    asked = workspace.settings.slo
    if asked.decision_seconds is None:
        return
    found = slo.deciding(workspace, now)
    if found["breached"]:
        yield alert(
            AlertKind.DECISIONS_SLOW,
            "decisions",
            f"95 of 100 decisions of the last hour came within {found['seconds']:.1f} s of the "
            f"event, and {asked.decision_seconds:g} s are allowed.",
            "pilothouse status",
            urgent=asked.hold_slow_decisions,
        )


def differing_decisions(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Decisions on single users that the engine of the cycles makes otherwise."""
    since = (now - DIFFERED_FOR).date().isoformat()
    query = sa.select(parity).where(parity.c.day >= since, parity.c.differing > 0)
    with workspace.store.read() as connection:
        days = connection.execute(query.order_by(parity.c.day)).all()
    if days:
        last = days[-1].last_difference
        yield alert(
            AlertKind.DECISIONS_DIFFER,
            "decisions",
            f"{sum(day.differing for day in days):,} of {sum(day.checked for day in days):,} "
            f"decisions came out otherwise when the engine made them again; the last is {last}.",
            f"pilothouse replay {last}",
        )


SOURCES = (cycle_held, slow_decisions, differing_decisions)
