"""Where a workspace stands: its pipeline, what waits, and what needs a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from control import holds, kill_switches, parity, pipeline, requests, versions
from control.pipeline import PipelineRun, StepRun
from core.alerts import Alert
from core.errors import PilothouseError
from core.lifecycle import IntentState, State
from core.pipeline import MEANING
from orchestrate import jump_requests
from orchestrate.cycle import last_cycle
from ui import canaries, governed_files, slo, staging
from ui.alerts import open_alerts
from ui.alerts.data import behind

if TYPE_CHECKING:
    from ui.workspace import Workspace


def status(workspace: Workspace) -> dict[str, Any]:
    """Everything that ``pilothouse status`` shows, as plain data."""
    last = pipeline.latest(workspace.store)
    return {
        "as_of": workspace.as_of(),
        "now": workspace.now(),
        "pipeline": told(last[0]) if last else None,
        "schedule": _schedule(workspace),
        "rules_live": len(versions.live(workspace.store)),
        "waiting_for_approval": len(requests.list_all(workspace.store, State.IN_REVIEW)),
        "held": _held(workspace),
        "restored": held._asdict() if (held := holds.of(workspace.store)) else None,
        "staging": staging.listed(workspace),
        "canaries": [one for one in canaries.of(workspace) if one["state"] == "running"],
        "kill_switches": len(kill_switches.active(workspace.store).switches),
        "parity": parity.counted(workspace.store)._asdict(),
        "log_bytes_waiting": workspace.intake.log.unloaded_bytes,
        "outbox": workspace.outbox_counts(),
        "stale_traits": [_stale(one) for one in behind(workspace)],
        "files": _files(workspace),
        "service_levels": slo.standing(workspace),
        "alerts": open_alerts(workspace),
    }


def told(run: PipelineRun) -> dict[str, Any]:
    """A run as plain data."""
    document = run._asdict()
    document["steps"] = [_step(one) for one in run.steps]
    return document


def text(document: dict[str, Any]) -> str:
    """The same for a person."""
    return "\n".join([*_pipeline_lines(document), *_schedule_lines(document), *_rest(document)])


def run_lines(run: dict[str, Any]) -> list[str]:
    """A run, a line a step."""
    by = f"started by {run['started_by']} at {run['started_at']:%Y-%m-%d %H:%M}"
    head = f"Pipeline {run['state']}, {by}, for {run['as_of']:%Y-%m-%d %H:%M} (UTC)"
    lines = [head]
    for step in run["steps"]:
        took = "" if step["seconds"] is None else f"{step['seconds']:.1f} s"
        said = step["refusal"]["message"] if step["refusal"] else _said(step)
        lines.append(f"  {step['step']:<10} {step['state']:<8} {took:>8}  {said}")
    fixes = [step["refusal"]["fix"] for step in run["steps"] if step["refusal"]]
    return [*lines, *(f"  {fix}" for fix in fixes if fix)]


def _step(one: StepRun) -> dict[str, Any]:
    seconds = None
    if one.started_at and one.finished_at:
        seconds = (one.finished_at - one.started_at).total_seconds()
    return {
        "step": one.step.value,
        "state": one.state.value,
        "attempts": one.attempts,
        "started_at": one.started_at,
        "seconds": seconds,
        "detail": one.detail,
        "refusal": one.refusal.model_dump(mode="json") if one.refusal else None,
    }


def _said(step: dict[str, Any]) -> str:
    """What a step did, in a few words."""
    if step["state"] != "done":
        return MEANING[step["step"]]
    detail = step["detail"]
    policies = detail.get("policies", {})
    plain = [f"{key} {value:,}" for key, value in detail.items() if isinstance(value, int)]
    names = [f"{key} {', '.join(v)}" for key, v in detail.items() if isinstance(v, list) and v]
    why = [detail["why"]] if "why" in detail else []
    return "; ".join([*why, *plain, *names, *(f"{k}: {v}" for k, v in policies.items())])


def _schedule(workspace: Workspace) -> dict[str, Any]:
    chosen = workspace.settings.pipeline
    last = pipeline.last_started(workspace.store, "schedule")
    following: datetime | None = None
    if chosen.every_minutes is not None:
        soonest = (last or workspace.now()) + timedelta(minutes=chosen.every_minutes)
        following = max(soonest, workspace.now()) if last else workspace.now()
    return chosen.model_dump() | {"next": following}


def _files(workspace: Workspace) -> dict[str, Any]:
    """Which files say something else than what is in force, or why nobody can tell."""
    try:
        found = governed_files.differing(workspace.store, governed_files.files_of(workspace))
    except PilothouseError as error:
        return {"differ": [], "refusal": error.refusal.model_dump(mode="json")}
    return {"differ": [one._asdict() for one in found], "refusal": None}


def _held(workspace: Workspace) -> dict[str, Any] | None:
    """The request about the jump that holds the cycles; None when nothing does."""
    found = jump_requests.holding(workspace.store, last_cycle(workspace.warehouse))
    if found is None:
        return None
    return {"change_request": found.id, "state": found.state.value, "why": found.name}


def _stale(one: Any) -> dict[str, Any]:
    return {"trait": one.trait, "owner": one.owner, "source": one.source, "newest": one.newest}


def _pipeline_lines(document: dict[str, Any]) -> list[str]:
    run = document["pipeline"]
    if run is None:
        return ["The pipeline has not run yet: 'pilothouse pipeline run'."]
    return run_lines(run)


def _schedule_lines(document: dict[str, Any]) -> list[str]:
    schedule = document["schedule"]
    by_itself = []
    if schedule["every_minutes"] is not None:
        when = f"{schedule['next']:%Y-%m-%d %H:%M}"
        by_itself.append(f"every {schedule['every_minutes']} minutes, next at {when} (UTC)")
    if schedule["on_new_events"]:
        by_itself.append("after events were loaded")
    if not by_itself:
        return ["Starts only when told to; [pipeline] every_minutes in pilothouse.toml changes it."]
    return [f"Starts by itself while the server runs: {' and '.join(by_itself)}."]


def _rest(document: dict[str, Any]) -> list[str]:
    outbox = document["outbox"]
    waiting = outbox.get(IntentState.PENDING, 0)
    lines = [f"HELD: {held['why']} {holds.FIX}"] if (held := document["restored"]) else []
    lines += [
        f"Rules in force {document['rules_live']:,}; waiting for approval "
        f"{document['waiting_for_approval']:,}; kill switches on {document['kill_switches']:,}.",
        f"Outbox: {waiting:,} waiting, {sum(outbox.values()) - waiting:,} done with. "
        f"Raw log: {document['log_bytes_waiting']:,} bytes waiting.",
    ]
    if (again := document["parity"])["checked"]:
        last = again["last_difference"]
        said = f"; the last one is {last}, 'pilothouse replay' has its record" if last else ""
        lines.append(
            f"Decisions on demand: {again['checked']:,} made once more by the engine, "
            f"{again['differing']:,} differed{said}."
        )
    if there := document["staging"]:
        named = ", ".join(f"{one['key']} ({one['standing']})" for one in there)
        lines.append(f"In staging: {named}.")
    lines += [f"Canary: {canaries.line(one)}" for one in document["canaries"]]
    if held := document["held"]:
        state = held["state"].replace("_", " ")
        lines.append(f"Cycles are held: {held['why']}. {held['change_request']} is {state}.")
    if refusal := document["files"]["refusal"]:
        lines.append(f"The files cannot be compared with what is in force: {refusal['message']}")
    lines += [
        f"{one['file']} says something else than version {one['version']} of the "
        f"{one['title'].lower()}, which is in force: 'pilothouse catalog diff'."
        for one in document["files"]["differ"]
    ]
    for one in document["stale_traits"]:
        newest = f"{one['newest']:%Y-%m-%d %H:%M}" if one["newest"] else "never"
        lines.append(f"Stale: {one['trait']} ({one['owner']}): newest of {one['source']} {newest}.")
    return [*lines, *slo.lines(document["service_levels"]), *_alert_lines(document["alerts"])]


def _alert_lines(found: list[Alert]) -> list[str]:
    """How many alerts are open; each has its own line elsewhere."""
    if not found:
        return []
    urgent = sum(one.urgent for one in found)
    return [f"Alerts: {len(found):,}, of them urgent {urgent:,}. 'pilothouse alerts' lists them."]
