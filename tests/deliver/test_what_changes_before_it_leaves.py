"""Whatever stops a message between the decision and the request, at whatever moment: it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from control.people import get
from orchestrate.kill_switch import kill
from orchestrate.rulebook import pause
from tests.deliver.destinations.fake import Call, Reply
from tests.deliver.destinations.fake_webhook import FakeReceiver
from tests.deliver.sending import LATER, Sending
from tests.orchestrate.world import NOW, World

USERS = 40
EVERYBODY = [f"u{number:04}" for number in range(1, USERS + 1)]


class Watched(FakeReceiver):
    """A receiver during whose calls something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[], None] | None = None

    def handle(self, call: Call) -> Reply:
        reply = super().handle(call)
        then, self.then = self.then, None
        if then:
            then()
        return reply


def _withdrawn(world: World) -> None:
    for user in EVERYBODY:
        world.insert(
            "fct_consent", user_id=user, purpose="marketing", channel="email",
            status="withdrawn", effective_at=NOW, observed_at=NOW,
        )  # fmt: skip


def _stopped(world: World) -> None:
    for user in EVERYBODY:
        world.ticket(user)


def _killed(world: World) -> None:
    mara = get(world.store, "mara@demo")
    kill(world.store, "policy", "next_best", person=mara, reason="Wrong text.", now=LATER)


def _paused(world: World) -> None:
    pause(world.store, "next_best", person=get(world.store, "pavel@demo"), now=LATER)


CHANGES = {
    "consent withdrawn": _withdrawn,
    "stop condition met": _stopped,
    "kill switch pressed": _killed,
    "rule paused": _paused,
}


@pytest.fixture(params=CHANGES.values(), ids=CHANGES.keys())
def change(request: pytest.FixtureRequest) -> Callable[[World], None]:
    found: Callable[[World], None] = request.param
    return found


@pytest.mark.parametrize("moment", range(1, 9))
def test_before_any_request_it_stops_all_of_them(
    world_of: Callable[..., World], change: Callable[[World], None], moment: int
) -> None:
    """The clock is looked at before each step, so the change falls between any two of them."""
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        looks = 0
        sent_before: list[int] = []

        def clock() -> datetime:
            nonlocal looks
            looks += 1
            if looks == moment:
                sent_before.append(len(sending.sent()))
                change(sending.world)
            return sending.clock()

        sending.run(clock=clock)

        assert sent_before, "the run looked at the clock too seldom for this moment"
        assert len(sending.sent()) == sent_before[0]


def test_while_requests_are_on_their_way_no_more_leave(
    world_of: Callable[..., World], change: Callable[[World], None]
) -> None:
    with Watched() as fake:
        assert isinstance(fake, Watched)
        sending = Sending(world_of(fake.channel, USERS), fake)
        fake.then = lambda: change(sending.world)

        sending.run()
        on_their_way = len(sending.sent())
        sending.run_out(rounds=3)

        assert on_their_way < USERS
        assert len(sending.sent()) == on_their_way
        assert sending.states()["accepted"] == on_their_way


def test_what_expires_while_it_waits_in_line_does_not_leave(
    world_of: Callable[..., World],
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        sending.now = LATER + timedelta(days=8)

        report = sending.run()

        assert (report.delivered, report.by_reason) == (0, {"EXPIRED": USERS})
        assert not sending.sent()
