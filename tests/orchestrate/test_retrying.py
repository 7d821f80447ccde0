"""What was approved and cannot go live: for good it ends, for now it waits and is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from control import requests
from control.people import Person
from control.requests import ChangeRequest
from control.store import Store
from core.conditions import EventCount
from core.errors import Code, refuse
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook import retrying

NOW = datetime(2026, 1, 1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def approved(store: Store, pavel: Person) -> ChangeRequest:
    rule = EligibilityRule(
        key="engaged", name="Engaged", condition=EventCount(event="workout_completed", n=3)
    )
    made = change_requests.submit(store, artifact=rule, author="mara@demo", prompt="who?", now=NOW)
    return approvals.decide(store, made.id, person=pavel, verdict="approve", now=NOW)


def start(store: Store, code: Code | None, *, now: datetime = NOW) -> rulebook.Reconciled:
    """What a start does while everything that a request relies on is refused with a code."""

    def relies_on(_request: ChangeRequest) -> Mapping[str, str]:
        if code is None:
            return {}
        raise refuse(code, "It is in use by process 7.", fix="Stop it.")

    return rulebook.reconcile(store, now=now, relies_on=relies_on)


@pytest.mark.parametrize(
    "code", [Code.WAREHOUSE_LIMIT, Code.WAREHOUSE_LOCKED, Code.STEP_FAILED, Code.NOT_ALLOWED]
)
def test_a_refusal_that_may_go_away_leaves_it_approved(
    store: Store, approved: ChangeRequest, code: Code
) -> None:
    done = start(store, code)

    assert (done.expired, [*done.put_off]) == ({}, [approved.id])
    assert requests.get(store, approved.id).state is State.APPROVED
    (told,) = retrying.waiting(store)
    assert told.why == "It is in use by process 7. Stop it."
    assert [one.key for one in start(store, None).published] == ["engaged"]
    assert retrying.waiting(store) == []


def test_a_refusal_that_is_final_ends_it(store: Store, approved: ChangeRequest) -> None:
    done = start(store, Code.UNKNOWN_TRAIT)

    assert [*done.expired] == [approved.id]
    assert requests.get(store, approved.id).state is State.EXPIRED


def test_it_is_tried_again_after_as_long_again_as_it_has_waited(
    store: Store, approved: ChangeRequest
) -> None:
    def due(minutes: float) -> bool:
        return bool(retrying.due_again(store, now=NOW + minutes * MINUTE))

    assert not due(14)
    assert due(15)
    start(store, Code.WAREHOUSE_LIMIT)
    assert not due(0.5)
    assert due(1)
    start(store, Code.WAREHOUSE_LIMIT, now=NOW + 60 * MINUTE)
    assert not due(119)
    assert due(120)
