"""Looking back at what went live: filed on its change request when its days are over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from control import evaluations, requests
from control.evaluations import Due
from measure.outcomes.deployment import Deployed, evaluate
from ui.outcomes import asked

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def file_due(workspace: Workspace, as_of: datetime) -> dict[str, str]:
    """Evaluate and file what is due by a moment (naive UTC); request and days → verdict.

    What is filed stays: the same moment again files nothing.
    """
    told: dict[str, str] = {}
    for one in evaluations.due(workspace.store, as_of):
        now = workspace.now()
        found = evaluate(
            asked(workspace, as_of),
            _deployed(workspace, one),
            workspace.settings.governance.effect_tolerance,
            now=now,
        )
        if evaluations.file(workspace.store, one.change_request_id, found, now=now):
            told[f"{one.change_request_id} after {one.days} days"] = found.verdict
            log.info("evaluated", change_request=one.change_request_id, days=one.days)
    return told


def _deployed(workspace: Workspace, one: Due) -> Deployed:
    request = requests.get(workspace.store, one.change_request_id)
    holdout = request.rule.holdout
    return Deployed(
        one.key,
        one.version,
        one.days,
        one.since,
        one.until,
        holdout.share if holdout else None,
        request.preview.effect if request.preview else None,
        one.canary_share,
    )
