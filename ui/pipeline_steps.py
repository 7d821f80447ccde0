"""What each step of the pipeline does, as a function of a workspace and the run it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from control import pipeline
from control.pipeline import PipelineRun
from core.errors import Code, PilothouseError, Refusal
from core.pipeline import Step
from ui import drifting, evaluating, modelling, staging
from warehouse.clocks.freshness import stale
from warehouse.models import build

if TYPE_CHECKING:
    from ui.workspace import Workspace

Detail = Mapping[str, Any]
DAY = timedelta(days=1)


def load(workspace: Workspace, _run: PipelineRun) -> Detail:
    """Everything that waits, however long it waited."""
    workspace.intake.refresh()
    with workspace.intake.still():
        return workspace.intake.load_now()._asdict()


def identity(workspace: Workspace, _run: PipelineRun) -> Detail:
    """Who is who, and facts and users made of it."""
    done = workspace.intake.consolidate()
    return {"scope": done.scope.name.lower(), "open_conflicts": done.open_conflicts}


def traits(workspace: Workspace, _run: PipelineRun) -> Detail:
    """The live models over the facts of now; readers see them once the audits passed."""
    with workspace.warehouse.cursor() as cursor:
        ours = build.managed(cursor)
    if not ours:
        return {"built": None, "why": "the traits of this warehouse are not built by Pilothouse"}
    try:
        made = modelling.rebuild(workspace)
    except PilothouseError as error:
        if error.refusal.code is not Code.AUDIT_FAILED:
            raise
        return {"built": None, "found": error.refusal.model_dump(mode="json")}
    return {"built": made["number"], "rows": made["rows"], "audits": len(made["audits"])}


def audits(workspace: Workspace, run: PipelineRun) -> Detail:
    """What the audits of the build came to, which sources have fallen silent, and what drifts."""
    built = run.detail(Step.TRAITS)
    if "found" in built:
        raise PilothouseError(Refusal.model_validate(built["found"]))
    models = modelling.live_models(workspace.store, workspace.settings)
    with workspace.warehouse.cursor() as cursor:
        behind = stale(cursor, models, workspace.as_of()) if build.managed(cursor) else ()
    stale_traits = [one.trait for one in behind]
    passed = {"passed": built.get("audits", 0), "stale": stale_traits}
    return passed | _drifting(workspace, run)


def _drifting(workspace: Workspace, run: PipelineRun) -> dict[str, Any]:
    """What drifts. Not being able to look holds what follows only where drift pauses rules."""
    try:
        looked = drifting.once(workspace, run.as_of)
    except (PilothouseError, duckdb.Error) as error:
        if workspace.settings.drift.pause_rules:
            raise
        why = f"nobody can tell what drifts: {str(error).splitlines()[0]}"
        return {"drifting": None, "why": why}
    return {"drifting": [one.subject for one in looked.drifting] if looked else []}


def cycle(workspace: Workspace, run: PipelineRun) -> Detail:
    """Decisions at the moment of the run."""
    report = workspace.run_cycle(as_of=run.as_of)
    kept = ("cycle_id", "selected", "held_out", "suppressed", "lost", "enqueued")
    detail: dict[str, Any] = {name: getattr(report, name) for name in kept}
    return detail | _in_staging(staging.tried(workspace, run.as_of))


def _in_staging(tried: dict[str, Any] | None) -> dict[str, Any]:
    """What staging came to; what is tried there never holds what is live."""
    if tried is None:
        return {}
    if "refusal" in tried:
        return {"why": f"staging could not decide: {tried['refusal']['message']}"}
    return {"staged_selected": sum(one["selected"] for one in tried["policies"].values())}


def outbox(workspace: Workspace, _run: PipelineRun) -> Detail:
    """Messages whose time has come."""
    report = workspace.deliver()
    kept = ("delivered", "stopped", "waiting")
    detail = {name: getattr(report, name) for name in kept}
    letters = staging.write_letters(workspace)
    return detail if letters is None else detail | {"staged_letters": letters.written}


def read_outs(workspace: Workspace, run: PipelineRun) -> Detail:
    """The lift of every policy that decided long enough ago, kept by its moment; and what went
    live so long ago that it is looked back at."""
    detail = read_out(workspace, run.as_of)
    looked_back = evaluating.file_due(workspace, run.as_of)
    return {**detail, "evaluated": looked_back} if looked_back else detail


def read_out(workspace: Workspace, as_of: datetime) -> Detail:
    """Work out and keep the lift of every policy at a moment; gives each one's verdict."""
    told: dict[str, str] = {}
    decided = workspace.warehouse.fetch(
        "SELECT DISTINCT policy_key FROM decisions WHERE decided_at <= $as_of ORDER BY 1",
        {"as_of": as_of},
    )
    for (policy,) in decided.rows:
        try:
            report = workspace.lift(policy, as_of=as_of)
        except PilothouseError as error:
            told[policy] = str(error)
            continue
        document = report.model_dump(mode="json")
        pipeline.keep_readout(workspace.store, policy, as_of, document, now=workspace.now())
        told[policy] = report.verdict
    return {"policies": told}


def backfill(workspace: Workspace, start: datetime, end: datetime) -> dict[str, Detail]:
    """Read-outs of every day from ``start`` up to and with ``end`` (naive UTC).

    The other steps make up for lost time by themselves. Decisions are not made up for:
    a message that was not decided on in its time is not sent later.
    """
    days = (end - start) // DAY
    moments = [start + DAY * number for number in range(days + 1)]
    return {moment.isoformat(): read_out(workspace, moment) for moment in moments}


STEPS: Mapping[Step, Callable[[Workspace, PipelineRun], Detail]] = {
    Step.LOAD: load,
    Step.IDENTITY: identity,
    Step.TRAITS: traits,
    Step.AUDITS: audits,
    Step.CYCLE: cycle,
    Step.OUTBOX: outbox,
    Step.READ_OUTS: read_outs,
}
