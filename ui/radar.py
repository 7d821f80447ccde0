"""What the radar found, made into changes of the tracking plan that people decide on.

A candidate is proposed once; one that was turned down comes back only when it
has grown to twice its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import structlog

from collect.radar import Candidate, scan, with_aliases
from control import people, requests
from control.people import Person
from control.requests import ChangeRequest
from core.errors import Code, PilothouseError
from core.lifecycle import Role, State
from ui.plan_effects import DAYS, effect_of, propose_plan

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

RADAR = Person(
    email="radar@pilothouse", name="Shadow-schema radar", roles=frozenset({Role.ANALYST})
)
"""The author of what the radar proposes by itself: it may propose and nothing else."""
FIRST_LOOK_SECONDS = 600.0
LOOK_SECONDS = 6 * 3600.0
_GROWN = 2
_TABLE = """
    CREATE TABLE IF NOT EXISTS radar_proposals (
        sent_name VARCHAR, event_name VARCHAR, events BIGINT, change_request_id VARCHAR,
        proposed_at TIMESTAMP
    )
"""
_KEEP = "INSERT INTO radar_proposals VALUES ($sent, $event, $events, $request, $now)"
_LAST = """
    SELECT sent_name, event_name, ARG_MAX(events, proposed_at),
        ARG_MAX(change_request_id, proposed_at)
    FROM radar_proposals GROUP BY ALL
"""

Standing = Literal["new", "waiting", "decided", "grown"]


class Seen(NamedTuple):
    """A candidate, and what became of it: ``new`` and ``grown`` ones may be proposed."""

    candidate: Candidate
    standing: Standing
    change_request_id: str | None

    @property
    def open(self) -> bool:
        """Whether it may be proposed."""
        return self.standing in ("new", "grown")


def look(workspace: Workspace, *, days: int = DAYS) -> list[Seen]:
    """The renamed events of the last days, the surest first, with where each stands."""
    since = workspace.now() - timedelta(days=days)
    found = scan(workspace.warehouse, workspace.intake.plan, since)
    workspace.warehouse.execute(_TABLE)
    last = {(sent, event): rest for sent, event, *rest in workspace.warehouse.fetch(_LAST).rows}
    return [_seen(workspace, one, last.get((one.sent_name, one.event_name))) for one in found]


def propose(
    workspace: Workspace, candidates: Sequence[Candidate], *, author: Person, days: int = DAYS
) -> ChangeRequest:
    """Send candidates for approval as aliases in one change of the plan, with their evidence."""
    plan = with_aliases(workspace.intake.plan, candidates)
    notes = [sentence for one in candidates for sentence in evidence(one)]
    effect = effect_of(workspace, plan, days=days, notes=notes)
    names = ", ".join(f"{one.sent_name} is {one.event_name}" for one in candidates)
    reason = f"The radar found events under other names: {names}."
    request = propose_plan(workspace, plan, effect, author=author, reason=reason)
    for one in candidates:
        row = {"sent": one.sent_name, "event": one.event_name, "events": one.events}
        workspace.warehouse.execute(_KEEP, row | {"request": request.id, "now": workspace.now()})
    return request


def propose_by_itself(workspace: Workspace) -> ChangeRequest | None:
    """Propose the surest open candidate that nothing forbids, unless a change of the plan waits.

    One after the other: approving one would make the next one stale.
    """
    waiting = requests.list_all(workspace.store, State.IN_REVIEW)
    if any(request.kind == "tracking_plan" for request in waiting):
        return None
    for one in look(workspace):
        if one.open and (request := _proposed(workspace, one.candidate)):
            return request
    return None


def _proposed(workspace: Workspace, candidate: Candidate) -> ChangeRequest | None:
    """None where the guardrails block it: something reads the name as it is."""
    people.add(workspace.store, [RADAR])
    try:
        request = propose(workspace, [candidate], author=RADAR)
    except PilothouseError as error:
        if error.refusal.code is not Code.BLOCKED_BY_POLICY:
            raise
        log.info("radar_blocked", sent=candidate.sent_name, why=str(error))
        return None
    log.info("radar_proposed", change_request=request.id, sent=candidate.sent_name)
    return request


def evidence(one: Candidate) -> list[str]:
    """Why a name seems to be an event, in sentences with counts."""
    where = ", ".join(f"{key} {count:,}" for key, count in one.platforms.items())
    there = ", ".join(f"{key} {count:,}" for key, count in one.event_platforms.items())
    views = one.views
    told = [
        f"{one.sent_name} seems to be {one.event_name} (score {one.score:.2f}): {one.events:,} "
        f"events of {one.people:,} people from {one.first_at:%Y-%m-%d} to {one.last_at:%Y-%m-%d}.",
        f"It is sent by {where or 'nobody knows what'}, {one.event_name} by {there or 'nobody'}; "
        f"{views.places:.0%} of each is where the other is not.",
        f"The steps before and after are {views.steps:.0%} the same; both within half an hour of "
        f"one person: {one.together:,} times.",
    ]
    if views.properties is not None:
        pairs = ", ".join(f"{theirs} → {ours}" for theirs, ours in one.renames.items())
        told.append(f"The properties are {views.properties:.0%} alike ({pairs or 'same names'}).")
    return told


def _seen(workspace: Workspace, one: Candidate, last: list[object] | None) -> Seen:
    if last is None:
        return Seen(one, "new", None)
    events, request_id = int(str(last[0])), str(last[1])
    state = requests.get(workspace.store, request_id).state
    if state in (State.IN_REVIEW, State.APPROVED):
        return Seen(one, "waiting", request_id)
    return Seen(one, "grown" if one.events >= _GROWN * events else "decided", request_id)
