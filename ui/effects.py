"""The effect of a rule in a workspace: measured when it is proposed, and again before go-live."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from control import suspensions
from control.requests import ChangeRequest
from control.versions import Rule
from core.effects import Effect, drifted
from core.errors import PilothouseError
from core.lifecycle import State, Suspended
from orchestrate.effects.measuring import measure
from ui.freshness import require_fresh

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def effect_of(workspace: Workspace, rule: Rule, as_of: datetime | None = None) -> Effect:
    """What a rule would change, at the end of the data unless told otherwise."""
    moment = as_of or workspace.as_of()
    return measure(workspace.store, workspace.warehouse, workspace.catalog, rule, as_of=moment)


def require_unmoved(workspace: Workspace, request: ChangeRequest) -> None:
    """Refuses with SUSPENDED a rule whose effect is no longer what was approved.

    It is measured again only when the data has moved on since; what drifted beyond the declared
    tolerance is suspended, with both numbers in the reason. A request without a stored effect
    has nothing that could drift.
    """
    stored = request.preview.effect if request.preview else None
    if stored is None or stored.as_of == workspace.as_of().isoformat():
        return
    with workspace.store.read() as connection:
        suspensions.require_free(connection, request.id)
    now = effect_of(workspace, request.rule)
    moved = drifted(stored, now, workspace.settings.governance.effect_tolerance)
    if moved:
        raise _suspended(workspace, request, "; ".join(one.sentence for one in moved))


def require_same(workspace: Workspace, request: ChangeRequest) -> None:
    """The same, asked of what somebody is about to approve, and that its data is not late since;
    what is decided already is let be."""
    if request.state is State.IN_REVIEW:
        require_fresh(workspace, request)
        require_unmoved(workspace, request)


def _suspended(workspace: Workspace, request: ChangeRequest, numbers: str) -> PilothouseError:
    why = f"Its effect is no longer the one that was approved. {numbers}."
    with workspace.store.write() as connection:
        held = suspensions.suspend(
            connection,
            request.id,
            Suspended.EFFECT_DRIFT,
            why,
            workspace.now(),
            fix=f"Propose what it would do now: 'pilothouse approvals rebase {request.id}'.",
        )
    log.warning("effect_drifted", change_request=request.id, why=why)
    return suspensions.refused(request.id, held)
