"""When approved change requests go live, and which reviews took too long, kept and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control.schedule_tables import escalations, go_live_windows
from control.store import utc
from core.errors import Code, refuse
from core.lifecycle import Role
from core.schedule import Window


class Escalation(BaseModel):
    """A review that took longer than its deadline, and whom it went to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_role: Role
    review_by: datetime
    at: datetime


def keep_window(
    connection: sa.Connection, request_id: str, window: Window, *, by: str, now: datetime
) -> None:
    """Let a request go live in a window once it is approved; nobody moves it afterwards.

    Refuses with INVALID_ARGUMENT a window that is over, and one beside another's.
    """
    if window.standing(utc(now)) == "over":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The window of {request_id} is over already: {window}.",
            span="until",
            fix="Choose a window that ends later.",
        )
    there = windows(connection, [request_id]).get(request_id)
    if there not in (None, window):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request_id} goes live at {there}, as another approver said.",
            span="at",
            fix="Approve it without a window of your own, or ask for changes.",
        )
    if there is None:
        row = window.model_dump() | {"change_request_id": request_id, "by": by}
        connection.execute(go_live_windows.insert().values(row))


def window_of(connection: sa.Connection, request_id: str) -> Window | None:
    """When a request may go live; None: as soon as it is approved."""
    return windows(connection, [request_id]).get(request_id)


def windows(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Window]:
    """Request → when it may go live, of those that have a window."""
    query = sa.select(go_live_windows).where(go_live_windows.c.change_request_id.in_(ids))
    return {
        row.change_request_id: Window(at=row.at, until=row.until)
        for row in connection.execute(query)
    }


def keep_escalation(connection: sa.Connection, request_id: str, escalation: Escalation) -> None:
    """Remember that a review took too long; it is done once for a request."""
    row = escalation.model_dump() | {"change_request_id": request_id}
    connection.execute(escalations.insert().values(row))


def escalated(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Escalation]:
    """Request → its escalation, of those whose review took too long."""
    query = sa.select(escalations).where(escalations.c.change_request_id.in_(ids))
    return {
        row.change_request_id: Escalation(to_role=row.to_role, review_by=row.review_by, at=row.at)
        for row in connection.execute(query)
    }
