"""Who may decide on a change request, and where it can go from each state."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Code
from core.lifecycle import STATE_AFTER, TRANSITIONS, Role, State, may_decide

APPROVER = frozenset({Role.APPROVER})


def verdict(**changed: Any) -> Code | None:
    given: dict[str, Any] = {
        "person": "pavel@demo",
        "roles": APPROVER,
        "author": "mara@demo",
        "state": State.IN_REVIEW,
        "verdict": "approve",
        "comment": "",
    }
    refusal = may_decide(**(given | changed))
    return refusal.code if refusal else None


def test_another_person_with_the_approver_role_may_approve() -> None:
    assert verdict() is None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_nobody_else_may_decide(role: Role) -> None:
    assert verdict(roles=frozenset({role})) is Code.NOT_ALLOWED
    assert verdict(roles=frozenset()) is Code.NOT_ALLOWED


@pytest.mark.parametrize("said", ["approve", "reject", "request_changes"])
def test_the_author_may_not_decide_whatever_the_verdict_and_the_roles(said: str) -> None:
    roles = frozenset(Role)

    assert verdict(person="mara@demo", roles=roles, verdict=said, comment="x") is Code.SELF_APPROVAL


@pytest.mark.parametrize("state", [state for state in State if state is not State.IN_REVIEW])
def test_nothing_is_decided_twice_or_before_review(state: State) -> None:
    early = state is State.DRAFT

    assert verdict(state=state) is (Code.NOT_ALLOWED if early else Code.ALREADY_DECIDED)


@pytest.mark.parametrize("said", ["reject", "request_changes"])
def test_a_no_needs_a_comment_and_a_yes_does_not(said: str) -> None:
    assert verdict(verdict=said, comment="  ") is Code.COMMENT_REQUIRED
    assert verdict(verdict=said, comment="Too broad.") is None


def test_every_state_says_where_it_can_go_and_verdicts_lead_there() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(STATE_AFTER.values()) <= TRANSITIONS[State.IN_REVIEW]


def test_only_what_was_approved_can_go_live() -> None:
    before_live = {state for state, after in TRANSITIONS.items() if State.LIVE in after}

    assert before_live == {State.APPROVED, State.SCHEDULED}
    assert all(State.APPROVED not in TRANSITIONS[s] for s in State if s is not State.IN_REVIEW)
