"""Alerts that start a run of the agent: it ends in a diagnosis, or in a change request that people
decide on. Nothing goes live by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from control import investigations, people
from control.investigations import Investigation
from control.people import INVESTIGATOR
from core.alerts import Alert, AlertKind
from ui import drifting, radar
from ui.ids import new_id

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SECONDS = 60.0
DAY = timedelta(days=1)
TRIGGERS = frozenset(
    {
        AlertKind.DATA_DRIFTED,
        AlertKind.DATA_STALE,
        AlertKind.DECISIONS_SLOW,
        AlertKind.CANARY_STOPPED,
        AlertKind.DEAD_LETTERS,
    }
)
Start = Callable[[str, str, str], object]
"""Hands a prompt over: prompt, e-mail of who asks, id of the run."""


def once(workspace: Workspace, start: Start) -> list[str]:
    """Start what the open alerts ask for, as far as the settings allow; gives the runs' ids."""
    most = workspace.settings.investigations.per_day
    wanted = [one for one in workspace.board.open if one.kind in TRIGGERS] if most else []
    return [run for one in wanted if (run := _begun(workspace, one, most, start))]


def _begun(workspace: Workspace, alert: Alert, most: int, start: Start) -> str | None:
    prompt = prompt_of(workspace, alert)
    if prompt is None:
        return None
    now = workspace.now()
    one = Investigation(new_id(), alert.kind.value, alert.subject, prompt, now)
    if not investigations.begin(workspace.store, one, since=now - DAY, most=most):
        return None
    if alert.kind is AlertKind.DEAD_LETTERS:
        # Events under other names are the likeliest reason; what comes of it waits for people.
        radar.propose_by_itself(workspace)
    people.add(workspace.store, [INVESTIGATOR])
    start(prompt, INVESTIGATOR.email, one.run_id)
    log.info("investigating", kind=one.kind, subject=one.subject, run_id=one.run_id)
    return one.run_id


def prompt_of(workspace: Workspace, alert: Alert) -> str | None:
    """What an analyst would ask about an alert; None where the catalog has no funnel."""
    event, platform = _drifting(workspace, alert)
    metric = _metric(workspace, event)
    if metric is None:
        return None
    where = f" on {platform}" if platform else ""
    return f"Why did {metric} change{where} in the last 7 days?"


def _drifting(workspace: Workspace, alert: Alert) -> tuple[str | None, str | None]:
    """The event that a drift is about, and the platform it comes from, if it is one."""
    report = drifting.latest(workspace) if alert.kind is AlertKind.DATA_DRIFTED else None
    found = (one for one in report.drifting if one.subject == alert.subject) if report else ()
    for one in found:
        origin = one.origin
        return one.event, origin.value if origin and origin.dimension == "platform" else None
    return None, None


def _metric(workspace: Workspace, event: str | None) -> str | None:
    """The metric whose funnel has the event as a step, else the first one; in words."""
    catalog = workspace.catalog
    steps = {name: catalog.funnels[one.funnel].steps for name, one in catalog.metrics.items()}
    touched = [name for name, found in steps.items() if event in found]
    return next((name.replace("_", " ") for name in (*touched, *steps)), None)
