"""What was open when a server looked last: told to logs and metrics as it changes, and to pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.alerts import Alert, AlertKind
from ui import telemetry
from ui.alerts import open_alerts

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SECONDS = 30.0


class Board:
    """Looks again and again; whoever reads it never waits for a look."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.open: tuple[Alert, ...] = ()
        """What was open at the last look, what is urgent first; nothing before the first one."""
        self.looked = False
        """Whether there was a look: before it, nothing is known, and nothing is over."""

    def once(self) -> None:
        """One look: what began and what ended since the last one goes to the log."""
        before = {(one.kind, one.subject): one for one in self.open}
        found = open_alerts(self._workspace)
        after = {(one.kind, one.subject): one for one in found}
        for key in after.keys() - before.keys():
            one = after[key]
            told = {"kind": one.kind.value, "subject": one.subject, "why": one.sentence}
            log.warning("alert_began", **told, urgent=one.urgent, runbook=one.runbook)
        for kind, subject in before.keys() - after.keys():
            log.info("alert_ended", kind=kind.value, subject=subject)
        self.open = tuple(found)
        self.looked = True
        for each in AlertKind:
            count = sum(one.kind is each for one in found)
            telemetry.ALERTS.labels(each.value).set(count)
