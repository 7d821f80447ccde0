"""What a canary's start and end mean for messages that are about to leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from control.people import get
from control.versions import current
from core.canary import CanaryAsk
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook.canary import promote, roll_back
from tests.deliver.destinations.fake_webhook import FakeReceiver
from tests.deliver.sending import LATER, Sending
from tests.orchestrate.world import World

USERS = 40
Change = Callable[[World], None]


def _begin(world: World) -> None:
    """Another version of the policy that decided, for half of the users."""
    live = current(world.store, "next_best")
    assert live is not None
    other = live.artifact.model_copy(update={"name": "Other words"})
    request = change_requests.submit(
        world.store, artifact=other, author="mara@demo", prompt="", now=LATER
    )
    pavel, half = get(world.store, "pavel@demo"), CanaryAsk(share=0.5)
    approvals.decide(
        world.store, request.id, person=pavel, verdict="approve", now=LATER, canary=half
    )
    rulebook.publish(world.store, request.id, now=LATER)


def _promote(world: World) -> None:
    promote(world.store, "next_best", by=None, why="nothing is wrong", now=LATER)


def _roll_back(world: World) -> None:
    roll_back(world.store, "next_best", by=None, why="complaints", now=LATER)


def _run(sending: Sending, moment: int, change: Change) -> int:
    """One run, with a change between two of its steps; gives how many had left before it."""
    looks, left = 0, -1

    def clock() -> datetime:
        nonlocal looks, left
        looks += 1
        if looks == moment:
            left = len(sending.sent())
            change(sending.world)
        return sending.clock()

    sending.run(clock=clock)
    assert left >= 0, "the run looked at the clock too seldom for this moment"
    return left


@pytest.mark.parametrize("moment", range(1, 9))
def test_once_a_canary_is_promoted_nothing_of_the_version_before_leaves(
    world_of: Callable[..., World], moment: int
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)
        _begin(sending.world)

        left = _run(sending, moment, _promote)
        sending.run_out(rounds=2)

        assert len(sending.sent()) == left


@pytest.mark.parametrize("change", [_begin, lambda world: (_begin(world), _roll_back(world))])
@pytest.mark.parametrize("moment", [1, 4, 8])
def test_a_canary_that_begins_or_is_rolled_back_costs_the_version_before_no_message(
    world_of: Callable[..., World], moment: int, change: Change
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, USERS), fake)

        _run(sending, moment, change)
        sending.run_out(rounds=3)

        assert len(sending.sent()) == USERS
