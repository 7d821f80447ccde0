"""A person's verdict on a change request: one row, written by the person's own action."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, requests, schedules, staging
from control.canaries import asked_for
from control.canary_tables import canary_asks
from control.hashing import content_hash
from control.people import Person, roles_now
from control.requests import ChangeRequest
from control.store import Store, utc
from control.suspensions import require_free
from control.tables import change_requests, reviews, versions
from core.canary import CanaryAsk
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import STATE_AFTER, State, Verdict, may_decide
from core.proposal import actions_of
from core.schedule import Window
from orchestrate.agreement import agreement, bound, sign
from orchestrate.blockers import require_unblocked


def decide(  # noqa: PLR0913 - a verdict says every one of these
    store: Store,
    request_id: str,
    *,
    person: Person,
    verdict: Verdict,
    comment: str = "",
    now: datetime,
    seen_content_hash: str | None = None,
    canary: CanaryAsk | None = None,
    window: Window | None = None,
) -> ChangeRequest:
    """Approve, reject or ask for changes; of two people at once exactly one decides.

    Where several have to agree, each approval before the last is kept and the request stays in
    review; a rejection ends it at once. With ``canary`` what is approved goes live for that share
    of users first; with ``window`` it goes live in it, and not at all once that is over.

    Refuses with NOT_ALLOWED, SELF_APPROVAL, ALREADY_DECIDED, COMMENT_REQUIRED, with
    BLOCKED_BY_POLICY what a finding blocks or no approval policy covers, and with
    STALE_CHANGE_REQUEST when what would be approved is not what was shown.
    """
    try:
        with store.write() as connection:
            request = requests.find(connection, request_id)
            _check(connection, request, person, verdict, comment, now)
            _check_seen(request, seen_content_hash)
            if canary is not None:
                _can_be_asked(request, verdict)
            if window is not None:
                _schedule(connection, request, verdict, window, person, now)
            if verdict == "approve":
                agreed = agreement(connection, request, person, canary)
                if not agreed.is_enough:
                    sign(connection, request, person, comment, canary, now)
                    return requests.find(connection, request_id)
                if agreed.canary is not None:
                    _ask(connection, request, agreed.canary)
            _record(connection, request, person, verdict, comment, now)
            return requests.find(connection, request_id)
    except IntegrityError as error:
        # The database has the last word, whatever the checks above believed.
        raise refuse(
            Code.NOT_ALLOWED,
            f"{request_id} cannot be decided by {person.email}: {error.orig}.",
            fix="Ask another approver.",
        ) from error


def can_be_a_canary(request: ChangeRequest) -> bool:
    """Whether it can go live for a share of the users first: a rule or policy that sends."""
    if request.changes_data or request.journey or request.jump:
        return False
    return bool(actions_of(request.rule))


def _check(
    connection: sa.Connection,
    request: ChangeRequest,
    person: Person,
    verdict: Verdict,
    comment: str,
    now: datetime,
) -> None:
    refusal = may_decide(
        person=person.email,
        roles=roles_now(connection, person),
        author=request.author,
        state=request.state,
        verdict=verdict,
        comment=comment,
        authors=request.authors,
    )
    if refusal:
        raise PilothouseError(refusal)
    if verdict == "approve":
        _check_current(connection, request)
        _require_window(connection, request, now)


def _check_current(connection: sa.Connection, request: ChangeRequest) -> None:
    require_free(connection, request.id)
    require_unblocked(request.findings)
    live = connection.execute(
        sa.select(versions.c.version).where(
            versions.c.key == request.target_key, versions.c.state != "superseded"
        )
    ).scalar()
    if live != request.base_version:
        raise refuse(
            Code.STALE_CHANGE_REQUEST,
            f"{request.id} was drafted against {_named(request.base_version)} of "
            f"'{request.target_key}', but now there is {_named(live)}.",
            fix="Reject it and propose the change again on top of what is live.",
        )


def _check_seen(request: ChangeRequest, seen: str | None) -> None:
    unchanged = content_hash(request.content) == request.content_hash
    if not unchanged or (seen is not None and seen != request.content_hash):
        raise refuse(
            Code.STALE_CHANGE_REQUEST,
            f"The content of {request.id} is not what was shown for approval.",
            fix="Open the change request again and read it before deciding.",
        )


def _record(
    connection: sa.Connection,
    request: ChangeRequest,
    person: Person,
    verdict: Verdict,
    comment: str,
    now: datetime,
) -> None:
    waiting = sa.and_(
        change_requests.c.id == request.id,
        change_requests.c.state == State.IN_REVIEW.value,
    )
    after = STATE_AFTER[verdict]
    if after is State.APPROVED and waits(connection, request.id):
        after = State.SCHEDULED
    values = {"state": after.value, "updated_at": utc(now)}
    moved = connection.execute(change_requests.update().where(waiting).values(values))
    if moved.rowcount != 1:
        raise refuse(Code.ALREADY_DECIDED, f"{request.id} was decided by somebody else just now.")
    row = {"change_request_id": request.id, "verdict": verdict, "by": person.email}
    said = bound(request)._asdict() | {"comment": comment, "at": utc(now)}
    connection.execute(reviews.insert().values(row | said))
    unchanged = request.content_hash
    asked = asked_for(connection, request.id)
    note = comment if asked is None else f"canary {asked.share:.4g}. {comment}".strip()
    act = audit.Act(now, person.email, verdict, request.id, unchanged, unchanged, note)
    audit.append(connection, act)


def _schedule(
    connection: sa.Connection,
    request: ChangeRequest,
    verdict: Verdict,
    window: Window,
    person: Person,
    now: datetime,
) -> None:
    if verdict != "approve" or request.jump or staging.holds(connection, request.id):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} cannot go live at a certain time: "
            + (
                "it is in staging, and goes live when it is promoted."
                if staging.holds(connection, request.id)
                else "only an approved change can, and no held cycle."
            ),
            span="at",
            fix="Leave the time out.",
        )
    schedules.keep_window(connection, request.id, window, by=person.email, now=now)


def _require_window(connection: sa.Connection, request: ChangeRequest, now: datetime) -> None:
    """Nobody approves what could not go live any more."""
    window = schedules.window_of(connection, request.id)
    if window is not None and window.standing(utc(now)) == "over":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The window of {request.id} is over: {window}.",
            span=request.id,
            fix="Propose the change again.",
        )


def waits(connection: sa.Connection, request_id: str) -> bool:
    """Whether what is approved goes live later: when staging is promoted, or in its window."""
    window = schedules.window_of(connection, request_id)
    return window is not None or staging.holds(connection, request_id)


def _can_be_asked(request: ChangeRequest, verdict: Verdict) -> None:
    if verdict != "approve" or not can_be_a_canary(request):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} cannot go live as a canary: only an approved rule or decision policy "
            "that sends something can.",
            span="canary",
            fix="Leave the canary out.",
        )


def _ask(connection: sa.Connection, request: ChangeRequest, canary: CanaryAsk) -> None:
    row = {"change_request_id": request.id, "asked": canary.model_dump(mode="json")}
    connection.execute(canary_asks.insert().values(row))


def _named(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"
