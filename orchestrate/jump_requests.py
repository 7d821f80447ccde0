"""What a held cycle asks of people: one change request for one jump, until it is over."""

from __future__ import annotations

from datetime import datetime

from control import people, requests, versions
from control.people import BREAKER
from control.requests import ChangeRequest
from control.store import Store
from core.artifacts import Finding
from core.jumps import PopulationJump
from core.lifecycle import State
from orchestrate import change_requests
from orchestrate.jumps import Held

SUSPICIOUS = Finding(
    policy="population_jumped",
    severity="warn",
    message="A load or a source that failed looks just like this.",
    fix="Look at the data that these rules read before you accept it.",
)
UNDECIDED = frozenset({State.IN_REVIEW, State.APPROVED})
TURNED_DOWN = frozenset({State.REJECTED, State.CHANGES_REQUESTED})


def hold(store: Store, held: Held, *, now: datetime) -> Held:
    """The refusal of a held cycle, with the request in which people decide on it."""
    known = _known(store, held.jump, UNDECIDED | TURNED_DOWN)
    request = known or _ask(store, held.jump, now)
    refusal = held.refusal
    if request.state in TURNED_DOWN and (review := request.review):
        said = f"{review.by} turned down {request.id}, which asked to accept it: {review.comment}"
        fix = "Mend the data it reads, pause the rule, or have an approver accept the jump."
    else:
        said = f"{request.id} asks an approver to accept it."
        fix = (
            f"Look at the data it reads; if it is right, 'pilothouse approvals approve "
            f"{request.id}' lets the next cycle decide."
        )
    told = {"message": f"{refusal.message} {said}", "fix": fix}
    return Held(refusal.model_copy(update=told), held.jump)


def open_for(store: Store, jump: PopulationJump, *, now: datetime) -> ChangeRequest:
    """The request about a jump that waits for a verdict; a new one where it was turned down."""
    return _known(store, jump, UNDECIDED) or _ask(store, jump, now)


def withdraw_waiting(store: Store, *, now: datetime, since: str | None = None) -> None:
    """Take back what is asked about jumps that are over: all but those since a certain cycle."""
    for request in requests.list_all(store, State.IN_REVIEW):
        if (jump := request.jump) and jump.since != since:
            change_requests.withdraw(store, request.id, person=BREAKER.email, now=now)


def rests_on(store: Store, jump: PopulationJump) -> dict[str, str]:
    """The versions that jumped, by their hashes: if one changes, the approval is void."""
    live = {one.key: one for one in versions.live(store)}
    hashes = {one.key: live[one.key].content_hash for one in jump.policies if one.key in live}
    return {f"rule:{one.key}": hashes.get(one.key, "") for one in jump.policies}


def holding(store: Store, since: str) -> ChangeRequest | None:
    """The request about what holds the cycles since a certain one; None when nothing does."""
    told = (one for one in requests.list_all(store) if (jump := one.jump) and jump.since == since)
    newest = next(told, None)
    return newest if newest and newest.state in UNDECIDED | TURNED_DOWN else None


def _ask(store: Store, jump: PopulationJump, now: datetime) -> ChangeRequest:
    """Open a request about a jump; what was asked about others before is over."""
    withdraw_waiting(store, now=now)
    people.add(store, [BREAKER])
    return change_requests.submit(
        store,
        artifact=jump,
        author=BREAKER.email,
        prompt=f"{jump.name} since the last cycle.",
        findings=(SUSPICIOUS,),
        dependencies=rests_on(store, jump),
        now=now,
    )


def _known(store: Store, jump: PopulationJump, states: frozenset[State]) -> ChangeRequest | None:
    """The newest request about this very jump, in one of these states."""
    for request in requests.list_all(store):
        if (asked := request.jump) and asked.covers(jump) and request.state in states:
            return request
    return None
