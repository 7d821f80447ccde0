"""The shadow of decisions on single users: equal to the engine, and a difference is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from control import parity
from control.audit import entries
from control.store import Store
from core.rules import FrequencyCap
from orchestrate.live.desk import Desk
from orchestrate.live.journal import Journal
from orchestrate.live.shadow import Checked
from tests.orchestrate.world import NOW, World, policy

DAY = 86_400


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[Desk]:
    journal = Journal(tmp_path / "decisions")
    made = Desk(world.store, world.warehouse, lambda: world.catalog, journal)
    yield made
    made.close()


def ask(desk: Desk, user: str, at: datetime = NOW) -> None:
    told = desk.decide(user, lambda: at, trace_id="t")
    assert told is not None
    told.on_disk.result(10)


def several(world: World) -> tuple[str, ...]:
    for user in ("a", "b", "c", "denied"):
        world.user(user, consent="denied" if user == "denied" else "granted")
        world.did(user, "workout_completed")
    world.did("b", "pricing_viewed")
    world.ticket("c")
    world.user("old", merged_into="a")
    world.contact(caps=(FrequencyCap(key="week", n=2, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog, hit_policy="top_k", k=2))
    return "a", "b", "c", "denied"


def withdraw_unnoticed(world: World, user: str) -> None:
    """A word on consent that is written without anybody who keeps what was read being told."""
    with world.warehouse.cursor(told=False) as cursor:
        cursor.execute(
            "UPDATE fct_consent SET status = 'withdrawn' WHERE user_id = $user", {"user": user}
        )


def test_decisions_that_are_made_once_more_by_the_engine_come_out_the_same(
    world: World, desk: Desk
) -> None:
    users = several(world)
    for second in range(3):
        for user in users:
            ask(desk, user, NOW + timedelta(seconds=second))

    assert desk.shadow.check(most=12) == Checked(12, ())
    assert desk.shadow.check() is None


def test_a_decision_on_what_is_no_longer_so_is_found_with_its_id(
    world: World, desk: Desk, store: Store
) -> None:
    users = several(world)
    for user in users:
        ask(desk, user)
    withdraw_unnoticed(world, "b")
    for user in users:
        ask(desk, user, NOW + timedelta(seconds=1))

    checked = desk.shadow.check(most=8)

    assert checked is not None
    assert checked.decisions == 8
    kept = dict(world.rows("SELECT decision_id, user_id FROM decisions"))
    found = {kept[one.decision_id] for one in checked.differences}
    assert found == {"b"}
    assert any("NO_CONSENT" in one.note for one in checked.differences)
    parity.note(store, checked.decisions, checked.differences, now=NOW)
    last = checked.differences[-1].decision_id
    assert parity.counted(store) == (8, len(checked.differences), NOW, last)
    told = [(one.what, one.subject) for one in entries(store)][-len(checked.differences) :]
    assert told == [("decision_differs", one.decision_id) for one in checked.differences]


def test_decisions_before_something_was_written_are_left_alone(world: World, desk: Desk) -> None:
    users = several(world)
    for user in users:
        ask(desk, user)

    world.did("a", "pricing_viewed")

    assert desk.shadow.check(most=4) is None
    ask(desk, "a", NOW + timedelta(seconds=1))
    assert desk.shadow.check(most=4) == Checked(1, ())


def test_nothing_is_compared_while_somebody_may_be_writing(world: World, desk: Desk) -> None:
    user, *_ = several(world)
    with world.warehouse.cursor() as writer:
        ask(desk, user)
        writer.execute("UPDATE fct_consent SET status = 'withdrawn'")
        assert desk.shadow.check() is None

    ask(desk, user, NOW + timedelta(seconds=1))
    assert desk.shadow.check() == Checked(1, ())


def test_counts_of_several_days_add_up(store: Store) -> None:
    assert parity.counted(store) == (0, 0, None, None)
    one = parity.Difference("d1", "differs")
    for day, found in ((0, [one]), (0, []), (1, [])):
        parity.note(store, 3, found, now=NOW + timedelta(days=day))

    assert parity.counted(store) == (9, 1, NOW + timedelta(days=1), "d1")
