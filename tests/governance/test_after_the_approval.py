"""Attempts to have something else go live than what people approved, or at another time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from control import requests, staging, versions
from control.people import Person
from control.store import Store
from control.tables import change_requests as rows
from core.canary import CanaryAsk
from core.conditions import EventCount
from core.errors import Code
from core.lifecycle import State
from core.rules import DecisionPolicy
from core.schedule import Window
from orchestrate import approvals, change_requests, holding_back, rulebook
from orchestrate.rulebook import due
from orchestrate.rulebook.canary import promote as promote_canary
from orchestrate.rulebook.promotion import promote
from orchestrate.staged.placing import put
from tests.governance.attacks import (
    BOTH,
    NOW,
    account,
    approve,
    new_key,
    propose,
    repelled,
    rule,
    still_waits,
)
from tests.orchestrate.world import World, single

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), store)
    yield made
    made.warehouse.close()


def edited(store: Store, request: requests.ChangeRequest, **values: Any) -> None:
    """Somebody writes over parts of a request."""
    with store.write() as connection:
        connection.execute(rows.update().where(rows.c.id == request.id).values(values))


# Edits.


@pytest.mark.parametrize("place", ["content", "effect", "dependencies"])
def test_a_grave_change_is_edited_between_its_two_approvals(
    store: Store, pavel: Person, ada: Person, place: str
) -> None:
    request = propose(store, grave=True, dependencies={"audience:vip": "a"})
    approve(store, request, pavel)
    effect = {"population": "all", "population_size": 1, "audience_size": 1}
    effect |= {"reachable_size": 1, "as_of": "2026-01-01"}
    other = {
        "content": rule(request.target_key, 99).model_dump(mode="json"),
        "effect": effect,
        "dependencies": {"audience:vip": "b"},
    }
    edited(store, request, **{place: other[place]})

    if place == "content":
        with repelled(store, request, Code.STALE_CHANGE_REQUEST, "not what was shown"):
            approve(store, request, ada)
    else:
        # What the first approved is not this any more, so this has one approval.
        approve(store, request, ada)
    assert still_waits(store, request)


def test_a_request_is_edited_and_edited_back_around_an_approval(
    store: Store, pavel: Person
) -> None:
    request = propose(store)
    harmful = rule(request.target_key, 99).model_dump(mode="json")
    edited(store, request, content=harmful)

    with repelled(store, request, Code.STALE_CHANGE_REQUEST, "Open the change request again"):
        approve(store, request, pavel)
    edited(store, request, content=request.content)
    approve(store, request, pavel)
    edited(store, request, content=harmful)

    with repelled(store, request, Code.STALE_CHANGE_REQUEST, "edited after the approval"):
        rulebook.publish(store, request.id, now=NOW)


def test_an_older_page_approves_a_newer_proposal(store: Store, pavel: Person) -> None:
    shown, waiting = propose(store), propose(store)

    with repelled(store, waiting, Code.STALE_CHANGE_REQUEST, "not what was shown"):
        approve(store, waiting, pavel, seen_content_hash=shown.content_hash)


def test_a_draft_on_a_version_that_came_back_is_approved(
    store: Store, pavel: Person, ada: Person
) -> None:
    key = new_key()
    for n in (3, 4):
        one = propose(store, rule(key, n))
        approve(store, one, pavel)
        rulebook.publish(store, one.id, now=NOW)
    drafted = propose(store, rule(key, 5))
    rulebook.rollback(store, key, 1, person=ada, now=NOW)

    with repelled(store, drafted, Code.STALE_CHANGE_REQUEST, key):
        approve(store, drafted, pavel)


@pytest.mark.parametrize("end", ["withdrawn", "rejected", "superseded"])
def test_a_request_that_has_ended_is_approved(store: Store, pavel: Person, end: str) -> None:
    request = propose(store)
    if end == "withdrawn":
        change_requests.withdraw(store, request.id, person="mara@demo", now=NOW)
    elif end == "rejected":
        given = {"verdict": "reject", "comment": "No.", "now": NOW}
        approvals.decide(store, request.id, person=pavel, **given)
    else:
        approve(store, request, pavel)
        rulebook.publish(store, request.id, now=NOW)
        newer = propose(store, rule(request.target_key, 4))
        approve(store, newer, pavel)
        rulebook.publish(store, newer.id, now=NOW)

    with repelled(store, request, Code.ALREADY_DECIDED, end):
        approve(store, request, pavel)


# Approve, then grow.


@pytest.mark.parametrize("grown", ["audience:vip", "trait:momentum_score", "template:nudge"])
def test_what_a_change_relies_on_grows_after_it_was_approved(
    store: Store, pavel: Person, grown: str
) -> None:
    request = propose(store, dependencies={grown: "a" * 64})
    approve(store, request, pavel)

    with repelled(store, request, Code.STALE_CHANGE_REQUEST, "relies on", "Propose"):
        rulebook.publish(store, request.id, now=NOW, dependencies={grown: "b" * 64})


def test_a_canary_of_ten_percent_is_widened_by_the_second_approver(
    world: World, pavel: Person, ada: Person
) -> None:
    request = _sending(world, grave=True)
    approve(world.store, request, pavel, canary=CanaryAsk(share=0.1))

    with repelled(world.store, request, Code.INVALID_ARGUMENT, "canary"):
        approve(world.store, request, ada, canary=CanaryAsk(share=0.9))
    approve(world.store, request, ada)
    rulebook.publish(world.store, request.id, now=NOW)

    assert world.store is not None
    ((_, trial),) = [
        found
        for found in versions.live_with_trials(world.store)
        if found[0].key == request.target_key
    ]
    assert trial is not None
    assert trial.share == 0.1


def test_the_author_promotes_a_canary_of_their_own_under_another_account(world: World) -> None:
    account(world.store, "canary@demo", BOTH)
    request = _sending(world, by="canary@demo")
    pavel = account(world.store, "pavel@demo")
    approve(world.store, request, pavel, canary=CanaryAsk(share=0.1))
    rulebook.publish(world.store, request.id, now=NOW)

    with repelled(world.store, request, Code.SELF_APPROVAL, "another approver"):
        promote_canary(
            world.store,
            request.target_key,
            by=account(world.store, "Canary+2@demo"),
            why="It is fine.",
            now=NOW,
        )


# Staging, rolling back, pausing.


def test_what_nobody_approved_is_promoted_from_staging(world: World, pavel: Person) -> None:
    request = _sending(world)
    put(world.store, [request.id], person=pavel, since=NOW, now=NOW)

    with repelled(world.store, request, Code.NOT_ALLOWED, "in review", "approved first"):
        _promote(world.store, pavel, request.target_key)


def test_what_one_of_two_approved_is_promoted_from_staging(world: World, pavel: Person) -> None:
    request = _sending(world, grave=True)
    put(world.store, [request.id], person=pavel, since=NOW, now=NOW)
    approve(world.store, request, pavel)

    with repelled(world.store, request, Code.NOT_ALLOWED, "in review"):
        _promote(world.store, pavel, request.target_key)


def test_what_was_approved_in_staging_by_somebody_who_left_is_promoted(
    world: World, pavel: Person
) -> None:
    request = _sending(world)
    put(world.store, [request.id], person=pavel, since=NOW, now=NOW)
    approve(world.store, request, account(world.store, "staged@demo"))
    account(world.store, "staged@demo", frozenset())

    with repelled(world.store, request, Code.STALE_CHANGE_REQUEST, "staged@demo"):
        _promote(world.store, pavel, request.target_key)


def test_what_was_never_live_is_rolled_back_to(store: Store, pavel: Person, ada: Person) -> None:
    first = propose(store)
    approve(store, first, pavel)
    rulebook.publish(store, first.id, now=NOW)
    waiting = propose(store, rule(first.target_key, 99))

    with repelled(store, waiting, Code.UNKNOWN_KEY, "no version 2", "history"):
        rulebook.rollback(store, first.target_key, 2, person=ada, now=NOW)


def test_a_marketer_resumes_what_an_approver_paused(store: Store, pavel: Person) -> None:
    request = propose(store)
    approve(store, request, pavel)
    rulebook.publish(store, request.id, now=NOW)
    rulebook.pause(store, request.target_key, person=pavel, now=NOW)
    marketer = account(store, "marketer@demo", BOTH - {*pavel.roles})

    with repelled(store, request, Code.NOT_ALLOWED, "marketer@demo", "approver"):
        rulebook.resume(store, request.target_key, person=marketer, now=NOW)


def test_the_author_lifts_what_somebody_holds_back(store: Store, pavel: Person) -> None:
    account(store, "held@demo", BOTH)
    request = propose(store, by="held@demo")
    holding_back.hold_back(store, request.id, person=pavel, why="Wait.", now=NOW)

    with repelled(store, request, Code.SELF_APPROVAL, "another approver"):
        other = account(store, "held+1@demo")
        holding_back.let_go(store, request.id, person=other, why="Go.", now=NOW)


# Time.


def test_a_clock_is_set_back_and_forth_around_a_window(store: Store, pavel: Person) -> None:
    request = propose(store)
    window = Window(at=NOW + HOUR, until=NOW + 2 * HOUR)
    approve(store, request, pavel, window=window)

    for moment, told in ((NOW, "not yet"), (NOW - 1000 * HOUR, "not yet"), (NOW + 3 * HOUR, "")):
        assert request.id not in [one.id for one in due.windows_open(store, now=moment)]
        with repelled(store, request, Code.NOT_ALLOWED, "2026-01-01 01:00", told):
            rulebook.publish(store, request.id, now=moment)


def test_an_approver_leaves_before_the_window_opens(store: Store) -> None:
    request = propose(store)
    window = Window(at=NOW + HOUR, until=NOW + 2 * HOUR)
    approve(store, request, account(store, "early@demo"), window=window)
    account(store, "early@demo", frozenset())

    with repelled(store, request, Code.STALE_CHANGE_REQUEST, "early@demo", "Propose it again"):
        rulebook.publish(store, request.id, now=NOW + HOUR)


def test_a_grave_change_is_scheduled_by_one_of_two(store: Store, pavel: Person) -> None:
    request = propose(store, grave=True)
    window = Window(at=NOW + HOUR, until=NOW + 2 * HOUR)

    after = approve(store, request, pavel, window=window)

    assert after.state is State.IN_REVIEW
    assert request.id not in [one.id for one in due.windows_open(store, now=NOW + HOUR)]
    assert still_waits(store, request)


# Nothing reaches anybody.


def test_what_waits_for_its_second_approval_decides_on_nobody(world: World, pavel: Person) -> None:
    request = _sending(world, grave=True)
    approve(world.store, request, pavel)
    world.user("reached")
    world.did("reached", "pricing_viewed")

    world.cycle()

    assert ("reached", "upgrade_nudge") not in world.reasons(request.target_key)


def _sending(world: World, **more: Any) -> requests.ChangeRequest:
    sends: DecisionPolicy = single(
        world.catalog, key=new_key(), eligibility=EventCount(event="pricing_viewed")
    )
    return propose(world.store, sends, **more)


def _promote(store: Store, person: Person, key: str) -> None:
    def rests_on(chosen: Any) -> dict[str, dict[str, str]]:
        return {one.change_request_id: {} for one in chosen if one.change_request_id}

    assert [one.key for one in staging.tried(store) if one.key == key]
    promote(store, [key], person=person, relies_on=rests_on, now=NOW)
