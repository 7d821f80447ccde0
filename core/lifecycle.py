"""The states of a change request and of an intent, and who may move them. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Literal

from core.errors import Code, Refusal
from core.same_person import identity_of, same_person


class Role(StrEnum):
    """What a person may do. One person may hold several."""

    MARKETER = "marketer"
    ANALYST = "analyst"
    APPROVER = "approver"
    ADMIN = "admin"


PROPOSERS = frozenset({Role.MARKETER, Role.ANALYST, Role.ADMIN})
"""Who may propose a rule."""
DATA_PROPOSERS = frozenset({Role.ANALYST, Role.ADMIN})
"""Who may propose a change of the data layer, which every rule reads."""


class State(StrEnum):
    """Where a change request stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    LIVE = "live"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.IN_REVIEW, State.WITHDRAWN}),
    State.IN_REVIEW: frozenset(
        {
            State.APPROVED,
            State.SCHEDULED,
            State.REJECTED,
            State.CHANGES_REQUESTED,
            State.WITHDRAWN,
            State.EXPIRED,
        }
    ),
    State.APPROVED: frozenset({State.SCHEDULED, State.LIVE, State.WITHDRAWN, State.EXPIRED}),
    State.SCHEDULED: frozenset({State.LIVE, State.WITHDRAWN, State.EXPIRED}),
    State.LIVE: frozenset({State.SUPERSEDED}),
    State.CHANGES_REQUESTED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset(),
}

WAITING = frozenset({State.IN_REVIEW, State.APPROVED, State.SCHEDULED})
"""What may still go live."""


class Suspended(StrEnum):
    """Why a change request that waits is held back."""

    CONFLICT = "conflict"
    """Another version of its key went live."""
    EFFECT_DRIFT = "effect_drift"
    """It would no longer do what was shown for approval."""
    BY_PERSON = "by_person"
    """An approver holds it back."""


Verdict = Literal["approve", "reject", "request_changes"]
STATE_AFTER: dict[Verdict, State] = {
    "approve": State.APPROVED,
    "reject": State.REJECTED,
    "request_changes": State.CHANGES_REQUESTED,
}


def may_decide(
    *,
    person: str,
    roles: frozenset[Role],
    author: str,
    state: State,
    verdict: Verdict,
    comment: str,
    authors: Collection[str] = (),
) -> Refusal | None:
    """Why this person may not give this verdict now, or None when they may.

    ``authors``: everybody whose work it is besides ``author``, as ``identity_of`` folds addresses.
    """
    if Role.APPROVER not in roles:
        return Refusal(
            code=Code.NOT_ALLOWED,
            message=f"{person} may not decide: only an approver may.",
            fix="Ask somebody who holds the approver role.",
        )
    if own := _own_work(person, author, authors):
        return Refusal(code=Code.SELF_APPROVAL, message=own, fix="Ask another approver.")
    if state is State.DRAFT:
        return Refusal(
            code=Code.NOT_ALLOWED,
            message=f"This is a draft of {author}, and was not sent for review.",
            fix=f"Ask {author} to send it: 'pilothouse approvals submit'.",
        )
    if state is not State.IN_REVIEW:
        return Refusal(
            code=Code.ALREADY_DECIDED,
            message=f"This change request is {state.replace('_', ' ')}: nothing is left to decide.",
            fix="Open the change request to see who decided and when.",
        )
    if verdict != "approve" and not comment.strip():
        return Refusal(
            code=Code.COMMENT_REQUIRED,
            message="A rejection or a request for changes needs a comment.",
            fix="Say in one sentence what should be different.",
        )
    return None


def _own_work(person: str, author: str, authors: Collection[str]) -> str:
    """Why somebody would decide on work of their own; empty when it is that of others."""
    if person == author:
        return f"{person} proposed this change and so may not decide on it."
    if same_person(person, author):
        return f"{person} and {author}, who proposed this change, are one person."
    if identity_of(person) in authors:
        return f"{person} worked on this change, which {author} proposed, and may not decide on it."
    return ""


class IntentState(StrEnum):
    """Where a message stands on its way out."""

    PENDING = "pending"
    LEASED = "leased"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AMBIGUOUS = "ambiguous"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


GAVE_BACK = (IntentState.REJECTED, IntentState.BOUNCED, IntentState.EXPIRED, IntentState.CANCELLED)
"""A message in these states keeps no place under frequency caps."""
