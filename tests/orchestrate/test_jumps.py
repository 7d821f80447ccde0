"""A population that vanished or exploded since the last cycle holds the next one, and asks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from control import audit, requests, versions
from control.people import BREAKER, Person
from control.requests import ChangeRequest
from core.conditions import Attribute
from core.errors import Code, PilothouseError
from core.jumps import JumpedPolicy, PopulationJump
from core.lifecycle import State
from orchestrate import approvals, change_requests, jump_requests, rulebook
from orchestrate.cycle import CycleReport, last_cycle
from orchestrate.jumps import Held
from tests.orchestrate.world import NOW, World, single

DAY = timedelta(days=1)
GERMANS = Attribute(column="country", value="DE")


def _people(world: World, count: int) -> None:
    world.warehouse.execute("DELETE FROM dim_users")
    world.warehouse.execute(
        "INSERT INTO dim_users (user_id, country) SELECT 'p' || i, 'DE' FROM range($n) t(i)",
        {"n": count},
    )


@pytest.fixture
def held(world: World) -> World:
    """A world in which 150 users were decided on once, and all of them are gone now."""
    _people(world, 150)
    world.publish(single(world.catalog, population=GERMANS))
    world.cycle()
    _people(world, 0)
    return world


def _held(world: World, at: datetime) -> str:
    """What a cycle says that is held."""
    with pytest.raises(Held, match="nothing was decided") as held:
        world.cycle(at)
    assert held.value.refusal.code is Code.BLOCKED_BY_POLICY
    return str(held.value)


def _asked(world: World) -> list[ChangeRequest]:
    return [one for one in requests.list_all(world.store) if one.jump]


def _decide(world: World, request: ChangeRequest, person: Person, *, accept: bool) -> None:
    approvals.decide(
        world.store,
        request.id,
        person=person,
        verdict="approve" if accept else "reject",
        comment="Looked at it.",
        now=NOW,
    )


def _accept(world: World, person: Person) -> None:
    request = _asked(world)[0]
    assert request.jump
    _decide(world, request, person, accept=True)
    rests_on = jump_requests.rests_on(world.store, request.jump)
    rulebook.publish(world.store, request.id, now=NOW, dependencies=rests_on)


def _cycles(world: World) -> int:
    ((count,),) = world.rows("SELECT COUNT(*) FROM cycles")
    return int(count)


@pytest.mark.parametrize(("before", "now"), [(150, 0), (2, 150)])
def test_a_population_of_0_or_50_times_the_last_one_holds_the_cycle_until_an_approver_accepts_it(
    world: World, pavel: Person, before: int, now: int
) -> None:
    _people(world, before)
    world.publish(single(world.catalog, population=GERMANS))
    world.cycle()
    _people(world, now)

    said = _held(world, NOW + DAY)

    assert _cycles(world) == 1
    (request,) = _asked(world)
    assert request.jump
    assert request.jump.policies == (
        JumpedPolicy(key="next_best", version=1, before=before, after=now),
    )
    assert request.id in said
    assert request.author == BREAKER.email
    _accept(world, pavel)
    assert world.cycle(NOW + DAY).populations == {"next_best": now}


def test_the_same_held_jump_asks_once_however_often_it_is_tried(held: World) -> None:
    for hours in (24, 25, 48):
        _held(held, NOW + timedelta(hours=hours))

    assert len(_asked(held)) == 1


def test_a_population_that_is_still_moving_is_the_same_jump_within_a_band(
    world: World, pavel: Person
) -> None:
    _people(world, 2)
    world.publish(single(world.catalog, population=GERMANS))
    world.cycle()
    _people(world, 200)
    _held(world, NOW + DAY)
    _accept(world, pavel)
    _people(world, 300)

    said = _held(world, NOW + DAY)

    newer, older = _asked(world)
    assert older.state is State.LIVE
    assert newer.state is State.IN_REVIEW
    assert newer.id in said
    _people(world, 230)
    assert world.cycle(NOW + DAY).populations == {"next_best": 230}
    assert requests.get(world.store, newer.id).state is State.WITHDRAWN


def test_what_was_accepted_once_is_not_accepted_the_next_time(held: World, pavel: Person) -> None:
    _held(held, NOW + DAY)
    _accept(held, pavel)
    held.cycle(NOW + DAY)
    _people(held, 150)
    held.cycle(NOW + 2 * DAY)
    _people(held, 0)

    _held(held, NOW + 3 * DAY)

    assert [one.state for one in _asked(held)] == [State.IN_REVIEW, State.LIVE]


def test_a_rejected_jump_stays_held_and_says_who_turned_it_down(held: World, pavel: Person) -> None:
    _held(held, NOW + DAY)
    (request,) = _asked(held)
    _decide(held, request, pavel, accept=False)

    said = _held(held, NOW + 2 * DAY)

    assert f"pavel@demo turned down {request.id}" in said
    assert "Looked at it." in said
    assert len(_asked(held)) == 1
    holding = jump_requests.holding(held.store, last_cycle(held.warehouse))
    assert holding is not None
    assert holding.id == request.id
    _people(held, 140)
    held.cycle(NOW + 2 * DAY)
    assert jump_requests.holding(held.store, last_cycle(held.warehouse)) is None


def test_accepting_a_jump_of_one_version_does_not_accept_the_next_versions(
    held: World, pavel: Person
) -> None:
    _held(held, NOW + DAY)
    (request,) = _asked(held)
    held.publish(single(held.catalog, population=GERMANS, name="Another"))
    _decide(held, request, pavel, accept=True)
    assert request.jump
    rests_on = jump_requests.rests_on(held.store, request.jump)

    with pytest.raises(PilothouseError) as stale:
        rulebook.publish(held.store, request.id, now=NOW, dependencies=rests_on)

    assert stale.value.refusal.code is Code.STALE_CHANGE_REQUEST
    _held(held, NOW + DAY)


def test_nobody_else_may_propose_to_accept_a_jump(world: World) -> None:
    jumped = JumpedPolicy(key="next_best", version=1, before=150, after=0)
    jump = PopulationJump(name="All gone", since="cycle", policies=(jumped,))

    with pytest.raises(PilothouseError) as refused:
        change_requests.submit(world.store, artifact=jump, author="mara@demo", prompt="", now=NOW)

    assert refused.value.refusal.code is Code.NOT_ALLOWED


def test_an_accepted_jump_is_no_rule(held: World, pavel: Person) -> None:
    _held(held, NOW + DAY)
    _accept(held, pavel)

    assert [one.key for one in versions.live(held.store)] == ["next_best"]
    assert [one.key for one in versions.all_current(held.store)] == ["next_best"]
    assert audit.verify(held.store) is None


def test_a_rule_that_rested_meanwhile_is_held_against_the_cycle_that_decided_on_it(
    held: World, pavel: Person
) -> None:
    held.publish(single(held.catalog, key="other", name="Other"))
    rulebook.pause(held.store, "next_best", person=pavel, now=NOW)
    held.user("ann")
    held.cycle(NOW + DAY)
    rulebook.resume(held.store, "next_best", person=pavel, now=NOW)

    assert "from 150 users to 0" in _held(held, NOW + 2 * DAY)


def test_a_first_cycle_and_a_dry_run_are_never_held(held: World) -> None:
    report: CycleReport = held.cycle(NOW + DAY, dry_run=True)

    assert report.populations == {"next_best": 0}
    assert _asked(held) == []
