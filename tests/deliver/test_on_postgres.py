"""Messages leave from a team's control store on PostgreSQL as they do from a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from control import delivery
from control.people import get
from deliver import by_hand
from deliver.standing import standings
from deliver.success import success
from deliver.taking_back import Around, take_back
from orchestrate import kill_switch
from orchestrate.intents import reconcile
from tests.at_once import at_once
from tests.deliver.destinations.fake_onesignal import FakeTemplates
from tests.deliver.destinations.fake_webhook import FakeForgetfulReceiver, FakeReceiver
from tests.deliver.loopback import DROPPED_AFTER, answers
from tests.deliver.sending import LATER, NAME, Sending, closed, decided
from tests.orchestrate.world import World
from tests.warehouse.connect.postgres_server import programs, running_server

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url:
        control = url.replace("postgresql://", "postgresql+psycopg://")
        made = decided(tmp_path, "email", 60, control=control)
        yield made
        closed(made)


def test_what_is_lost_refused_or_put_off_comes_to_its_end(world: World) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world, fake)
        fake.faults += [
            DROPPED_AFTER,
            answers(400, b"no\0 \xed\xa0\x80 way"),
            answers(429, retry_after="30"),
        ]

        sending.run(seconds=1)
        assert sending.states()["rejected"] == 1
        sending.run_out()

        assert sending.states() == {"accepted": 59, "rejected": 1}
        assert sorted(sending.sent().values()) == [1] * 59
        assert world.rows("SELECT COUNT(*) FROM fct_messages") == [(59,)]
        assert success(world.store, NAME, over=100)[1:] == (60, 59)
        (one,) = standings(world.store, {"email": NAME}, now=sending.now)
        assert (one.waiting, one.uncertain) == (0, 0)


def test_two_workers_share_the_work_and_no_message_leaves_twice(world: World) -> None:
    with FakeForgetfulReceiver() as fake:
        sending = Sending(world, fake)

        at_once(*[lambda worker=worker: sending.run(worker=worker) for worker in ("a", "b")])
        sending.run_out()

        assert sorted(sending.sent().values()) == [1] * 60
        assert sending.states() == {"accepted": 60}


def test_what_a_crash_left_out_is_added_and_counted_once(world: World) -> None:
    with world.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox WHERE user_id > 'u0040'")

    assert reconcile(world.store, world.warehouse) == 20
    assert reconcile(world.store, world.warehouse) == 0


def test_what_people_do_by_hand_holds(world: World) -> None:
    with FakeForgetfulReceiver() as fake:
        sending, pavel = Sending(world, fake), get(world.store, "pavel@demo")
        fake.faults += [answers(401)]
        sending.run()
        assert NAME in delivery.paused(world.store)
        delivery.resume(world.store, NAME, by="ada@demo", now=sending.now)
        fake.faults += [DROPPED_AFTER, answers(400)]
        sending.pass_time(60)
        sending.run(seconds=1)
        (rejected,), (lost,) = sending.by_state("rejected"), sending.by_state("ambiguous")

        by_hand.retry(world.store, [rejected], person=pavel, now=sending.now)
        by_hand.arrived(world.store, lost, person=pavel, now=sending.now + timedelta(seconds=1))
        sending.run_out()

        assert sending.states() == {"accepted": 60}


def test_messages_are_taken_back_by_hand_and_by_a_kill_switch(world: World) -> None:
    with FakeTemplates() as fake:
        sending, store = Sending(world, fake), world.store
        sending.run_out()
        first, second = sorted(sending.sent())[:2]
        fake.breaks_at.add(second)
        around = Around(store, world.warehouse, {NAME: fake.provider()}, sending.clock)
        mara = get(store, "mara@demo")

        by_hand.cancel(store, [first, second], person=mara, now=sending.now, takes_back=[NAME])
        by_hand.cancel(store, [first, second], person=mara, now=sending.now, takes_back=[NAME])
        take_back(around)
        assert sending.by_state("cancelled") == {first}
        fake.breaks_at.clear()
        fake.sent_on.add(second)
        sending.now = LATER
        kill_switch.kill(store, "global", person=mara, reason="wrong", now=sending.now)
        take_back(around)

        assert sending.states() == {"accepted": 1, "cancelled": 59}
        rows = world.rows("SELECT COUNT(*) FROM fct_messages WHERE failed_reason = 'taken back'")
        assert rows == [(59,)]
