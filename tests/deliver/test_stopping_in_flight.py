"""From the moment that a kill switch is on, no request begins, however far its batch has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from control.kill_switches import Scope
from control.people import get
from control.store import Store, open_store
from control.versions import live
from deliver.delivery import Outward, deliver
from deliver.still import EVERY_SECONDS
from deliver.transport import Transport, Withheld
from deliver.wire import Request, Response
from orchestrate.kill_switch import kill, unkill
from orchestrate.rulebook import pause
from tests.deliver.destinations.fake_webhook import FakeReceiver
from tests.deliver.loopback import Call, Loopback, Reply
from tests.deliver.sending import LATER, NAME, Sending
from tests.orchestrate.world import World

USERS = 40

SWITCHES: dict[str, tuple[Scope, str]] = {
    "its action": ("action", "weekly"),
    "its policy": ("policy", "next_best"),
    "its channel": ("channel", "email"),
    "everything": ("global", "*"),
}


class Pressing:
    """The provider's clock, asked when everything was asked and nothing has left: then it acts."""

    def __init__(self, at: int, act: Callable[[], object]) -> None:
        self.looks, self._at, self._act = 0, at, act

    def __call__(self) -> datetime:
        self.looks += 1
        if self.looks == self._at:
            self._act()
            time.sleep(EVERY_SECONDS)
        return LATER


def run(sending: Sending, pressing: Pressing) -> Any:
    world = sending.world
    routes = dict.fromkeys(world.catalog.channels, NAME)
    outward = Outward(world.mailbox, {NAME: sending.fake.provider()}, routes, wall=pressing)
    return deliver(
        world.store, world.warehouse, world.catalog, outward,
        clock=sending.clock, sleep=sending.pass_time,
    )  # fmt: skip


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())
def test_a_batch_on_its_way_to_its_connections_does_not_leave(
    world_of: Callable[..., World], switch: tuple[Scope, str]
) -> None:
    with FakeReceiver() as fake:
        assert isinstance(fake, FakeReceiver)
        sending = Sending(world_of(fake.channel, USERS), fake)
        store = sending.world.store
        mara = get(store, "mara@demo")
        pressing = Pressing(
            1, lambda: kill(store, *switch, person=mara, reason="Wrong price.", now=LATER)
        )

        report = run(sending, pressing)

        assert pressing.looks > 0
        assert sending.sent() == {}
        assert fake.calls == []
        assert report.by_reason == {"KILLED": USERS}
        assert sending.states() == {"cancelled": USERS}


def test_what_left_before_the_switch_stays_sent_and_the_rest_stays_here(
    world_of: Callable[..., World],
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        store, before = sending.world.store, []

        def stop() -> None:
            before.append(len(sending.sent()))
            kill(store, "global", person=get(store, "mara@demo"), reason="Wrong.", now=LATER)

        run(sending, Pressing(2, stop))

        assert 0 < before[0] < USERS
        assert len(sending.sent()) == before[0]
        assert sending.states() == {"accepted": before[0], "cancelled": USERS - before[0]}


def test_another_process_may_press_it(world_of: Callable[..., World]) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        url = sending.world.store.engine.url.render_as_string()

        def stop() -> None:
            other: Store = open_store(url)
            kill(other, "global", person=get(other, "mara@demo"), reason="Wrong.", now=LATER)
            other.close()

        run(sending, Pressing(1, stop))

        assert sending.sent() == {}


def test_what_only_waits_leaves_once_it_may_again(world_of: Callable[..., World]) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        store = sending.world.store
        pavel = get(store, "pavel@demo")
        # A switch on something else makes everything be asked about again, and stops nothing here.
        press = Pressing(
            1, lambda: kill(store, "channel", "push", person=pavel, reason="Down.", now=LATER)
        )

        run(sending, press)
        unkill(store, "channel", "push", person=pavel, now=LATER)
        run(sending, Pressing(0, lambda: None))

        assert set(sending.sent().values()) == {1}
        assert len(sending.sent()) == USERS


def test_a_paused_rule_keeps_back_what_has_no_connection_yet(
    world_of: Callable[..., World],
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        store = sending.world.store
        (rule,) = live(store)

        run(
            sending,
            Pressing(1, lambda: pause(store, rule.key, person=get(store, "ada@demo"), now=LATER)),
        )

        assert sending.sent() == {}


class _Counting(Loopback):
    def handle(self, call: Call) -> Reply:
        return Reply()


def test_a_request_that_found_its_connection_too_late_was_never_made() -> None:
    with _Counting() as server, Transport(connections=1) as transport:
        request = Request("POST", server.url, {}, b"hello", ("i1",))
        left = [2]

        def still() -> bool:
            left[0] -= 1
            return left[0] >= 0

        answers = transport.send([request] * 5, still=still)

        assert [type(one) for one in answers] == [Response, Response, *[Withheld] * 3]
        assert len(server.calls) == 2
        # The connection that was given up does no harm to what is sent later.
        assert isinstance(transport.send([request])[0], Response)
