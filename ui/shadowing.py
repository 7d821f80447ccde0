"""Decisions on demand held against the engine of the cycles while a server runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from control import parity
from orchestrate.live.shadow import Checked

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
SECONDS = 30.0
"""Between two decisions that are made once more: each costs about 0.2 seconds of a core."""


class ShadowRound:
    """Makes one of the last decisions once more, every half minute in which there were any."""

    def __init__(self, workspace: Workspace, seconds: float = SECONDS) -> None:
        self._workspace, self._seconds = workspace, seconds
        self._due = time.monotonic() + seconds

    def once(self) -> Checked | None:
        """One look; None when nothing was due, or nothing can be compared at this moment."""
        if time.monotonic() < self._due:
            return None
        checked = self._workspace.desk.shadow.check()
        if checked is not None:
            self._due = time.monotonic() + self._seconds
            note(self._workspace, checked)
        return checked


def note(workspace: Workspace, checked: Checked) -> None:
    """Count what was checked; what differs is in the audit log and in the server's own."""
    now = workspace.now()
    parity.note(workspace.store, checked.decisions, checked.differences, now=now)
    for one in checked.differences:
        log.error("decision_differs", decision_id=one.decision_id, why=one.note)
