"""Attempts to have one's own change approved: by oneself, by too few, by whoever may not."""

from __future__ import annotations

from functools import partial

import pytest

from control import requests, review_terms, runs
from control.guards import statements
from control.people import Person, add
from control.runs import Thread
from control.store import Store
from core.approval_policies import DEFAULT_POLICIES, ApprovalPolicy
from core.errors import Code
from core.lifecycle import Role, State
from orchestrate import approvals, change_requests, rulebook
from tests.at_once import at_once
from tests.control_stores import without_guards
from tests.governance.attacks import (
    APPROVES,
    BOTH,
    NOW,
    account,
    approve,
    live,
    new_key,
    propose,
    repelled,
    rule,
    still_waits,
)

# The author, as somebody else.


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("eve@demo.example", "EVE@Demo.Example"),
        ("eve@demo.example", "eve+approver@demo.example"),
        ("e.v.e@gmail.com", "eve@googlemail.com"),
        ("eve@demo.example", "ｅｖｅ@demo.example"),
        ("eve@demo.example", "e\u200bve@demo.example"),
    ],
    ids=["in capitals", "with a tag", "without dots", "in full width", "with a hidden letter"],
)
def test_the_author_approves_from_a_second_account_of_the_same_address(
    store: Store, first: str, second: str
) -> None:
    account(store, first, BOTH)
    request = propose(store, by=first)

    with repelled(store, request, Code.SELF_APPROVAL, "one person", "another approver"):
        approve(store, request, account(store, second))

    assert still_waits(store, request)


def test_the_author_becomes_an_approver_while_the_change_waits(store: Store) -> None:
    account(store, "rises@demo", BOTH - APPROVES)
    request = propose(store, by="rises@demo")

    with repelled(store, request, Code.SELF_APPROVAL, "rises@demo", "another approver"):
        approve(store, request, account(store, "rises@demo", BOTH))


def test_the_author_gives_up_the_role_of_proposing_before_approving(store: Store) -> None:
    account(store, "turns@demo", BOTH)
    request = propose(store, by="turns@demo")

    with repelled(store, request, Code.SELF_APPROVAL, "turns@demo"):
        approve(store, request, account(store, "turns@demo", APPROVES))


def test_the_author_withdraws_it_and_has_it_proposed_by_somebody_else(store: Store) -> None:
    writer, artifact = account(store, "writer@demo", BOTH), rule(new_key())
    first = propose(store, artifact, by="writer@demo")
    change_requests.withdraw(store, first.id, person="writer@demo", now=NOW)
    second = propose(store, artifact, by="mara@demo")

    with repelled(store, second, Code.SELF_APPROVAL, "writer@demo", "worked on this change"):
        approve(store, second, writer)


def test_two_people_propose_the_same_and_approve_each_other(store: Store) -> None:
    one, artifact = account(store, "one@demo", BOTH), rule(new_key())
    account(store, "two@demo", BOTH)
    propose(store, artifact, by="one@demo")
    copied = propose(store, artifact, by="two@demo")

    with repelled(store, copied, Code.SELF_APPROVAL, "one@demo", "worked on this change"):
        approve(store, copied, one)


def test_whoever_asked_for_a_draft_approves_it_once_another_person_sent_it(store: Store) -> None:
    asked = account(store, "asked@demo", BOTH)
    runs.open_thread(store, Thread("t-1", "asked@demo", "1", "a draft", NOW))
    for run_id, person in (("r-1", "asked@demo"), ("r-2", "mara@demo")):
        runs.create(store, run_id, thread_id="t-1", person=person, prompt="x", now=NOW)
    request = propose(store, by="mara@demo", thread_id="r-2")

    with repelled(store, request, Code.SELF_APPROVAL, "asked@demo", "mara@demo"):
        approve(store, request, asked)


def test_the_author_approves_what_another_person_drafted_anew_from_it(store: Store) -> None:
    first_author, key = account(store, "first@demo", BOTH), new_key()
    first = propose(store, rule(key), by="first@demo")
    anew = propose(store, rule(key, 4), by="mara@demo", continues=first.id)

    with repelled(store, anew, Code.SELF_APPROVAL, "first@demo", "worked on this change"):
        approve(store, anew, first_author)


# Whoever may not.


def test_a_person_who_gives_themselves_roles_in_their_own_words(store: Store) -> None:
    account(store, "plain@demo", frozenset())
    request = propose(store)

    with repelled(store, request, Code.NOT_ALLOWED, "plain@demo", "approver"):
        approve(store, request, Person(email="plain@demo", name="Plain", roles=frozenset(Role)))


def test_somebody_whom_nobody_knows_approves(store: Store) -> None:
    request = propose(store)

    with repelled(store, request, Code.NOT_ALLOWED, "ghost@demo"):
        approve(store, request, Person(email="ghost@demo", name="Ghost", roles=frozenset(Role)))


def test_an_approver_who_left_approves_from_a_page_drawn_before(store: Store) -> None:
    drawn = account(store, "leaver@demo")
    request = propose(store)
    account(store, "leaver@demo", frozenset())

    with repelled(store, request, Code.NOT_ALLOWED, "leaver@demo", "approver"):
        approve(store, request, drawn)


def test_an_approver_without_the_role_that_the_policy_asks_for(store: Store, pavel: Person) -> None:
    admins = ApprovalPolicy(name="admins", kinds=("eligibility_rule",), role=Role.ADMIN)
    review_terms.keep_policies(store, (admins, *DEFAULT_POLICIES), now=NOW)
    request = propose(store)
    review_terms.keep_policies(store, DEFAULT_POLICIES, now=NOW)

    with repelled(store, request, Code.NOT_ALLOWED, "pavel@demo", "admin"):
        approve(store, request, pavel)


