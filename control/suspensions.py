"""What holds a change request back: while one suspension is open, nobody can approve it and it
cannot go live. Rejecting and withdrawing it stay possible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control import audit
from control.store import utc
from control.suspension_tables import suspensions
from control.tables import change_requests
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import WAITING, Suspended

ITSELF = "pilothouse"
FIXES = {
    Suspended.CONFLICT: "Draft it anew on top of what is live: 'pilothouse approvals rebase {id}'.",
    Suspended.EFFECT_DRIFT: "Propose it again, so that people decide on what it would do now.",
    Suspended.BY_PERSON: "Mend what they say, or have an approver lift it: "
    "'pilothouse approvals lift {id}'.",
}


class Suspension(BaseModel):
    """Why a request is held back, since when, by whom, and what to do about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Suspended
    why: str
    fix: str
    by: str
    at: datetime


def suspend(
    connection: sa.Connection,
    request_id: str,
    code: Suspended,
    why: str,
    now: datetime,
    *,
    fix: str | None = None,
    by: str = ITSELF,
) -> Suspension:
    """Hold back a request that waits; again for the same code changes nothing.

    ``why`` is a sentence, ``fix`` (None: that of the code) an instruction, for whoever wanted to
    approve or publish it. Refuses with ALREADY_DECIDED when the request waits no longer.
    """
    for one in of(connection, [request_id]).get(request_id, ()):
        if one.code is code:
            return one
    _require_waiting(connection, request_id)
    told = Suspension(
        code=code, why=why, fix=fix or FIXES[code].format(id=request_id), by=by, at=utc(now)
    )
    this = suspensions.c.change_request_id == request_id
    count = sa.select(sa.func.count()).select_from(suspensions).where(this)
    numbered = {"change_request_id": request_id, "seq": connection.execute(count).scalar_one() + 1}
    row = told.model_dump() | {"code": code.value}
    connection.execute(suspensions.insert().values(numbered | row))
    audit.append(connection, audit.Act(now, by, "suspend", request_id, note=why))
    return told


def lift(
    connection: sa.Connection,
    request_id: str,
    code: Suspended,
    now: datetime,
    *,
    by: str = ITSELF,
    why: str = "",
) -> bool:
    """Let what was held back for a code go on; False when it was not held back for it."""
    this = sa.and_(
        suspensions.c.change_request_id == request_id,
        suspensions.c.code == code.value,
        suspensions.c.lifted_at.is_(None),
    )
    values = {"lifted_at": utc(now), "lifted_by": by, "lifted_why": why}
    if not connection.execute(suspensions.update().where(this).values(values)).rowcount:
        return False
    audit.append(connection, audit.Act(now, by, "lift_suspension", request_id, note=why))
    return True


def current(connection: sa.Connection, request_id: str) -> Suspension | None:
    """What holds a request back, the oldest of several; None when nothing does."""
    return next(iter(of(connection, [request_id]).get(request_id, ())), None)


def of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[Suspension, ...]]:
    """Request → what holds it back, oldest first; requests that nothing holds are left out."""
    query = (
        sa.select(suspensions)
        .where(suspensions.c.change_request_id.in_(ids), suspensions.c.lifted_at.is_(None))
        .order_by(suspensions.c.change_request_id, suspensions.c.seq)
    )
    found: dict[str, tuple[Suspension, ...]] = {}
    for row in connection.execute(query).mappings():
        one = Suspension(**{name: row[name] for name in Suspension.model_fields})
        name = row["change_request_id"]
        found[name] = (*found.get(name, ()), one)
    return found


def overtaken(connection: sa.Connection, request_id: str) -> bool:
    """Whether a request can be drafted anew: what is live or what it would do is another thing.

    Refuses with SUSPENDED what a person holds back, whatever else does.
    """
    held = of(connection, [request_id]).get(request_id, ())
    for one in held:
        if one.code is Suspended.BY_PERSON:
            raise refused(request_id, one)
    return bool(held)


def require_free(connection: sa.Connection, request_id: str) -> None:
    """Refuses what is held back: STALE_CHANGE_REQUEST for a conflict, else SUSPENDED."""
    if one := current(connection, request_id):
        raise refused(request_id, one)


def refused(request_id: str, one: Suspension) -> PilothouseError:
    """The refusal to approve or publish what is held back."""
    code = Code.STALE_CHANGE_REQUEST if one.code is Suspended.CONFLICT else Code.SUSPENDED
    return refuse(code, f"{request_id} is suspended: {one.why}", span=request_id, fix=one.fix)


def _require_waiting(connection: sa.Connection, request_id: str) -> None:
    query = sa.select(change_requests.c.state).where(change_requests.c.id == request_id)
    state = connection.execute(query).scalar()
    if state not in WAITING:
        raise refuse(
            Code.ALREADY_DECIDED,
            f"{request_id} is {(state or 'unknown').replace('_', ' ')}: nothing of it waits.",
            span=request_id,
            fix="Only what is in review, approved or scheduled can be suspended.",
        )
