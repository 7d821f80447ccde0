"""A destination that fails too often is paused by what was asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from control import audit, delivery
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.success import LeastSuccess, success
from tests.deliver.destinations.fake import Fake
from tests.deliver.destinations.fake_webhook import FakeForgetfulReceiver
from tests.deliver.loopback import SHOUTS, answers
from tests.orchestrate.world import NOW, World, single

NAME = "theirs"
USERS = 40
ASKED = LeastSuccess(share=0.9, over=20)
NO = answers(400, {"error": "no"})


class Sending:
    """Users who each have one e-mail for a receiver, and a clock that a test moves."""

    def __init__(self, world: World, receiver: Fake) -> None:
        self.world, self.receiver = world, receiver
        self.now = receiver.now = NOW + timedelta(hours=1)
        for number in range(USERS):
            user = world.user(f"u{number:02}")
            world.did(user, "pricing_viewed")
        policy = single(world.catalog)
        (entry,) = policy.entries
        action = entry.action.model_copy(update={"channels": ("email",)})
        entry = entry.model_copy(update={"action": action})
        world.publish(policy.model_copy(update={"entries": (entry,)}))
        world.cycle()

    def run(self, asked: LeastSuccess | None = ASKED) -> DeliveryReport:
        """Send what is due."""
        world, there = self.world, {NAME: self.receiver.provider()}
        outward = Outward(world.mailbox, there, {"email": NAME}, least_success=asked)
        return deliver(
            world.store,
            world.warehouse,
            world.catalog,
            outward,
            clock=lambda: self.now,
            sleep=self.pass_time,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.receiver.now = self.now


@pytest.fixture
def sending(world: World) -> Iterator[Sending]:
    with FakeForgetfulReceiver() as receiver:
        yield Sending(world, receiver)


def test_a_destination_that_takes_less_than_is_asked_for_is_paused(sending: Sending) -> None:
    sending.receiver.faults.extend([NO] * USERS)

    sending.run()

    paused = delivery.paused(sending.world.store)[NAME]
    assert "It took 0 of its last 20 messages, and at least 90% is asked for." in paused.reason
    acts = [one.what for one in audit.entries(sending.world.store)]
    assert acts.count("pause") == 1


def test_one_that_takes_enough_goes_on(sending: Sending) -> None:
    sending.receiver.faults.extend([NO] * 2)

    sending.run()

    assert not delivery.paused(sending.world.store)


def test_fewer_answers_than_are_looked_at_say_nothing(sending: Sending) -> None:
    sending.receiver.faults.extend([NO] * USERS)

    sending.run(ASKED._replace(over=USERS + 1))

    assert not delivery.paused(sending.world.store)


def test_nothing_is_watched_unless_it_is_asked_for(sending: Sending) -> None:
    sending.receiver.faults.extend([NO] * USERS)

    sending.run(None)

    assert not delivery.paused(sending.world.store)


def test_being_asked_to_wait_is_no_failure(sending: Sending) -> None:
    sending.receiver.faults.extend([answers(429, retry_after="3600")] * USERS)

    sending.run()

    assert not delivery.paused(sending.world.store)
    assert success(sending.world.store, NAME, over=20).share is None


def test_only_the_last_answers_count(sending: Sending) -> None:
    sending.receiver.faults.extend([*[NO] * 5, *[SHOUTS] * 35])

    sending.run()

    found = success(sending.world.store, NAME, over=USERS)
    assert (found.answered, found.accepted) == (40, 35)


def test_after_somebody_resumed_it_only_what_came_since_counts(sending: Sending) -> None:
    sending.receiver.faults.extend([NO] * USERS)
    sending.run()
    store = sending.world.store
    sending.now += timedelta(minutes=5)

    delivery.resume(store, NAME, by="ada@demo", now=sending.now)

    assert success(store, NAME, over=20).answered == 0
    sending.run()
    assert not delivery.paused(store)
