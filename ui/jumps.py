"""Accepting a jump while running a cycle: an approver's verdict, on the record like any other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from control.people import Person, require_now
from core.lifecycle import Role
from orchestrate import jump_requests
from orchestrate.cycle import CycleReport
from orchestrate.jumps import Held

if TYPE_CHECKING:
    from ui.workspace import Workspace

COMMENT = "Accepted while running the cycle."


def run_accepting(
    workspace: Workspace, person: Person, *, as_of: datetime | None = None
) -> CycleReport:
    """Run a cycle; when a population jumped, accept exactly that jump first.

    Refuses with NOT_ALLOWED whoever is no approver. A jump that was turned down before is asked
    about anew.
    """
    with workspace.store.read() as connection:
        require_now(connection, person, frozenset({Role.APPROVER}), "accept a jump")
    try:
        return workspace.run_cycle(as_of=as_of)
    except Held as held:
        request = jump_requests.open_for(workspace.store, held.jump, now=workspace.now())
    workspace.decide(request.id, person, "approve", COMMENT)
    return workspace.run_cycle(as_of=as_of)
