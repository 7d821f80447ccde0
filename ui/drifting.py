"""Drift in a workspace: looked for once a day of data, kept, and acted on as the settings ask."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from control import drift as kept
from core.errors import Code, PilothouseError
from measure.drift.findings import DriftReport, Finding
from orchestrate.rulebook.drifting import pause_drifted
from ui.lineage import facts_of_rules, lineage

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def look(workspace: Workspace, as_of: datetime | None = None) -> DriftReport:
    """Events, properties and traits on the last whole day before a moment (naive UTC)."""
    # Statistics bring scipy with them: nobody who opens a workspace waits for that.
    from measure.drift.look import look as look_at_events
    from measure.drift.traits import traits_look

    moment = as_of or workspace.as_of()
    report = look_at_events(workspace.runner(), workspace.catalog, as_of=moment)
    with workspace.warehouse.cursor() as cursor:
        found, unjudged = traits_look(cursor, workspace.catalog, as_of=moment)
    traits = tuple(_traced(workspace, one, report.findings) for one in found)
    findings = (*report.findings, *traits)
    ordered = (*_of(findings, "alert"), *_of(findings, "watch"), *_of(findings, "quiet"))
    return report.model_copy(
        update={"findings": ordered, "unjudged": (*report.unjudged, *unjudged)}
    )


def once(workspace: Workspace, as_of: datetime | None = None) -> DriftReport | None:
    """Look at a day that nobody looked at yet, keep it, and pause what the settings say.

    None when the last whole day of the data was looked at before.
    """
    moment = as_of or workspace.as_of()
    before = kept.latest(workspace.store)
    if before is not None and before.as_of.date() >= moment.date():
        return None
    report = look(workspace, moment)
    if report.day is None:
        return None
    keep(workspace, report)
    if workspace.settings.drift.pause_rules:
        _pause(workspace, report, workspace.now())
    return report


def keep(workspace: Workspace, report: DriftReport) -> None:
    """Alerts go by this look from here on."""
    document = report.model_dump(mode="json")
    kept.keep(workspace.store, report.as_of, document, now=workspace.now())


def latest(workspace: Workspace) -> DriftReport | None:
    """The look that was kept last."""
    found = kept.latest(workspace.store)
    return None if found is None else DriftReport.model_validate(found.document)


def rules_reading(workspace: Workspace, finding: Finding) -> list[str]:
    """Keys of live rules that read what drifts, themselves or through traits."""
    facts = facts_of_rules(workspace)
    try:
        found = lineage(workspace, finding.event or finding.subject)
    except PilothouseError as error:
        if error.refusal.code is not Code.UNKNOWN_KEY:
            raise
        return []  # nothing reads it
    below = {one.node for one in found.downstream if one.node.kind == "rule"}
    live = (node.name for node in below if facts.get(node, {}).get("state") == "live")
    return sorted(live)


def _pause(workspace: Workspace, report: DriftReport, now: datetime) -> None:
    for finding in report.drifting:
        for key in rules_reading(workspace, finding):
            why = f"what it reads drifts: {finding.sentence}"
            if pause_drifted(workspace.store, key, subject=finding.subject, why=why, now=now):
                log.warning("paused_for_drift", key=key, subject=finding.subject)


def _of(findings: tuple[Finding, ...], verdict: str) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.verdict == verdict)


def _traced(workspace: Workspace, trait: Finding, events: tuple[Finding, ...]) -> Finding:
    """A trait that drifts, with the events behind it that do."""
    if trait.verdict == "quiet":
        return trait
    up = {one.node.name for one in lineage(workspace, trait.subject).upstream}
    behind = [one for one in events if one.verdict != "quiet" and one.event in up]
    if not behind:
        told = "No event that it is made of drifts."
    else:
        told = f"It is made of what drifts: {behind[0].sentence}"
    return trait.model_copy(
        update={
            "sentence": f"{trait.sentence} {told}",
            "origin": behind[0].origin if behind else None,
        }
    )
