"""Where something stands, as a badge: colour, icon and word, never colour alone."""

from __future__ import annotations

from typing import Literal, NamedTuple

from control.requests import ChangeRequest
from control.runs import Run
from core.lifecycle import State
from core.policies import Risk

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


class Badge(NamedTuple):
    """What ``st.badge`` needs. ``icon`` is a Material name."""

    label: str
    colour: Colour
    icon: str

    @property
    def markdown(self) -> str:
        """The badge inside a line of Markdown; its label is ours, never somebody's text."""
        return f":{self.colour}-badge[:material/{self.icon}: {self.label}]"


REQUEST: dict[State, Badge] = {
    State.DRAFT: Badge("Draft", "gray", "edit_note"),
    State.IN_REVIEW: Badge("In review", "orange", "schedule"),
    State.APPROVED: Badge("Approved", "blue", "task_alt"),
    State.SCHEDULED: Badge("Approved, in staging", "blue", "science"),
    State.LIVE: Badge("Live", "green", "check_circle"),
    State.SUPERSEDED: Badge("Superseded", "gray", "history"),
    State.REJECTED: Badge("Rejected", "red", "block"),
    State.CHANGES_REQUESTED: Badge("Changes requested", "orange", "rate_review"),
    State.WITHDRAWN: Badge("Withdrawn", "gray", "undo"),
    State.EXPIRED: Badge("Expired", "gray", "hourglass_disabled"),
}
WINDOWED = Badge("Scheduled", "blue", "event")
"""Approved, and live by itself in its window: not what staging has."""
SUSPENDED = Badge("Suspended", "orange", "pause_circle")
ESCALATED = Badge("Late", "red", "priority_high")
RISK: dict[Risk, Badge] = {
    "low": Badge("Low risk", "gray", "shield"),
    "medium": Badge("Medium risk", "orange", "warning"),
    "high": Badge("High risk", "red", "error"),
}
RUN: dict[str, Badge] = {
    "queued": Badge("Working", "blue", "progress_activity"),
    "running": Badge("Working", "blue", "progress_activity"),
    "waiting": Badge("In review", "orange", "schedule"),
    "finished": Badge("Answered", "green", "check"),
    "failed": Badge("Failed", "red", "error"),
}
ANSWERED: dict[str, Badge] = {
    "needs_clarification": Badge("Asks back", "orange", "help"),
    "refused": Badge("Refused", "gray", "block"),
}
CHANGE: dict[str, Badge] = {
    "Changed": Badge("Changed", "orange", "edit"),
    "Added": Badge("Added", "green", "add"),
    "Removed": Badge("Removed", "red", "remove"),
    "Same": Badge("Same", "gray", "drag_handle"),
}
CONFIDENCE: dict[str, Badge] = {
    "high": Badge("Strong", "green", "verified"),
    "medium": Badge("Moderate", "orange", "contrast"),
    "low": Badge("Weak", "gray", "question_mark"),
}


def request_badge(request: ChangeRequest) -> Badge:
    """Where a change request stands."""
    windowed = request.state is State.SCHEDULED and request.window is not None
    return WINDOWED if windowed else REQUEST[request.state]


def run_badge(run: Run, request: ChangeRequest | None) -> Badge:
    """Where a run stands: its change request says it best, then its answer, then the worker."""
    if request:
        return request_badge(request)
    status = (run.result or {}).get("status")
    return ANSWERED.get(str(status), RUN[run.state])
