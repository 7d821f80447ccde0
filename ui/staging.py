"""Staging in a workspace: tried over the real data, written as letters, promoted, taken back."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import structlog

from control import kill_switches, requests, staging
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
from orchestrate.journeys.offers import actions_of as sent_by
from orchestrate.journeys.tick import TickReport
from orchestrate.policy_checks import gone
from orchestrate.replay import Replay, replay
from orchestrate.rulebook import promotion
from orchestrate.staged import placing, runs
from orchestrate.staged.cycle import explained_world, look_at_staged, planned_world, run_staged
from orchestrate.staged.past import see_decided
from orchestrate.staged.side import StagingSide
from tools.audience import conditions_of
from tools.propose import dependencies, template_hashes
from ui import data_changes, effects, journeys
from ui.ids import new_id
from warehouse.catalog import Catalog
from warehouse.compile import Audiences

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

_ONE_AT_A_TIME = threading.RLock()


def add(workspace: Workspace, targets: Sequence[str], person: Person) -> list[Staged]:
    """Put change requests or older versions into staging, from the end of the data on."""
    there = placing.put(
        workspace.store, targets, person=person, since=workspace.as_of(), now=workspace.now()
    )
    log.info("staged", targets=targets, person=person.email)
    return there


def remove(workspace: Workspace, key: str, person: Person) -> Staged:
    """Take a rule or journey out of staging; the runs that it had there are discarded."""
    gone = placing.take_out(workspace.store, key, person=person, now=workspace.now())
    _discard_runs(workspace)
    return gone


def promote(workspace: Workspace, keys: Sequence[str] | None, person: Person) -> Promotion:
    """Let what is staged under these keys, or all of it, go live at once.

    Who enters a journey from then on enters the version that went live; the runs that it had in
    staging are discarded. Refuses an older version that reads what the catalog no longer has.
    """
    _still_decidable(workspace, keys)
    _still_unmoved(workspace, keys)
    made = promotion.promote(
        workspace.store,
        keys,
        person=person,
        relies_on=lambda chosen: _relies_on(workspace, chosen),
        now=workspace.now(),
    )
    _discard_runs(workspace)
    log.info("promoted", promotion=made.id, keys=[one.key for one in made.switched])
    return made


def take_back(workspace: Workspace, person: Person) -> Promotion:
    """Put back what was live before the last promotion."""
    back = promotion.take_back(workspace.store, person=person, now=workspace.now())
    log.info("promotion_taken_back", promotion=back.id)
    return back


def look(workspace: Workspace, as_of: datetime) -> TickReport | None:
    """Let the runs of journeys in staging go as far as what is known takes them; None when no
    journey is tried."""
    with _ONE_AT_A_TIME:
        report = look_at_staged(
            workspace.store, workspace.warehouse, workspace.catalog, as_of=as_of
        )
    for name, why in (report.held if report else {}).items():
        log.warning("staged_journey_held", journey=name, why=why)
    return report


def run(
    workspace: Workspace, as_of: datetime, *, only_journeys: bool = False
) -> CycleReport | None:
    """Decide in staging for a moment; None when nothing is tried there.

    With ``only_journeys`` only what runs of journeys have due is decided on.
    """
    look(workspace, as_of)
    trace_id = new_id()
    report = run_staged(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        as_of=as_of,
        trace_id=trace_id,
        only_journeys=only_journeys,
    )
    if report is not None:
        log.info("staged_cycle", cycle_id=report.cycle_id, trace_id=report.trace_id)
        look(workspace, as_of)
    return report


def once(workspace: Workspace) -> None:
    """One round of the server: look, have decided what runs have due, write what may be."""
    now = workspace.now()
    found = look(workspace, now)
    if found and found.due:
        run(workspace, now, only_journeys=True)
    write_letters(workspace, now=now)


def tried(workspace: Workspace, as_of: datetime) -> dict[str, Any] | None:
    """``run`` as plain data, or why it could not: what is tried never holds what is live."""
    try:
        report = run(workspace, as_of)
    except PilothouseError as error:
        return _failed(error.refusal)
    except duckdb.Error as error:
        return _failed(Refusal(code=Code.STEP_FAILED, message=str(error).splitlines()[0]))
    return told(workspace, report) if report else None


def _failed(refusal: Refusal) -> dict[str, Any]:
    log.warning("staged_cycle_failed", why=str(refusal))
    return {"refusal": refusal.model_dump(mode="json")}


def told(workspace: Workspace, report: CycleReport) -> dict[str, Any]:
    """A cycle of staging as plain data: what became of the rules and journeys that are tried."""
    there = staging.tried(workspace.store)
    keys = [*staging.rules_of(there), *staging.journeys_of(there)]
    policies = {
        key: {"version": report.policies[key], **report.by_policy.get(key, {})}
        for key in keys
        if key in report.policies
    }
    document = {"cycle_id": report.cycle_id, "decided_at": report.decided_at, "policies": policies}
    return document | {"journeys": journeys_in_staging(workspace)}


def journeys_in_staging(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Journey key → its runs in staging: under way by step, and ended by reason."""
    found: dict[str, dict[str, Any]] = {
        one.key: {"under_way": {}, "ended": {}}
        for one in staging.journeys_of(staging.tried(workspace.store)).values()
    }
    if not found:
        return {}
    for key, step, reason, count in runs.standing(StagingSide(workspace.warehouse)):
        if key in found:
            place = found[key]["ended" if reason else "under_way"]
            place[reason or step] = place.get(reason or step, 0) + count
    return found


