"""What the radar found, made into changes of the tracking plan that people decide on.

A candidate is proposed once; one that was turned down comes back only when it
has grown to twice its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

import structlog

from collect.radar import Candidate, scan, with_aliases
from control import people, requests
from control.people import Person
from control.radar import Proposed, keep, latest
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
_EARLIER = "SELECT 1 FROM information_schema.tables WHERE table_name = 'radar_proposals'"
_KEPT = """
    SELECT sent_name, event_name, change_request_id, events, proposed_at FROM radar_proposals
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
    _bring_over(workspace)
    last = latest(workspace.store)
    return [_seen(workspace, one, last.get((one.sent_name, one.event_name))) for one in found]


def _bring_over(workspace: Workspace) -> None:
    """What was proposed lay in the warehouse once; it belongs where approvals are."""
    if not workspace.warehouse.fetch(_EARLIER).rows:
        return
    known = {request.id for request in requests.list_all(workspace.store)}
    found = [Proposed(*row) for row in workspace.warehouse.fetch(_KEPT).rows]
    keep(workspace.store, [one for one in found if one.change_request_id in known])
    workspace.warehouse.execute("DROP TABLE radar_proposals")


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
    now = workspace.now()
    keep(workspace.store, [_proposed_as(one, request, now) for one in candidates])
    return request


def _proposed_as(one: Candidate, request: ChangeRequest, now: datetime) -> Proposed:
    return Proposed(one.sent_name, one.event_name, request.id, one.events, now)


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


def _seen(workspace: Workspace, one: Candidate, last: Proposed | None) -> Seen:
    if last is None:
        return Seen(one, "new", None)
    request = last.change_request_id
    state = requests.get(workspace.store, request).state
    if state in (State.IN_REVIEW, State.APPROVED):
        return Seen(one, "waiting", request)
    return Seen(one, "grown" if one.events >= _GROWN * last.events else "decided", request)
