"""The audit log keeps as many days in the store as the settings say; older ones go into files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from control.audit_folding import Folded, fold

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

FOLDER = "audit"
EVERY_SECONDS = 3600.0


def once(workspace: Workspace) -> Folded | None:
    """Fold what is older than ``audit_keep_days``; None where nothing is, or all is kept."""
    days = workspace.settings.governance.audit_keep_days
    if days is None:
        return None
    return before(workspace, workspace.now() - timedelta(days=days), who="pilothouse")


def before(workspace: Workspace, moment: datetime, *, who: str) -> Folded | None:
    """Fold what is older than a moment (naive UTC) into a file of the workspace."""
    folder = workspace.settings.workspace / FOLDER
    folded = fold(workspace.store, folder, before=moment, who=who, now=workspace.now())
    if folded is not None:
        log.info("audit_folded", **folded._asdict())
    return folded
