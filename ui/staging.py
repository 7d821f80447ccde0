"""Staging in a workspace: tried over the real data, written as letters, promoted, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import structlog

from control import kill_switches, staging
from control import versions as published
from control.people import Person
from control.staging import Promotion, Staged, Tried
from core.errors import Code, PilothouseError, Refusal
from core.journeys import Journey
from core.proposal import actions_of
from deliver.recheck import Rulebook
from deliver.staged import StagedLetters, write_staged
from orchestrate.cycle import CycleReport
from orchestrate.explain import explain_tick
from orchestrate.journeys.checks import refusals
from orchestrate.policy_checks import gone
from orchestrate.replay import Replay, replay
from orchestrate.rulebook import promotion
from orchestrate.staged import placing
from orchestrate.staged.cycle import planned_world, run_staged
from orchestrate.staged.past import see_past
from orchestrate.staged.side import StagingSide
from tools.audience import conditions_of
from tools.propose import dependencies, template_hashes
from ui import data_changes, journeys
from ui.ids import new_id
from warehouse.catalog import Catalog
from warehouse.compile import Audiences

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def add(workspace: Workspace, targets: Sequence[str], person: Person) -> list[Staged]:
    """Put change requests or older versions into staging, from the end of the data on."""
    there = placing.put(
        workspace.store, targets, person=person, since=workspace.as_of(), now=workspace.now()
    )
    log.info("staged", targets=targets, person=person.email)
    return there


def remove(workspace: Workspace, key: str, person: Person) -> Staged:
    """Take a rule out of staging."""
    return placing.take_out(workspace.store, key, person=person, now=workspace.now())


def promote(workspace: Workspace, keys: Sequence[str] | None, person: Person) -> Promotion:
    """Let what is staged under these keys, or all of it, go live at once.

    Refuses an older version that reads what the catalog no longer has.
    """
    _still_decidable(workspace, keys)
    made = promotion.promote(
        workspace.store,
        keys,
        person=person,
        relies_on=lambda chosen: _relies_on(workspace, chosen),
        now=workspace.now(),
    )
    log.info("promoted", promotion=made.id, keys=[one.key for one in made.switched])
    return made


def take_back(workspace: Workspace, person: Person) -> Promotion:
    """Put back what was live before the last promotion."""
    back = promotion.take_back(workspace.store, person=person, now=workspace.now())
    log.info("promotion_taken_back", promotion=back.id)
    return back


def run(workspace: Workspace, as_of: datetime) -> CycleReport | None:
    """Decide in staging for a moment; None when nothing is tried there."""
    trace_id = new_id()
    report = run_staged(
        workspace.store, workspace.warehouse, workspace.catalog, as_of=as_of, trace_id=trace_id
    )
    if report is not None:
        log.info("staged_cycle", cycle_id=report.cycle_id, trace_id=report.trace_id)
    return report


def tried(workspace: Workspace, as_of: datetime) -> dict[str, Any] | None:
    """``run`` as plain data, or why it could not: what is tried never holds what is live."""
    try:
        report = run(workspace, as_of)
    except PilothouseError as error:
        return _failed(error.refusal)
    except duckdb.Error as error:
        return _failed(Refusal(code=Code.STEP_FAILED, message=str(error).splitlines()[0]))
    return told(report, [one.key for one in staging.tried(workspace.store)]) if report else None


def _failed(refusal: Refusal) -> dict[str, Any]:
    log.warning("staged_cycle_failed", why=str(refusal))
    return {"refusal": refusal.model_dump(mode="json")}


def told(report: CycleReport, keys: Sequence[str]) -> dict[str, Any]:
    """A cycle of staging as plain data: what became of the rules that are tried."""
    policies = {
        key: {"version": report.policies[key], **report.by_policy.get(key, {})}
        for key in keys
        if key in report.policies
    }
    return {"cycle_id": report.cycle_id, "decided_at": report.decided_at, "policies": policies}


def write_letters(workspace: Workspace, *, now: datetime | None = None) -> StagedLetters | None:
    """Write the messages of staging that are due into the mailbox's folder for them."""
    moment = now or workspace.now()
    side = StagingSide(workspace.warehouse)
    world = planned_world(workspace.store, side, workspace.catalog, as_of=moment)
    if world is None:
        return None
    worded = {
        named: template_hashes(actions_of(version.artifact), workspace.catalog)
        for named, version in world.versions.items()
    }
    killed = kill_switches.active(workspace.store)
    rules = Rulebook(world.versions, killed, world.tick.audiences, approved=worded)
    letters = write_staged(
        workspace.warehouse,
        side,
        workspace.catalog,
        rules,
        folder=workspace.mailbox_folder / "staging",
        now=moment,
    )
    if letters.written or letters.stopped:
        log.info("staged_letters", written=letters.written, stopped=letters.stopped)
    return letters


def explain(
    workspace: Workspace, user: str, *, policy: str | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Why a user gets something in staging, or does not."""
    side = StagingSide(workspace.warehouse)
    moment = at or workspace.as_of()
    world = planned_world(workspace.store, side, workspace.catalog, as_of=moment)
    if world is None:
        raise placing.nothing_there()
    return explain_tick(
        side,
        world.tick,
        user,
        policy=policy,
        ready=lambda cursor, past: see_past(cursor, world, workspace.catalog, past),
    )


def replayed(workspace: Workspace, decision_id: str) -> Replay:
    """A decision of staging, decided once more from its record alone."""
    return replay(StagingSide(workspace.warehouse), decision_id)


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """What lies in staging, as plain data."""
    return [_row(one) for one in staging.everything(workspace.store)]


def _row(one: Staged) -> dict[str, Any]:
    return {
        "key": one.key,
        "target": one.target,
        "name": one.artifact.name,
        "standing": one.standing,
        "live_version": one.live,
        "would_be_version": one.would_be,
        "content_hash": one.content_hash,
        "since": one.since,
        "staged_at": one.staged_at,
        "staged_by": one.staged_by,
    }


def _relies_on(workspace: Workspace, chosen: Sequence[Staged]) -> Mapping[str, Mapping[str, str]]:
    """What each would rely on, were all of them live: the gate asks about the rulebook after."""
    live = {one.key: one for one in published.live(workspace.store)}
    after = [*(live | staging.rules_of(chosen)).values()]
    fingerprints = data_changes.fingerprints(workspace)

    def rests_on(artifact: Tried) -> Mapping[str, str]:
        if isinstance(artifact, Journey):
            return journeys.rests_on(workspace, artifact, live=after)
        return dependencies(artifact, workspace.catalog, after, fingerprints)

    return {
        one.change_request_id: rests_on(one.artifact) for one in chosen if one.change_request_id
    }


def _still_decidable(workspace: Workspace, keys: Sequence[str] | None) -> None:
    audiences = published.audiences(workspace.store)
    for one in staging.everything(workspace.store):
        if one.older_version is None or (keys is not None and one.key not in keys):
            continue
        for refusal in _missing(one.artifact, workspace.catalog, audiences):
            raise PilothouseError(refusal)


def _missing(artifact: Tried, catalog: Catalog, audiences: Audiences) -> Sequence[Refusal]:
    if isinstance(artifact, Journey):
        return refusals(artifact, catalog, audiences)
    return gone(conditions_of(artifact), catalog, audiences)
