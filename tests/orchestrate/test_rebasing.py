"""A change that another version overtook is drafted anew, or told where both changed the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from control import audit, requests, suspensions
from control.people import Person
from control.store import Store
from control.versions import Rule
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State, Suspended
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from orchestrate.holding_back import hold_back, let_go
from orchestrate.rebasing import rebased

NOW = datetime(2026, 1, 1)


def _rule(n: int = 3, name: str = "Engaged", **more: Any) -> EligibilityRule:
    counted = EventCount(event="workout_completed", n=n)
    return EligibilityRule(key="engaged", name=name, condition=counted, **more)


def _propose(store: Store, rule: Rule, *, author: str = "mara@demo", **more: Any) -> str:
    given = {"prompt": "who is engaged?", "now": NOW} | more
    return change_requests.submit(store, artifact=rule, author=author, **given).id


def _publish(store: Store, rule: Rule, approver: Person) -> None:
    request = _propose(store, rule, author="ana@demo")
    approvals.decide(store, request, person=approver, verdict="approve", now=NOW)
    rulebook.publish(store, request, now=NOW)


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_what_both_changed_in_different_places_comes_together(store: Store, pavel: Person) -> None:
    _publish(store, _rule(), pavel)
    request = _propose(store, _rule(5))
    _publish(store, _rule(name="Very engaged"), pavel)

    assert rebased(store, request) == _rule(5, "Very engaged")


def test_what_both_changed_in_one_place_is_refused_with_both_values(
    store: Store, pavel: Person
) -> None:
    _publish(store, _rule(), pavel)
    request = _propose(store, _rule(5, "Engaged enough"))
    _publish(store, _rule(4, "Very engaged"), pavel)

    with _refused(Code.STALE_CHANGE_REQUEST) as refused:
        rebased(store, request)

    told = str(refused.value)
    assert f"condition.n: 4 is live, {request} says 5" in told
    assert f'name: "Very engaged" is live, {request} says "Engaged enough"' in told
    assert "version 2" in told


def test_the_new_request_takes_the_place_of_the_old_one_and_needs_its_own_approval(
    store: Store, pavel: Person
) -> None:
    _publish(store, _rule(), pavel)
    old = _propose(store, _rule(5))
    approvals.decide(store, old, person=pavel, verdict="approve", now=NOW)
    _publish(store, _rule(name="Very engaged"), pavel)

    wanted = rebased(store, old)
    assert isinstance(wanted, EligibilityRule)
    new = _propose(store, wanted, continues=old)

    assert requests.get(store, old).state is State.WITHDRAWN
    made = requests.get(store, new)
    assert (made.state, made.base_version, made.review) == (State.IN_REVIEW, 2, None)
    assert made.suspended is None
    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, new, now=NOW)
    notes = [(one.what, one.subject, one.note) for one in audit.entries(store)][-2:]
    assert notes == [
        ("withdraw", old, f"drafted anew as {new}"),
        ("propose", new, f"drafted anew from {old}"),
    ]
    approvals.decide(store, new, person=pavel, verdict="approve", now=NOW)
    assert rulebook.publish(store, new, now=NOW).artifact == _rule(5, "Very engaged")


def test_the_same_content_on_top_of_another_version_is_another_request(
    store: Store, pavel: Person
) -> None:
    _publish(store, _rule(), pavel)
    old = _propose(store, _rule(5, "Very engaged"))
    _publish(store, _rule(name="Very engaged"), pavel)

    wanted = rebased(store, old)
    assert isinstance(wanted, EligibilityRule)
    new = _propose(store, wanted, continues=old)

    assert new != old
    assert requests.get(store, new).base_version == 2


def test_what_is_live_already_leaves_nothing_to_draft_anew(store: Store, pavel: Person) -> None:
    _publish(store, _rule(), pavel)
    request = _propose(store, _rule(5))
    _publish(store, _rule(5), pavel)

    with _refused(Code.INVALID_ARGUMENT) as refused:
        rebased(store, request)

    assert "version 2 of 'engaged' says all of it" in str(refused.value)


def test_what_stands_on_what_is_live_is_not_drafted_anew_unless_its_effect_drifted(
    store: Store,
) -> None:
    request = _propose(store, _rule())

    with _refused(Code.INVALID_ARGUMENT):
        rebased(store, request)
    with store.write() as connection:
        suspensions.suspend(connection, request, Suspended.EFFECT_DRIFT, "900, not 300.", NOW)

    assert rebased(store, request) == _rule()


def test_a_decided_request_is_not_drafted_anew(store: Store, pavel: Person) -> None:
    request = _propose(store, _rule())
    approvals.decide(store, request, person=pavel, verdict="reject", comment="No.", now=NOW)

    with _refused(Code.ALREADY_DECIDED):
        rebased(store, request)
    with _refused(Code.ALREADY_DECIDED):
        _propose(store, _rule(5), continues=request)

    assert [one.id for one in change_requests.list_all(store)] == [request]


def test_what_was_overtaken_and_is_proposed_again_is_a_request_of_its_own(
    store: Store, pavel: Person
) -> None:
    old = _propose(store, _rule(5))
    assert _propose(store, _rule(5)) == old
    _publish(store, _rule(), pavel)

    new = _propose(store, _rule(5))

    assert (new != old, requests.get(store, new).base_version) == (True, 1)
    assert requests.get(store, old).state is State.WITHDRAWN


def test_drafting_anew_what_is_proposed_already_leads_to_that(store: Store, pavel: Person) -> None:
    _publish(store, _rule(), pavel)
    old = _propose(store, _rule(5))
    _publish(store, _rule(name="Very engaged"), pavel)
    there = _propose(store, _rule(5, "Very engaged"))

    wanted = rebased(store, old)
    assert isinstance(wanted, EligibilityRule)

    assert _propose(store, wanted, continues=old) == there
    assert requests.get(store, old).state is State.WITHDRAWN


def test_what_a_person_holds_back_is_not_freed_by_drafting_or_proposing_it_anew(
    store: Store, pavel: Person
) -> None:
    request = _propose(store, _rule(5))
    hold_back(store, request, person=pavel, why="After the sale.", now=NOW)
    _publish(store, _rule(), pavel)

    for again in (
        lambda: rebased(store, request),
        lambda: _propose(store, _rule(5)),
        lambda: _propose(store, _rule(6), continues=request),
    ):
        with _refused(Code.SUSPENDED):
            again()


# Taken back and held back by people


def test_what_is_approved_is_taken_back_by_its_author_or_an_approver(
    store: Store, pavel: Person
) -> None:
    mine, theirs, open_one = (_propose(store, _rule(n)) for n in (3, 4, 5))
    for request in (mine, theirs):
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    with _refused(Code.NOT_ALLOWED):
        change_requests.withdraw(store, theirs, person="ana@demo", now=NOW)
    change_requests.withdraw(store, mine, person="mara@demo", now=NOW)
    change_requests.withdraw(store, theirs, person="pavel@demo", now=NOW)

    for request in (mine, theirs):
        assert requests.get(store, request).state is State.WITHDRAWN
        with _refused(Code.NOT_ALLOWED):
            rulebook.publish(store, request, now=NOW)
    with _refused(Code.NOT_ALLOWED):
        change_requests.withdraw(store, open_one, person="pavel@demo", now=NOW)


def test_an_approver_holds_back_with_a_reason_and_another_lets_it_go(
    store: Store, mara: Person, pavel: Person, ada: Person
) -> None:
    request = _propose(store, _rule(), author="ada@demo")
    with _refused(Code.NOT_ALLOWED):
        hold_back(store, request, person=mara, why="Later.", now=NOW)
    with _refused(Code.COMMENT_REQUIRED):
        hold_back(store, request, person=pavel, why=" ", now=NOW)

    held = hold_back(store, request, person=pavel, why="After the sale.", now=NOW)

    assert held.suspended is not None
    assert (held.suspended.why, held.suspended.by) == ("After the sale.", "pavel@demo")
    with _refused(Code.SELF_APPROVAL):
        let_go(store, request, person=ada, now=NOW)
    assert let_go(store, request, person=pavel, now=NOW).suspended is None


def test_a_conflict_is_not_lifted_by_anybody(store: Store, pavel: Person) -> None:
    request = _propose(store, _rule(5))
    _publish(store, _rule(), pavel)

    with _refused(Code.INVALID_ARGUMENT) as refused:
        let_go(store, request, person=pavel, now=NOW)

    assert "approvals rebase" in str(refused.value)
