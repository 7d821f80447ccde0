"""What it takes to approve a change request: how many people of which role, why and by when.

Written in the transaction that stores the request. Of a request that was stored before there were
terms, and of one that no policy covered, they are drawn up from what is stored, by the policies of
today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, TypeAdapter

from control import audit
from control.review_terms_tables import approval_policies, review_terms
from control.store import Store
from core.approval_policies import DEFAULT_POLICIES, ApprovalPolicy, Risk, required
from core.artifacts import Finding, Preview
from core.lifecycle import Role
from core.loosening import Place
from core.risk import assess, said

_POLICIES: TypeAdapter[tuple[ApprovalPolicy, ...]] = TypeAdapter(tuple[ApprovalPolicy, ...])
_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])
ITSELF = "pilothouse"


class ReviewTerms(BaseModel):
    """What it takes to approve one request. No approvers: no policy covers it, nobody can."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: Risk
    policy: str
    approvers: int
    role: Role
    """What each approver holds, besides the role of an approver."""
    why: str
    review_by: datetime
    escalate_to: Role


def write(connection: sa.Connection, request: Mapping[str, Any]) -> None:
    """Draw up the terms of a row of change_requests and keep them, once and for good.

    Where no policy covers it nothing is kept: it can be approved once one does.
    """
    terms = _drawn_up(request, policies(connection))
    if terms.approvers:
        bound = {name: request[name] for name in ("content_hash", "effect_hash")}
        row = terms.model_dump() | bound | {"change_request_id": request["id"]}
        connection.execute(review_terms.insert().values(row))


def of(connection: sa.Connection, requests: Sequence[Mapping[str, Any]]) -> dict[str, ReviewTerms]:
    """The terms of rows of change_requests, by id."""
    kept = read(connection, [row["id"] for row in requests])
    missing = [row for row in requests if row["id"] not in kept]
    known = policies(connection) if missing else ()
    return kept | {row["id"]: _drawn_up(row, known) for row in missing}


def read(connection: sa.Connection, ids: Sequence[str]) -> dict[str, ReviewTerms]:
    """The terms that were kept of some requests, by id."""
    query = sa.select(review_terms).where(review_terms.c.change_request_id.in_(ids))
    return {
        row["change_request_id"]: ReviewTerms(
            **{name: row[name] for name in ReviewTerms.model_fields}
        )
        for row in connection.execute(query).mappings()
    }


def policies(connection: sa.Connection) -> tuple[ApprovalPolicy, ...]:
    """Who has to approve what, as the workspace was opened with last."""
    found = connection.execute(sa.select(approval_policies.c.policies)).scalar()
    return DEFAULT_POLICIES if found is None else _POLICIES.validate_python(found)


def keep_policies(store: Store, wanted: Sequence[ApprovalPolicy], *, now: datetime) -> None:
    """Let these hold for what is proposed from now on; a change of them is in the audit log."""
    with store.read() as connection:
        if policies(connection) == tuple(wanted):
            return
    document = [one.model_dump(mode="json") for one in wanted]
    with store.write() as connection:
        connection.execute(approval_policies.delete())
        connection.execute(approval_policies.insert().values(place=1, policies=document))
        note = ", ".join(f"{one.name}: {one.approvers}" for one in wanted) or "none"
        act = audit.Act(now, ITSELF, "approval_policies", "approval_policies", note=note)
        audit.append(connection, act)


def _drawn_up(request: Mapping[str, Any], known: Sequence[ApprovalPolicy]) -> ReviewTerms:
    kind, effect = str(request["kind"]), request["effect"]
    assessed = assess(
        kind,
        _FINDINGS.validate_python(request["findings"]),
        # Of the three shapes of effects only that of a rule has no kind.
        Preview.model_validate(effect) if effect and "kind" not in effect else None,
        [Place(one["path"], one.get("live"), one.get("proposed")) for one in request["rule_diff"]],
    )
    policy = required(known, kind, assessed.risk)
    held = policy or ApprovalPolicy(name="none")
    return ReviewTerms(
        risk=assessed.risk,
        policy=held.name,
        approvers=held.approvers if policy else 0,
        role=held.role,
        why=said(kind, assessed, policy),
        review_by=request["created_at"] + timedelta(hours=held.review_hours),
        escalate_to=held.escalate_to,
    )
