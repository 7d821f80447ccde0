"""What a guardrail blocks is not proposed; what is blocked later is not approved or put live."""

from __future__ import annotations

from datetime import datetime

import pytest

from control import requests
from control.people import Person
from control.store import Store
from control.tables import change_requests as request_rows
from core.artifacts import Finding
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook

NOW = datetime(2026, 1, 1)
RULE = EligibilityRule(key="engaged", name="Engaged", condition=EventCount(event="a", n=3))
BLOCK = Finding(policy="consent_path", severity="block", message="No consent.", fix="Add it.")


def _block(store: Store, request_id: str) -> None:
    """As a store that was written to by hand, or by a version that did not look."""
    found = [BLOCK.model_dump(mode="json")]
    this = request_rows.c.id == request_id
    with store.write() as connection:
        connection.execute(request_rows.update().where(this).values(findings=found))


def _proposed(store: Store) -> str:
    return change_requests.submit(store, artifact=RULE, author="mara@demo", prompt="", now=NOW).id


def test_a_request_whose_findings_block_cannot_be_approved(store: Store, pavel: Person) -> None:
    request = _proposed(store)
    _block(store, request)

    with pytest.raises(PilothouseError) as refused:
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    refusal = refused.value.refusal
    assert (refusal.code, refusal.span, refusal.fix) == (
        Code.BLOCKED_BY_POLICY,
        "consent_path",
        "Add it.",
    )
    assert requests.get(store, request).state is State.IN_REVIEW
    rejected = approvals.decide(
        store, request, person=pavel, verdict="reject", comment="No.", now=NOW
    )
    assert rejected.state is State.REJECTED


def test_what_was_approved_and_is_blocked_since_does_not_go_live(
    store: Store, pavel: Person
) -> None:
    request = _proposed(store)
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
    _block(store, request)

    with pytest.raises(PilothouseError, match="No consent"):
        rulebook.publish(store, request, now=NOW)

    assert requests.get(store, request).state is State.APPROVED
