"""Decisions for whoever sent an event, as soon as it is a fact, by the desk of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrate.live.whom import arrived, latest
from orchestrate.online import decide_now
from ui.deciding import Moments
from ui.ids import new_id

if TYPE_CHECKING:
    from ui.workspace import Workspace

LOAD_SECONDS = 0.5
"""Between loads where events are decided on."""
LOOK_SECONDS = 0.02
"""Between looks whether events became facts; one that finds nothing written costs nothing."""
PATIENCE_SECONDS = 30.0


class EventRound:
    """Decides at once for the users of whom events came in; one per server."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, _ = workspace, workspace.intake  # which makes the tables of identity
        self._moments = Moments(workspace)
        self._seen = -1
        self.until = latest(workspace.warehouse)
        """The place in the log up to which everybody was decided on of whom events came in."""

    def once(self) -> int:
        """One look at what became facts since the last one; gives how many were decided on."""
        decided = self.decide()
        if decided:
            # Now, not with the next round of writing: their messages wait for it.
            self._workspace.desk.write_out()
        return decided

    def decide(self) -> int:
        """The same without writing it to the warehouse; each decision is on disk."""
        warehouse = self._workspace.warehouse
        seen = warehouse.changes
        if seen == self._seen:
            return 0
        since, until = self.until, latest(warehouse)
        # A log that was loaded anew may end earlier than it did.
        users = arrived(warehouse, since, until) if until > since else []
        # What was read of so many stays true for as long as nothing is loaded.
        with self._workspace.intake.still():
            decided = self._decide(users) if users else 0
        self.until, self._seen = until, seen
        return decided

    def _decide(self, users: list[str]) -> int:
        workspace, trace_id = self._workspace, new_id()
        kept = workspace.desk.decide_all(users, self._moments, trace_id=trace_id)
        behind = [user for user, one in kept.items() if one is None]
        if behind:
            decide_now(
                workspace.store,
                workspace.warehouse,
                workspace.catalog,
                behind,
                as_of=self._moments(),
                trace_id=trace_id,
            )
        for one in kept.values():
            if one is not None:
                one.on_disk.result(PATIENCE_SECONDS)
        return len(kept)
