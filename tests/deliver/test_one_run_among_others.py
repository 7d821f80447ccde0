"""What a run does while others run, or while one of its destinations cannot do its part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from control.delivery_tables import dispatches
from control.people import get
from deliver import by_hand, delivery
from deliver.delivery import Outward, deliver
from deliver.messages import Message, Receipt
from deliver.telling import tell_warehouse
from tests.at_once import at_once
from tests.deliver.destinations.fake import Call, Reply
from tests.deliver.destinations.fake_webhook import FakeForgetfulReceiver, FakeReceiver
from tests.deliver.loopback import DROPPED_AFTER, answers
from tests.deliver.sending import LATER, NAME, Sending
from tests.orchestrate.world import World

Worlds = Callable[..., World]


def test_what_several_runs_tell_the_warehouse_at_once_it_has_once(
    world_of: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, 40), fake)
        with monkeypatch.context() as dying:
            dying.setattr(delivery, "_tell", lambda _run: None)
            sending.run()
        world = sending.world

        def tell() -> None:
            tell_warehouse(world.store, world.warehouse, world.catalog, local=[], now=LATER)

        at_once(*[tell] * 4)

        assert world.rows("SELECT COUNT(*), COUNT(DISTINCT message_id) FROM fct_messages") == [
            (40, 40)
        ]


class Slow(FakeForgetfulReceiver):
    """A receiver whose first answer takes so long that another worker looks after it."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def handle(self, call: Call) -> Reply:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().handle(call)


def test_an_answer_that_comes_after_the_claim_ran_out_settles_its_message(
    world_of: Worlds,
) -> None:
    with Slow() as fake:
        sending = Sending(world_of(fake.channel), fake)
        seen = []

        def another_worker() -> None:
            sending.pass_time(300)
            sending.run(worker="other")
            seen.append(sending.states())

        fake.meanwhile = another_worker

        sending.run()

        assert seen == [{"ambiguous": 5}]
        assert sorted(sending.sent().values()) == [1] * 5
        assert sending.states() == {"accepted": 5}
        assert sending.world.rows("SELECT COUNT(*) FROM fct_messages") == [(5,)]


def test_nothing_is_repeated_right_before_its_key_is_forgotten(world_of: Worlds) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, 1), fake)
        fake.faults.append(DROPPED_AFTER)
        sending.run(seconds=1)
        remembers = fake.provider().capabilities.remembers_key
        assert remembers is not None

        sending.pass_time((remembers - timedelta(minutes=5)).total_seconds())
        sending.run()

        assert len(fake.calls) == 1
        assert sending.states() == {"ambiguous": 1}


class Disk:
    """A destination on this machine that may be full."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.is_full = True

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.kept += [one.intent_id for one in messages]
        return [Receipt(one.intent_id, "accepted") for one in messages]

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(self.kept) & frozenset(intent_ids)


def test_a_full_disk_keeps_its_messages_until_there_is_room(world_of: Worlds) -> None:
    world, disk = world_of("email", 3), Disk()
    outward = Outward(world.mailbox, {"disk": disk}, dict.fromkeys(world.catalog.channels, "disk"))

    def run(at: datetime) -> int:
        return deliver(
            world.store, world.warehouse, world.catalog, outward, clock=lambda: at
        ).delivered

    assert run(LATER) == 0
    disk.is_full = False
    assert run(LATER + timedelta(minutes=5)) == 3
    assert len(disk.kept) == 3


def test_messages_of_a_channel_that_is_gone_stop_no_others(world_of: Worlds) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        channels = dict(sending.world.catalog.channels)
        del channels[fake.channel]
        sending.world.catalog = sending.world.catalog.model_copy(update={"channels": channels})

        assert sending.run().by_reason == {"UNREACHABLE": 5}
        assert not fake.calls


def test_of_an_uncertain_message_that_is_given_up_nothing_is_kept(world_of: Worlds) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, 1), fake)
        fake.faults.append(DROPPED_AFTER)
        sending.run(seconds=1)
        store = sending.world.store
        (message,) = sending.by_state("ambiguous")

        by_hand.cancel(store, [message], person=get(store, "mara@demo"), now=sending.now)

        with store.read() as connection:
            (row,) = connection.execute(dispatches.select()).all()
        assert (row.destination, row.message, row.look_at) == (NAME, None, None)


def test_messages_for_a_provider_that_rests_for_long_may_soon_go_elsewhere(
    world_of: Worlds,
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, 40), fake)
        fake.faults += [answers(429, retry_after="7200")] * 32
        sending.run()
        world = sending.world

        sending.pass_time(61)
        report = deliver(
            world.store, world.warehouse, world.catalog, Outward(world.mailbox),
            clock=sending.clock,
        )  # fmt: skip

        assert report.by_destination == {"mailbox": 8}
