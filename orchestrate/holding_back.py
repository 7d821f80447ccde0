"""A person holds a change request back, and lets it go on."""

from __future__ import annotations

from datetime import datetime

from control import requests, suspensions
from control.people import Person, require_now
from control.requests import ChangeRequest
from control.store import Store
from core.errors import Code, refuse
from core.lifecycle import Role, Suspended
from core.same_person import identity_of

MAY_HOLD = frozenset({Role.APPROVER, Role.ADMIN})


def hold_back(
    store: Store, request_id: str, *, person: Person, why: str, now: datetime
) -> ChangeRequest:
    """Suspend what waits, approved or not; refuses with COMMENT_REQUIRED without a reason."""
    if not why.strip():
        raise refuse(
            Code.COMMENT_REQUIRED,
            "Whoever finds it held back needs to know why.",
            fix="Say in one sentence what has to happen first.",
        )
    with store.write() as connection:
        require_now(connection, person, MAY_HOLD, "suspend a change request")
        requests.find(connection, request_id)
        by = person.email
        suspensions.suspend(connection, request_id, Suspended.BY_PERSON, why.strip(), now, by=by)
        return requests.find(connection, request_id)


def let_go(
    store: Store, request_id: str, *, person: Person, why: str = "", now: datetime
) -> ChangeRequest:
    """Lift what a person suspended; never what was suspended for a conflict or another effect.

    Refuses with SELF_APPROVAL whoever proposed it, and with INVALID_ARGUMENT when no person
    holds it back.
    """
    with store.write() as connection:
        require_now(connection, person, MAY_HOLD, "lift a suspension")
        request = requests.find(connection, request_id)
        if identity_of(person.email) in request.authors:
            raise refuse(
                Code.SELF_APPROVAL,
                f"{person.email} proposed {request_id}, which somebody holds back.",
                span=request_id,
                fix="Ask another approver.",
            )
        code = Suspended.BY_PERSON
        if not suspensions.lift(connection, request_id, code, now, by=person.email, why=why):
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"No person holds {request_id} back.",
                span=request_id,
                fix=request.suspended.fix if request.suspended else "Decide on it as it is.",
            )
        return requests.find(connection, request_id)
