"""Whether enough people agree to a change: counted when one approves, and when it goes live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control import review_terms
from control.hashing import content_hash
from control.people import Person
from control.requests import ChangeRequest
from control.sign_offs import Bound, SignOff, add, approvers
from control.tables import change_requests
from core.canary import CanaryAsk
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import Role
from core.same_person import identity_of, same_person


class Agreement(NamedTuple):
    """What one more approval comes to."""

    is_enough: bool
    canary: CanaryAsk | None
    """How it goes live first: what an approver asked for is asked for by all."""


def bound(request: ChangeRequest) -> Bound:
    """What an approval of a request is for, as it is stored now."""
    effect, rests_on = content_hash(request.effect), content_hash(request.dependencies)
    return Bound(content_hash(request.content), effect, rests_on)


def agreement(
    connection: sa.Connection, request: ChangeRequest, person: Person, canary: CanaryAsk | None
) -> Agreement:
    """Whether one more approval is the last that is needed.

    Refuses with BLOCKED_BY_POLICY what no approval policy covers, with NOT_ALLOWED whoever lacks
    the role that the policy asks for, with ALREADY_DECIDED whoever approved it before, and with
    INVALID_ARGUMENT another canary than the one that was agreed to.
    """
    _keep_terms(connection, request)
    _may_count(connection, request, person)
    others = _counted(connection, request, bound(request))
    asked = next((one.canary for one in others if one.canary is not None), None)
    if asked is not None and canary is not None and canary != asked:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} was approved as a canary of {asked.share:.4g} with limits of its own.",
            span="canary",
            fix="Approve it without a canary to agree to that one, or request changes.",
        )
    return Agreement(len(others) + 1 >= request.approvals_needed, asked or canary)


def sign(
    connection: sa.Connection,
    request: ChangeRequest,
    person: Person,
    comment: str,
    canary: CanaryAsk | None,
    now: datetime,
) -> None:
    """Keep an approval after which others have to agree still."""
    add(connection, request.id, person, bound(request), comment=comment, canary=canary, now=now)


def require_agreed(connection: sa.Connection, request: ChangeRequest) -> None:
    """Refuses with STALE_CHANGE_REQUEST what too few people who may approve now agreed to."""
    review = request.review
    if review is None:
        return
    may = approvers(connection, request.approver_role)
    if review.by not in may or identity_of(review.by) in request.authors:
        raise _left(request, [review.by])
    given = Bound(review.content_hash, review.effect_hash, review.dependency_hash)
    others = _counted(connection, request, given)
    agreed = 1 + sum(not same_person(one.by, review.by) for one in others)
    if not 0 < request.approvals_needed <= agreed:
        left = [one.by for one in request.sign_offs if one not in others]
        raise _left(request, left)


def _counted(connection: sa.Connection, request: ChangeRequest, given: Bound) -> list[SignOff]:
    """Approvals before the last that are for just this, by people who may approve now."""
    may = approvers(connection, request.approver_role)
    return [
        one
        for one in request.sign_offs
        if one.bound == given and one.by in may and identity_of(one.by) not in request.authors
    ]


def _keep_terms(connection: sa.Connection, request: ChangeRequest) -> None:
    """Terms that were not kept when it was proposed are, before anybody approves by them."""
    if not request.approvals_needed:
        raise refuse(
            Code.BLOCKED_BY_POLICY,
            f"{request.id} cannot be approved by anybody. {request.approvals_why}",
            span="approval_policies",
            fix="Have an admin add a row to [[approval_policies]] in pilothouse.toml that covers "
            "it, or reject it.",
        )
    if request.id not in review_terms.read(connection, [request.id]):
        this = sa.select(change_requests).where(change_requests.c.id == request.id)
        review_terms.write(connection, dict(connection.execute(this).mappings().one()))


def _may_count(connection: sa.Connection, request: ChangeRequest, person: Person) -> None:
    if any(same_person(one.by, person.email) for one in request.sign_offs):
        raise refuse(
            Code.ALREADY_DECIDED,
            f"{person.email} approved {request.id} already; {request.approvals_needed} different "
            "people have to agree.",
            fix="Ask another approver.",
        )
    if person.email not in approvers(connection, request.approver_role):
        raise refuse(
            Code.NOT_ALLOWED,
            f"{person.email} may not approve {request.id}. {request.approvals_why}",
            fix=f"Ask an approver who is {_named(request.approver_role)}.",
        )


def _named(role: Role) -> str:
    return "an admin as well" if role is Role.ADMIN else "still one"


def _left(request: ChangeRequest, who: Iterable[str]) -> PilothouseError:
    gone = ", ".join(dict.fromkeys(who))
    why = (
        f"{gone} may not approve it any more"
        if gone
        else f"{request.approvals_needed or 'other'} approvals are needed"
    )
    return refuse(
        Code.STALE_CHANGE_REQUEST,
        f"The approval of {request.id} no longer holds: {why}.",
        fix="Propose it again, and have people approve it who may.",
    )
