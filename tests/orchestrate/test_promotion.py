"""From staging to live: all at once or one by one, through the gate that everything passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from control import audit, requests, staging, versions
from control.people import Person
from control.staging import Promotion, Staged
from control.store import Store
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import DecisionPolicy
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook.promotion import promote, take_back
from orchestrate.staged.placing import put
from tests.at_once import at_once
from tests.orchestrate.world import NOW, World, single

DAY = timedelta(days=1)


def _rests_on_nothing(chosen: Sequence[Staged]) -> Mapping[str, Mapping[str, str]]:
    return {one.change_request_id: {} for one in chosen if one.change_request_id}


def _promote(
    store: Store, person: Person, *keys: str, relies_on: Any = _rests_on_nothing
) -> Promotion:
    return promote(store, keys or None, person=person, relies_on=relies_on, now=NOW)


def _stage(world: World, pavel: Person, key: str, *, approve: bool = True, **more: Any) -> str:
    artifact: DecisionPolicy = single(world.catalog, key=key, **more)
    request = change_requests.submit(
        world.store, artifact=artifact, author="mara@demo", prompt="", now=NOW
    )
    put(world.store, [request.id], person=pavel, since=NOW, now=NOW)
    if approve:
        _approve(world.store, request.id, pavel)
    return request.id


def _approve(store: Store, request: str, pavel: Person) -> None:
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)


def _live(store: Store) -> dict[str, int]:
    return {one.key: one.version for one in versions.live(store)}


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_everything_in_staging_goes_live_at_once(world: World, pavel: Person) -> None:
    world.publish(single(world.catalog, key="one"))
    first = _stage(world, pavel, "one", name="New")
    second = _stage(world, pavel, "two")
    assert _live(world.store) == {"one": 1}

    promotion = _promote(world.store, pavel)

    assert _live(world.store) == {"one": 2, "two": 1}
    assert [tuple(one) for one in promotion.switched] == [
        ("one", 2, 1, "live"),
        ("two", 1, None, None),
    ]
    assert staging.everything(world.store) == []
    states = [requests.get(world.store, one).state for one in (first, second)]
    assert states == [State.LIVE, State.LIVE]
    assert versions.version(world.store, "one", 1).state == "superseded"
    assert audit.verify(world.store) is None
    acts = [(one.who, one.what, one.subject) for one in audit.entries(world.store)]
    assert acts[-1] == ("pavel@demo", "promote", "promotion 1")
    assert acts[-2][1:] == ("publish", "two version 1")


def test_one_policy_goes_live_and_the_others_stay_in_staging(world: World, pavel: Person) -> None:
    _stage(world, pavel, "one")
    _stage(world, pavel, "two", approve=False)

    _promote(world.store, pavel, "one")

    assert _live(world.store) == {"one": 1}
    assert [one.key for one in staging.everything(world.store)] == ["two"]


def test_what_nobody_approved_is_not_promoted_and_nothing_else_is_with_it(
    world: World, pavel: Person
) -> None:
    _stage(world, pavel, "one")
    waiting = _stage(world, pavel, "two", approve=False)

    with _refused(Code.NOT_ALLOWED) as refused:
        _promote(world.store, pavel)

    assert waiting in str(refused.value)
    assert _live(world.store) == {}
    assert len(staging.everything(world.store)) == 2


def test_an_approval_that_no_longer_holds_promotes_nothing(world: World, pavel: Person) -> None:
    _stage(world, pavel, "one")
    _stage(world, pavel, "two")

    def other_ground(chosen: Sequence[Staged]) -> Mapping[str, Mapping[str, str]]:
        return {one.change_request_id or "": {"trait:ltv": one.key} for one in chosen}

    with _refused(Code.STALE_CHANGE_REQUEST):
        _promote(world.store, pavel, relies_on=other_ground)

    assert _live(world.store) == {}


def test_a_rule_that_went_live_meanwhile_makes_the_promotion_out_of_date(
    world: World, pavel: Person
) -> None:
    _stage(world, pavel, "one")
    world.publish(single(world.catalog, key="one", name="Quicker"))

    with _refused(Code.STALE_CHANGE_REQUEST):
        _promote(world.store, pavel)

    assert _live(world.store) == {"one": 1}


def test_approving_what_is_staged_does_not_publish_it(world: World, pavel: Person) -> None:
    request = _stage(world, pavel, "one")

    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(world.store, request, now=NOW)
    assert rulebook.reconcile(world.store, now=NOW).published == ()

    assert _live(world.store) == {}


def test_only_an_approver_or_an_admin_promotes_and_takes_back(
    world: World, mara: Person, pavel: Person
) -> None:
    _stage(world, pavel, "one")

    with _refused(Code.NOT_ALLOWED):
        _promote(world.store, mara)
    _promote(world.store, pavel)
    with _refused(Code.NOT_ALLOWED):
        take_back(world.store, person=mara, now=NOW)

    assert _live(world.store) == {"one": 1}


def test_of_two_people_who_promote_at_once_one_does(
    world: World, ada: Person, pavel: Person
) -> None:
    _stage(world, pavel, "one")

    outcomes = at_once(lambda: _promote(world.store, pavel), lambda: _promote(world.store, ada))

    assert sorted(str(one) for one in outcomes if isinstance(one, Code)) == ["UNKNOWN_KEY"]
    assert _live(world.store) == {"one": 1}


def test_what_was_live_before_comes_back_and_new_rules_are_paused(
    world: World, pavel: Person
) -> None:
    world.publish(single(world.catalog, key="one"))
    world.publish(single(world.catalog, key="asleep"))
    rulebook.pause(world.store, "asleep", person=pavel, now=NOW)
    for key in ("one", "two", "asleep"):
        _stage(world, pavel, key, name="New")
    _promote(world.store, pavel)

    back = take_back(world.store, person=pavel, now=NOW)

    assert back.taken_back_by == "pavel@demo"
    current = {one.key: one for one in versions.all_current(world.store)}
    assert {key: (one.version, one.state) for key, one in current.items()} == {
        "asleep": (3, "paused"),
        "one": (3, "live"),
        "two": (1, "paused"),
    }
    assert current["one"].artifact.name == current["asleep"].artifact.name == "Next best"
    assert audit.verify(world.store) is None
    with _refused(Code.INVALID_ARGUMENT):
        take_back(world.store, person=pavel, now=NOW)


def test_a_promotion_is_not_taken_back_over_a_later_change(world: World, pavel: Person) -> None:
    world.publish(single(world.catalog, key="one"))
    for key in ("one", "two"):
        _stage(world, pavel, key, name="New")
    _promote(world.store, pavel)
    world.publish(single(world.catalog, key="two", name="Newer"))

    with _refused(Code.INVALID_ARGUMENT):
        take_back(world.store, person=pavel, now=NOW)

    assert _live(world.store) == {"one": 2, "two": 2}


def test_an_older_version_is_promoted_as_a_new_one(world: World, pavel: Person) -> None:
    world.publish(single(world.catalog, key="one"))
    world.publish(single(world.catalog, key="one", name="Two"))
    put(world.store, ["one@1"], person=pavel, since=NOW, now=NOW)

    _promote(world.store, pavel)

    (live,) = versions.live(world.store)
    assert (live.version, live.artifact.name) == (3, "Next best")
    take_back(world.store, person=pavel, now=NOW)
    assert versions.live(world.store)[0].artifact.name == "Two"


def test_nothing_to_promote_or_take_back_is_said(world: World, pavel: Person) -> None:
    with _refused(Code.UNKNOWN_KEY):
        _promote(world.store, pavel)
    with _refused(Code.INVALID_ARGUMENT):
        take_back(world.store, person=pavel, now=NOW)
    _stage(world, pavel, "one")
    with _refused(Code.UNKNOWN_KEY):
        _promote(world.store, pavel, "one", "nowhere")

    assert _live(world.store) == {}
