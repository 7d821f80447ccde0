"""Change requests, read: what is proposed, by whom, and what was said about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control import authors, evaluations, review_terms, schedules, suspensions
from control.review_terms import ReviewTerms
from control.schedules import Escalation
from control.sign_offs import SignOff
from control.sign_offs import of as sign_offs_of
from control.store import Store
from control.suspensions import Suspension
from control.tables import change_requests, reviews
from control.versions import GOVERNED, Governed, Rule
from core.approval_policies import Risk
from core.artifacts import ChangeRequestRef, Finding, Preview
from core.data_changes import DATA_KINDS, DataEffect
from core.errors import Code, refuse
from core.evaluations import Evaluation
from core.journey_effects import JourneyEffect
from core.journeys import Journey
from core.jumps import JUMP, PopulationJump
from core.lifecycle import WAITING, Role, State, Verdict
from core.rules import DecisionPolicy, EligibilityRule
from core.schedule import Window


class DiffLine(BaseModel):
    """One place of what is proposed, as it is live and as proposed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    change: str
    """added, removed, changed or same."""
    live: Any = None
    proposed: Any = None
    patch: str | None = None
    """For a text of several lines: what differs, as a unified diff."""


class Review(BaseModel):
    """A verdict, bound to the hashes of what the approver saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    by: str
    comment: str
    at: datetime
    content_hash: str
    effect_hash: str
    dependency_hash: str


class ChangeRequest(BaseModel):
    """Something proposed, with everything an approver needs to decide on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    target_key: str
    kind: str
    name: str
    base_version: int | None
    content: dict[str, Any]
    content_hash: str
    rule_diff: tuple[DiffLine, ...]
    effect: Preview | DataEffect | JourneyEffect | None
    effect_hash: str
    dependencies: dict[str, str]
    dependency_hash: str
    findings: tuple[Finding, ...]
    prompt: str
    assumptions: tuple[str, ...]
    author: str
    thread_id: str | None
    state: State
    created_at: datetime
    updated_at: datetime
    review: Review | None = None
    suspended: Suspension | None = None
    """What holds it back while it waits, the oldest of several; None when nothing does."""
    risk: Risk
    approvals_needed: int
    """How many different people have to agree; 0: no approval policy covers it, nobody can."""
    approver_role: Role
    """What each of them holds, besides the role of an approver."""
    approvals_why: str
    """What makes it so, in sentences."""
    review_by: datetime
    """When it goes to ``escalate_to`` if nobody has decided."""
    escalate_to: Role
    sign_offs: tuple[SignOff, ...] = ()
    """Approvals that came before the last one."""
    authors: tuple[str, ...] = ()
    """Everybody whose work it is, as ``core.same_person.identity_of`` folds addresses."""
    window: Window | None = None
    """When it may go live once it is approved; None: at once, or when staging is promoted."""
    escalated: Escalation | None = None
    """Whom it went to, when its review took longer than its deadline."""
    evaluations: tuple[Evaluation, ...] = ()
    """What it did once it was live, beside what it was approved for: after 7 and 28 days."""

    @property
    def artifact(self) -> Governed:
        """What is proposed, as its type."""
        return GOVERNED.validate_python(self.content)

    @property
    def changes_data(self) -> bool:
        """Whether it changes the data layer and not a rule."""
        return self.kind in DATA_KINDS

    @property
    def has_reason(self) -> bool:
        """Whether its prompt is the reason of a change, not words that somebody asked with."""
        return self.changes_data or self.kind == JUMP

    @property
    def journey(self) -> Journey | None:
        """The proposed journey; None when it is anything else."""
        found = self.artifact if self.kind == "journey" else None
        return found if isinstance(found, Journey) else None

    @property
    def jump(self) -> PopulationJump | None:
        """The population jump that holds a cycle; None when it is anything else."""
        found = self.artifact if self.kind == JUMP else None
        return found if isinstance(found, PopulationJump) else None

    @property
    def rule(self) -> Rule:
        """The proposed rule; refuses with INVALID_ARGUMENT when it is something else."""
        found = self.artifact
        if isinstance(found, EligibilityRule | DecisionPolicy):
            return found
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{self.id} is about the {self.kind.replace('_', ' ')}, not a rule.",
            span=self.id,
            fix="Look at it with 'pilothouse approvals show'.",
        )

    @property
    def preview(self) -> Preview | None:
        """What a proposed rule would do; None for a change of the data."""
        return self.effect if isinstance(self.effect, Preview) else None

    @property
    def data_effect(self) -> DataEffect | None:
        """What a change of the data would do; None for a rule."""
        return self.effect if isinstance(self.effect, DataEffect) else None

    @property
    def journey_effect(self) -> JourneyEffect | None:
        """What a journey would do; None for anything else."""
        return self.effect if isinstance(self.effect, JourneyEffect) else None

    @property
    def ref(self) -> ChangeRequestRef:
        """What an answer says about it."""
        return ChangeRequestRef(id=self.id, state=self.state, content_hash=self.content_hash)


def find(connection: sa.Connection, request_id: str) -> ChangeRequest:
    """One request inside the caller's transaction; refuses with UNKNOWN_KEY."""
    found = select(connection, change_requests.c.id == request_id)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no change request '{request_id}'.",
            span=request_id,
            fix="List them with 'pilothouse approvals list'.",
        )
    return found[0]


def get(store: Store, request_id: str) -> ChangeRequest:
    """One request; refuses with UNKNOWN_KEY."""
    with store.read() as connection:
        return find(connection, request_id)


def list_all(store: Store, state: State | None = None) -> list[ChangeRequest]:
    """Every request, or those in one state, newest first."""
    conditions = () if state is None else (change_requests.c.state == state.value,)
    with store.read() as connection:
        return select(connection, *conditions)


def select(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[ChangeRequest]:
    """The requests that meet all conditions, newest first."""
    query = (
        sa.select(change_requests)
        .where(*conditions)
        .order_by(change_requests.c.created_at.desc(), change_requests.c.id.desc())
    )
    rows = [row._asdict() for row in connection.execute(query)]
    ids = [row["id"] for row in rows]
    verdicts, held = _reviews(connection, ids), suspensions.of(connection, ids)
    terms, signed = review_terms.of(connection, rows), sign_offs_of(connection, ids)
    wrote = authors.of_all(connection, rows)
    windows, late = schedules.windows(connection, ids), schedules.escalated(connection, ids)
    looked_at = evaluations.of(connection, ids)
    return [
        ChangeRequest(
            **row,
            **_told(terms[row["id"]]),
            sign_offs=signed.get(row["id"], ()),
            authors=wrote[row["id"]],
            review=verdicts.get(row["id"]),
            suspended=held.get(row["id"], (None,))[0] if row["state"] in WAITING else None,
            window=windows.get(row["id"]),
            escalated=late.get(row["id"]),
            evaluations=looked_at.get(row["id"], ()),
        )
        for row in rows
    ]


def _told(terms: ReviewTerms) -> dict[str, Any]:
    """What it takes to approve a request, by the names that it has there."""
    return {
        "risk": terms.risk,
        "approvals_needed": terms.approvers,
        "approver_role": terms.role,
        "approvals_why": terms.why,
        "review_by": terms.review_by,
        "escalate_to": terms.escalate_to,
    }


def _reviews(connection: sa.Connection, ids: list[str]) -> dict[str, Review]:
    query = sa.select(reviews).where(reviews.c.change_request_id.in_(ids))
    found = [row._asdict() for row in connection.execute(query)]
    return {row.pop("change_request_id"): Review(**row) for row in found}
