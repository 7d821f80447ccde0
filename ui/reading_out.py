"""Read-outs in a workspace: what a policy's messages changed, by the holdout that it has."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from control import versions
from core.errors import Code, PilothouseError
from measure.lift import HORIZON_DAYS, LiftReport, lift
from warehouse.catalog import unknown_name

if TYPE_CHECKING:
    from ui.workspace import Workspace


def read_out(
    workspace: Workspace,
    policy: str,
    as_of: datetime,
    *,
    horizon_days: int = HORIZON_DAYS,
    goal_event: str | None = None,
) -> LiftReport:
    """The lift of a policy at a moment (naive UTC); refuses one that never decided."""
    live = versions.current(workspace.store, policy)
    decided = "SELECT DISTINCT policy_key FROM decisions ORDER BY 1"
    known = [row[0] for row in workspace.warehouse.fetch(decided).rows]
    if live is None and policy not in known:
        raise PilothouseError(unknown_name(Code.UNKNOWN_KEY, "policy", policy, known))
    journey = versions.running_journeys(workspace.store).get(policy)
    in_force = live.artifact if live else journey.artifact if journey else None
    holdout = in_force.holdout if in_force else None
    return lift(
        workspace.runner(),
        workspace.catalog,
        policy,
        as_of=as_of,
        horizon_days=horizon_days,
        holdout=holdout,
        goal_event=goal_event,
    )
