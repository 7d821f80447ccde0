"""Whether a stored approval still holds for exactly what was approved. Reads, never writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from control.hashing import content_hash
from control.requests import ChangeRequest
from control.suspensions import require_free
from control.tables import versions
from control.versions import AnyVersion, read_version
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import State
from orchestrate.agreement import require_agreed
from orchestrate.blockers import require_unblocked


def publishable(
    connection: sa.Connection, request: ChangeRequest, waits_as: State = State.APPROVED
) -> AnyVersion | None:
    """What the request would replace; refuses what was not approved, or not on top of it.

    ``waits_as``: the state of what is approved and not live: what staging has is scheduled.
    """
    _check_approval(request, waits_as)
    require_agreed(connection, request)
    require_free(connection, request.id)
    require_unblocked(request.findings)
    before = current(connection, request.target_key)
    if (before.version if before else None) != request.base_version:
        raise _stale(request, "another version went live in between")
    return before


def waiting_state(request: ChangeRequest, now: datetime) -> State:
    """The state in which an approved request waits to go live by itself, at a moment (UTC).

    Refuses with NOT_ALLOWED what has a window, before it and after it.
    """
    if request.window is None:
        return State.APPROVED
    standing = request.window.standing(now)
    if standing != "open":
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request.id} goes live at {request.window}, and "
            + ("that is not yet." if standing == "early" else "that is over."),
            span=request.id,
            fix="Wait for it." if standing == "early" else "Propose the change again.",
        )
    return State.SCHEDULED


def current(connection: sa.Connection, key: str) -> AnyVersion | None:
    """The version of a key that is live or paused, inside the caller's transaction."""
    in_force = sa.and_(versions.c.key == key, versions.c.state != "superseded")
    found = connection.execute(sa.select(versions).where(in_force)).first()
    return read_version(found) if found else None


def check_dependencies(request: ChangeRequest, dependencies: Mapping[str, str] | None) -> None:
    """Refuses when what the change relies on now (None: as stored) is not what was approved."""
    rests_on = request.dependencies if dependencies is None else dependencies
    if request.review and request.review.dependency_hash != content_hash(dict(rests_on)):
        raise _stale(request, "something it relies on changed after the approval")


def _check_approval(request: ChangeRequest, waits_as: State) -> None:
    review = request.review
    if request.state is not waits_as or review is None or review.verdict != "approve":
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request.id} is {request.state.replace('_', ' ')}: only what is approved goes live.",
            fix="Ask an approver, who is not the author, to decide on it.",
        )
    if review.content_hash != content_hash(request.content):
        raise _stale(request, "its content was edited after the approval")
    if review.effect_hash != content_hash(request.effect):
        raise _stale(request, "its preview was edited after the approval")
    if review.dependency_hash != content_hash(request.dependencies):
        raise _stale(request, "what it relies on was edited after the approval")


def _stale(request: ChangeRequest, why: str) -> PilothouseError:
    return refuse(
        Code.STALE_CHANGE_REQUEST,
        f"The approval of {request.id} no longer holds: {why}.",
        fix="Propose the change again on top of what is live.",
    )
