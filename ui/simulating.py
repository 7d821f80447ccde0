"""Rules rehearsed in a workspace: a dry run over everybody, with a proposal or without."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.rehearsal.dry_run import rehearse
from orchestrate.rehearsal.outcome import Rehearsal

if TYPE_CHECKING:
    from ui.workspace import Workspace


def dry_run(
    workspace: Workspace,
    proposed: DecisionPolicy | EligibilityRule | None,
    *,
    as_of: datetime | None = None,
    week: bool = True,
) -> Rehearsal:
    """What a cycle would do for everybody; nothing is kept."""
    return rehearse(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        as_of=as_of or workspace.as_of(),
        proposed=proposed,
        week=week,
    )