def test_a_change_that_no_approval_policy_covers(store: Store, pavel: Person) -> None:
    review_terms.keep_policies(store, DEFAULT_POLICIES[1:], now=NOW)
    request = propose(store)
    try:
        with repelled(store, request, Code.BLOCKED_BY_POLICY, "approval_policies", "admin"):
            approve(store, request, pavel)
    finally:
        review_terms.keep_policies(store, DEFAULT_POLICIES, now=NOW)

    assert approve(store, request, pavel).state is State.APPROVED


# Too few.


def test_one_approval_of_a_grave_change_is_not_enough(store: Store, pavel: Person) -> None:
    request = propose(store, grave=True)

    after = approve(store, request, pavel)

    assert (after.risk, after.approvals_needed, len(after.sign_offs)) == ("high", 2, 1)
    assert still_waits(store, request)
    with repelled(store, request, Code.NOT_ALLOWED, "in review", "approver"):
        rulebook.publish(store, request.id, now=NOW)
    assert request.id not in rulebook.reconcile(store, now=NOW).expired


def test_one_approver_approves_a_grave_change_twice(store: Store, pavel: Person) -> None:
    request = propose(store, grave=True)
    approve(store, request, pavel)

    with repelled(store, request, Code.ALREADY_DECIDED, "2 different people", "another approver"):
        approve(store, request, pavel)


def test_one_approver_approves_a_grave_change_from_two_accounts(
    store: Store, pavel: Person
) -> None:
    request = propose(store, grave=True)
    approve(store, request, pavel)

    with repelled(store, request, Code.ALREADY_DECIDED, "2 different people"):
        approve(store, request, account(store, "Pavel+two@demo"))


def test_one_approver_approves_a_grave_change_twice_at_the_same_moment(
    store: Store, pavel: Person
) -> None:
    request = propose(store, grave=True)

    outcomes = at_once(*[lambda: approve(store, request, pavel).state for _ in range(2)])

    assert sorted(map(str, outcomes)) == [Code.ALREADY_DECIDED, State.IN_REVIEW]
    assert still_waits(store, request)


def test_the_author_gives_the_second_approval(store: Store, pavel: Person) -> None:
    account(store, "second@demo", BOTH)
    request = propose(store, by="second@demo", grave=True)
    approve(store, request, pavel)

    with repelled(store, request, Code.SELF_APPROVAL, "second@demo"):
        approve(store, request, account(store, "second+x@demo"))


def test_two_approvers_at_once_make_one_version_of_a_grave_change(
    store: Store, pavel: Person, ada: Person
) -> None:
    request = propose(store, grave=True)

    def act(person: Person) -> State:
        return approve(store, request, person).state

    outcomes = at_once(partial(act, pavel), partial(act, ada))
    rulebook.reconcile(store, now=NOW)

    assert sorted(outcomes) == [State.APPROVED, State.IN_REVIEW]
    assert live(store, request.target_key) == [1]


def test_the_first_approver_left_before_the_second_approved(store: Store, pavel: Person) -> None:
    request = propose(store, grave=True)
    approve(store, request, account(store, "gone@demo"))
    account(store, "gone@demo", frozenset())

    after = approve(store, request, pavel)

    assert [(one.by, one.counts) for one in after.sign_offs] == [
        ("gone@demo", False),
        ("pavel@demo", True),
    ]
    assert still_waits(store, request)


@pytest.mark.parametrize("who", ["first", "last"])
def test_an_approver_left_between_the_last_approval_and_going_live(store: Store, who: str) -> None:
    first, last = account(store, "first.one@demo"), account(store, "last.one@demo")
    request = propose(store, grave=True)
    approve(store, request, first)
    approve(store, request, last)
    left = {"first": first, "last": last}[who]
    add(store, [left.model_copy(update={"roles": frozenset()})])

    with repelled(store, request, Code.STALE_CHANGE_REQUEST, left.email, "Propose it again"):
        rulebook.publish(store, request.id, now=NOW)


def test_one_no_ends_a_grave_change_that_another_approved(
    store: Store, pavel: Person, ada: Person
) -> None:
    request = propose(store, grave=True)
    approve(store, request, pavel)
    approvals.decide(store, request.id, person=ada, verdict="reject", comment="No.", now=NOW)

    with repelled(store, request, Code.ALREADY_DECIDED, "rejected"):
        approve(store, request, account(store, "third@demo"))


def test_policies_are_loosened_after_a_grave_change_was_proposed(
    store: Store, pavel: Person
) -> None:
    request = propose(store, grave=True)
    lax = ApprovalPolicy(name="anything goes", approvers=1)
    review_terms.keep_policies(store, (lax,), now=NOW)
    try:
        after = approve(store, request, pavel)
    finally:
        review_terms.keep_policies(store, DEFAULT_POLICIES, now=NOW)

    assert after.approvals_needed == 2
    assert still_waits(store, request)


def test_a_change_stored_before_there_were_terms_needs_as_many_as_any_other(
    store: Store, pavel: Person, ada: Person
) -> None:
    request = propose(store, grave=True)
    without_guards(store, f"DELETE FROM review_terms WHERE change_request_id = '{request.id}'")
    with store.write() as connection:
        for statement in statements("sqlite"):
            connection.exec_driver_sql(statement)

    approve(store, request, pavel)
    assert still_waits(store, request)
    approve(store, request, ada)
    assert requests.get(store, request.id).state is State.APPROVED