def runs_of(
    workspace: Workspace, key: str, *, user: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Runs of a journey in staging, newest entry first; refuses with UNKNOWN_KEY."""
    with workspace.store.read() as connection:
        found = placing.find(connection, key)
    return runs.listed(StagingSide(workspace.warehouse), found.key, user=user, limit=limit)


def write_letters(workspace: Workspace, *, now: datetime | None = None) -> StagedLetters | None:
    """Write the messages of staging that are due into the mailbox's folder for them; what a
    journey stopped until now is not written any more."""
    moment = now or workspace.now()
    look(workspace, moment)
    side = StagingSide(workspace.warehouse)
    world = planned_world(workspace.store, side, workspace.catalog, as_of=moment)
    if world is None:
        return None
    worded = {
        named: template_hashes(actions_of(version.artifact), workspace.catalog)
        for named, version in world.versions.items()
    }
    for name, journey in world.journeys.items():
        actions = sent_by(journey.artifact)
        worded[name, journey.version] = template_hashes(actions, workspace.catalog)
    killed = kill_switches.active(workspace.store)
    rules = Rulebook(
        world.versions, killed, world.tick.audiences, journeys=world.journeys, approved=worded
    )
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
    world = explained_world(workspace.store, side, workspace.catalog, user, as_of=moment)
    if world is None:
        raise placing.nothing_there()
    return explain_tick(
        side,
        world.tick,
        user,
        policy=policy,
        ready=lambda cursor, past: see_decided(cursor, world, workspace.catalog, past),
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
        "kind": one.artifact.kind,
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


def _discard_runs(workspace: Workspace) -> None:
    tried = staging.journeys_of(staging.tried(workspace.store)).values()
    with _ONE_AT_A_TIME:
        runs.discard_all_but(StagingSide(workspace.warehouse), [one.key for one in tried])


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


def _still_unmoved(workspace: Workspace, keys: Sequence[str] | None) -> None:
    """What was approved is measured again where the data moved on since."""
    for one in staging.everything(workspace.store):
        chosen = keys is None or {one.key, one.target} & {*keys}
        if chosen and one.change_request_id and not isinstance(one.artifact, Journey):
            request = requests.get(workspace.store, one.change_request_id)
            effects.require_unmoved(workspace, request)


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
