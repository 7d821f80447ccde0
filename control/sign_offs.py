"""Approvals before the last one of a change request: each counts while who gave it may approve.

The last approval is the request's row in ``reviews``; these are what it rests on where several
people have to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control import audit
from control.people import Person
from control.sign_offs_tables import sign_offs
from control.store import utc
from control.tables import roles
from core.canary import CanaryAsk
from core.lifecycle import Role
from core.same_person import identity_of


class Bound(NamedTuple):
    """What an approval is for: the hashes of content, effect and what it relies on."""

    content_hash: str
    effect_hash: str
    dependency_hash: str


class SignOff(BaseModel):
    """One approval before the last. ``counts``: whether its giver may approve now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    comment: str
    at: datetime
    content_hash: str
    effect_hash: str
    dependency_hash: str
    canary: CanaryAsk | None = None
    counts: bool

    @property
    def bound(self) -> Bound:
        """What it is for."""
        return Bound(self.content_hash, self.effect_hash, self.dependency_hash)


def add(
    connection: sa.Connection,
    request_id: str,
    person: Person,
    bound: Bound,
    *,
    comment: str,
    canary: CanaryAsk | None,
    now: datetime,
) -> None:
    """Write an approval after which others have to agree still."""
    row = bound._asdict() | {
        "change_request_id": request_id,
        "signer": identity_of(person.email),
        "by": person.email,
        "comment": comment,
        "at": utc(now),
        "canary": canary.model_dump(mode="json") if canary else None,
    }
    connection.execute(sign_offs.insert().values(row))
    told = bound.content_hash
    act = audit.Act(now, person.email, "sign_off", request_id, told, told, comment)
    audit.append(connection, act)


def of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[SignOff, ...]]:
    """Request → its approvals before the last, oldest first; requests without one are left out."""
    query = (
        sa.select(sign_offs)
        .where(sign_offs.c.change_request_id.in_(ids))
        .order_by(sign_offs.c.change_request_id, sign_offs.c.at, sign_offs.c.signer)
    )
    rows = connection.execute(query).mappings().all()
    may = approvers(connection) if rows else frozenset()
    found: dict[str, tuple[SignOff, ...]] = {}
    for row in rows:
        fields = {name: row[name] for name in SignOff.model_fields if name != "counts"}
        one = SignOff(**fields, counts=row["by"] in may)
        name = row["change_request_id"]
        found[name] = (*found.get(name, ()), one)
    return found


def approvers(connection: sa.Connection, also: Role = Role.APPROVER) -> frozenset[str]:
    """The addresses of everybody who may approve now, and holds another role, too."""
    held = sa.select(roles.c.email).where(roles.c.role == Role.APPROVER.value)
    both = sa.select(roles.c.email).where(roles.c.role == also.value)
    return frozenset(connection.execute(held.intersect(both)).scalars())
