"""What is held back is neither approved nor published, whoever asks, until it is lifted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, suspensions
from control.people import Person
from control.store import Store
from control.suspension_tables import suspensions as rows
from control.tables import reviews
from control.tables import versions as version_rows
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State, Suspended
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook

NOW = datetime(2026, 1, 1)
WHY = "It would reach 900 users, not 300 as shown."


def _propose(store: Store, n: int = 3) -> str:
    rule = EligibilityRule(
        key="engaged", name="Engaged", condition=EventCount(event="workout_completed", n=n)
    )
    submitted = change_requests.submit(
        store, artifact=rule, author="mara@demo", prompt="who?", now=NOW
    )
    return submitted.id


def _suspend(store: Store, request: str, code: Suspended = Suspended.EFFECT_DRIFT) -> None:
    with store.write() as connection:
        suspensions.suspend(connection, request, code, WHY, NOW)


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_what_is_suspended_is_not_approved_and_says_why(store: Store, pavel: Person) -> None:
    request = _propose(store)
    _suspend(store, request)

    with _refused(Code.SUSPENDED) as refused:
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    assert WHY in str(refused.value)
    assert "Propose it again" in str(refused.value)


def test_what_is_approved_and_then_suspended_does_not_go_live(store: Store, pavel: Person) -> None:
    request = _propose(store)
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
    _suspend(store, request)

    with _refused(Code.SUSPENDED):
        rulebook.publish(store, request, now=NOW)


def test_what_is_lifted_goes_on_and_each_reason_is_lifted_by_itself(
    store: Store, pavel: Person
) -> None:
    request = _propose(store)
    _suspend(store, request)
    _suspend(store, request, Suspended.BY_PERSON)
    with store.write() as connection:
        assert suspensions.lift(connection, request, Suspended.EFFECT_DRIFT, NOW)
        assert not suspensions.lift(connection, request, Suspended.EFFECT_DRIFT, NOW)

    with _refused(Code.SUSPENDED):
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
    with store.write() as connection:
        suspensions.lift(connection, request, Suspended.BY_PERSON, NOW, by="pavel@demo")
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    assert rulebook.publish(store, request, now=NOW).version == 1


def test_suspending_twice_for_one_reason_is_once(store: Store) -> None:
    request = _propose(store)
    _suspend(store, request)
    _suspend(store, request)

    assert [one.what for one in audit.entries(store)] == ["propose", "suspend"]


def test_whatever_waits_for_a_key_is_suspended_when_another_version_goes_live(
    store: Store, pavel: Person
) -> None:
    first, waiting, approved = (_propose(store, n) for n in (3, 4, 5))
    for request in (first, approved):
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    rulebook.publish(store, first, now=NOW)

    held = [change_requests.get(store, one).suspended for one in (waiting, approved)]
    assert [one.code for one in held if one] == [Suspended.CONFLICT] * 2
    for act in (
        lambda: approvals.decide(store, waiting, person=pavel, verdict="approve", now=NOW),
        lambda: rulebook.publish(store, approved, now=NOW),
    ):
        with _refused(Code.STALE_CHANGE_REQUEST) as refused:
            act()
        assert "version 1 went live since" in str(refused.value)
        assert "approvals rebase" in str(refused.value)


def test_a_rollback_suspends_what_waits_for_the_key(store: Store, pavel: Person) -> None:
    for n in (3, 4):
        request = _propose(store, n)
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
        rulebook.publish(store, request, now=NOW)
    waiting = _propose(store, 5)

    rulebook.rollback(store, "engaged", 1, person=pavel, now=NOW)

    held = change_requests.get(store, waiting).suspended
    assert held is not None
    assert "against version 2 of 'engaged', and version 3 went live" in held.why


def test_what_is_suspended_can_still_be_turned_down(store: Store, pavel: Person) -> None:
    request = _propose(store)
    _suspend(store, request)

    decided = approvals.decide(
        store, request, person=pavel, verdict="reject", comment="Not now.", now=NOW
    )

    assert decided.state is State.REJECTED
    with _refused(Code.ALREADY_DECIDED):
        _suspend(store, request, Suspended.BY_PERSON)


def test_the_database_itself_refuses_to_approve_or_publish_it(store: Store, pavel: Person) -> None:
    approved, waiting = _propose(store), _propose(store, 4)
    approvals.decide(store, approved, person=pavel, verdict="approve", now=NOW)
    for request in (approved, waiting):
        _suspend(store, request)
    request = change_requests.get(store, approved)
    version = {"key": "engaged", "version": 1, "kind": request.kind, "content": request.content}
    version |= {"content_hash": request.content_hash, "change_request_id": approved}
    version |= {"state": "live", "published_at": NOW, "published_by": "pavel@demo"}
    review = {"change_request_id": waiting, "verdict": "approve", "by": "pavel@demo", "at": NOW}
    asked = change_requests.get(store, waiting)
    names = ("content_hash", "effect_hash", "dependency_hash")
    review |= {name: getattr(asked, name) for name in names} | {"comment": ""}

    for table, row in ((version_rows, version), (reviews, review)):
        with pytest.raises(IntegrityError, match="suspended"), store.write() as connection:
            connection.execute(table.insert().values(row))


def test_a_suspension_is_lifted_and_never_removed_or_moved(store: Store) -> None:
    one, other = _propose(store), _propose(store, 4)
    _suspend(store, one)

    with pytest.raises(IntegrityError, match="kept"), store.write() as connection:
        connection.execute(sa.delete(rows))
    with pytest.raises(IntegrityError, match="only lifted"), store.write() as connection:
        connection.execute(rows.update().values(change_request_id=other))
