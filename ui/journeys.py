"""Journeys of a workspace: looked at every few seconds, proposed, and moved to other versions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from control import journeys as runs
from control import versions
from control.people import Person
from control.requests import ChangeRequest
from control.versions import JourneyVersion, Version
from core.artifacts import Finding
from core.conditions import And
from core.errors import Code, PilothouseError, refuse
from core.journey_effects import JourneyEffect, JourneyProposal, journey_findings
from core.journeys import Journey, triggers
from core.rules import Action, EligibilityRule
from orchestrate import change_requests, rulebook
from orchestrate.audience_counts import counted
from orchestrate.input_ages import input_ages
from orchestrate.journeys.checks import as_condition, conditions_of, data_classes, refusals
from orchestrate.journeys.preview import missed, preview
from orchestrate.journeys.tick import TickReport, tick
from orchestrate.proxies import associations
from tools.audience import required_of
from tools.propose import dependencies, template_hashes
from tools.sending_facts import sending_facts, tables_read
from ui import data_changes
from ui.guarding import surroundings

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SECONDS = 15.0
_ONE_AT_A_TIME = threading.RLock()


def look(workspace: Workspace, as_of: datetime) -> TickReport:
    """Let every run go as far as what is known by a moment takes it."""
    with _ONE_AT_A_TIME:
        report = tick(workspace.store, workspace.warehouse, workspace.catalog, as_of=as_of)
    for name, why in report.held.items():
        log.warning("journey_held", journey=name, why=why)
    if report.entered or report.moved:
        log.info("journeys", entered=report.entered, moved=report.moved, due=report.due)
    return report


def once(workspace: Workspace) -> None:
    """One round of the server: look, and have decided what is due."""
    now = workspace.now()
    if look(workspace, now).due:
        workspace.run_cycle(as_of=now, only_journeys=True)
        look(workspace, now)


def effect_of(workspace: Workspace, journey: Journey, as_of: datetime) -> JourneyEffect:
    """What a journey would do; refuses names that the catalog lacks, the first of them."""
    named = versions.audiences(workspace.store)
    for refusal in refusals(journey, workspace.catalog, named):
        raise PilothouseError(refusal)
    return preview(workspace.store, workspace.warehouse, workspace.catalog, journey, as_of=as_of)


def look_at(
    workspace: Workspace, journey: Journey, as_of: datetime
) -> tuple[tuple[Finding, ...], JourneyEffect]:
    """What the guardrails find of a journey, and what it would do; refuses what ``effect_of``
    refuses."""
    effect = effect_of(workspace, journey, as_of)
    return journey_findings(_proposal(workspace, journey, effect)), effect


def propose(
    workspace: Workspace,
    journey: Journey,
    effect: JourneyEffect,
    *,
    author: Person,
    reason: str,
    continues: str | None = None,
    as_draft: bool = False,
) -> ChangeRequest:
    """Send a journey for approval, with what the guardrails find.

    ``continues`` is the request that it takes the place of; ``as_draft`` keeps it for its author.
    """
    return change_requests.submit(
        workspace.store,
        artifact=journey,
        author=author.email,
        prompt=reason,
        findings=journey_findings(_proposal(workspace, journey, effect)),
        effect=effect,
        dependencies=rests_on(workspace, journey),
        assumptions=journey.assumptions,
        continues=continues,
        as_draft=as_draft,
        now=workspace.now(),
    )


def rests_on(
    workspace: Workspace, journey: Journey, *, live: Sequence[Version] | None = None
) -> dict[str, str]:
    """What a journey stands on, each with a hash: if one changes, the approval is void.

    ``live``: the rules that are in force; those of now by default.
    """
    rules = versions.live(workspace.store) if live is None else live
    fingerprints = data_changes.fingerprints(workspace)
    read = dependencies(_as_rule(journey), workspace.catalog, rules, fingerprints)
    return read | template_hashes(_actions(journey), workspace.catalog)


def resume(
    workspace: Workspace, key: str, *, person: Person, backfill: bool | None
) -> tuple[JourneyVersion, int]:
    """Go on after a pause; gives how many runs begin for those who qualified meanwhile.

    Refuses with INVALID_ARGUMENT, and says their number, when it is not said whether they enter.
    """
    version = versions.journey_history(workspace.store, key)[0]
    now = workspace.now()
    found = missed(workspace.store, workspace.warehouse, workspace.catalog, version, as_of=now)
    if found and backfill is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{found:,} would have entered while '{key}' was paused.",
            span=key,
            fix="Say --backfill to let them enter now, or --skip to leave them out.",
        )
    runs.choose_backfill(workspace.store, key, enter=bool(backfill))
    rulebook.resume(workspace.store, key, person=person, now=now)
    look(workspace, now)
    return version, found if backfill else 0


def roll_back(workspace: Workspace, key: str, number: int, *, person: Person) -> JourneyVersion:
    """Put an older version into force again, as a new one.

    Refuses with UNKNOWN_KEY, and a version that names what the catalog does not have any more.
    """
    history = versions.journey_history(workspace.store, key)
    older = next((one for one in history if one.version == number), None)
    if older is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of '{key}'.",
            span=str(number),
            fix=f"The newest is version {history[0].version}.",
        )
    named = versions.audiences(workspace.store)
    for refusal in refusals(older.artifact, workspace.catalog, named):
        raise refuse(
            refusal.code,
            f"Version {number} of '{key}' cannot be put into force: {refusal.message}",
            span=refusal.span,
            fix="Propose the journey anew.",
        )
    rulebook.rollback(workspace.store, key, number, person=person, now=workspace.now())
    return versions.journey_history(workspace.store, key)[0]


def _proposal(workspace: Workspace, journey: Journey, effect: JourneyEffect) -> JourneyProposal:
    named, catalog = versions.audiences(workspace.store), workspace.catalog
    runner, as_of, around = workspace.runner(), workspace.as_of(), surroundings(workspace)
    read = required_of(_as_rule(journey), catalog, named)
    late = around.policies.late_inputs
    ages = input_ages(tables_read(read, catalog), runner, catalog, as_of=as_of, times=late)
    return JourneyProposal(
        journey=journey,
        effect=effect,
        inputs=(*ages, *around.trait_inputs(read.traits)),
        associations=associations(
            conditions_of(journey), runner, catalog, as_of=as_of, audiences=named
        ),
        **sending_facts(
            journey.key,
            _actions(journey),
            read,
            data_classes(journey, catalog, named),
            counted(_population(journey), runner, catalog, as_of=as_of, audiences=named),
            catalog,
            around,
        ),
    )


def _population(journey: Journey) -> EligibilityRule:
    """Everybody who may enter, as an audience that can be counted."""
    return EligibilityRule(key=journey.key, name=journey.name, condition=journey.population)


def _actions(journey: Journey) -> list[Action]:
    return [message.action for message in journey.messages()]


def _as_rule(journey: Journey) -> EligibilityRule:
    """A rule that reads all that the journey reads."""
    events = (as_condition(trigger) for _, trigger in triggers(journey))
    read = And(of=(*conditions_of(journey), *events))
    return EligibilityRule(key=journey.key, name=journey.name, condition=read)
