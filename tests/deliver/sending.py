"""A decided world whose messages leave to a fake of a provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.people import add_demo_people
from control.store import open_store
from control.tables import outbox
from core.rules import DecisionPolicy, StopCondition
from deliver.delivery import DeliveryReport, Outward, deliver
from tests.deliver.destinations.fake import Fake
from tests.orchestrate.world import HAS_TICKET, NOW, World, single

NAME = "theirs"
LATER = NOW + timedelta(hours=1)


class Sending:
    """Users who each have one message for a fake, and a clock that a test moves."""

    def __init__(self, world: World, fake: Fake) -> None:
        """``world`` is decided, by the fake's channel."""
        self.world, self.fake = world, fake
        self.now = LATER

    def clock(self) -> datetime:
        self.fake.now = self.now
        return self.now

    def run(
        self,
        *,
        seconds: float = 20.0,
        clock: Callable[[], datetime] | None = None,
        worker: str = "w",
    ) -> DeliveryReport:
        """Send what is due."""
        world = self.world
        outward = Outward(
            world.mailbox,
            {NAME: self.fake.provider()},
            dict.fromkeys(world.catalog.channels, NAME),
            seconds,
        )
        return deliver(
            world.store,
            world.warehouse,
            world.catalog,
            outward,
            clock=clock or self.clock,
            worker=worker,
            sleep=self.pass_time,
        )

    def run_out(self, *, seconds: float = 20.0, rounds: int = 12) -> None:
        """Send, wait and send again, until nothing moves by itself any more."""
        for _ in range(rounds):
            self.run(seconds=seconds)
            self.pass_time(3600)
            if not self._moves():
                break

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.fake.now = self.now

    def _moves(self) -> bool:
        """Whether anything is left that the next run would do something about."""
        looked_at = sa.select(dispatches.c.intent_id).where(dispatches.c.look_at.is_not(None))
        moving = sa.or_(
            outbox.c.state.in_(["pending", "leased", "submitted"]),
            outbox.c.intent_id.in_(looked_at),
        )
        with self.world.store.read() as connection:
            return connection.execute(outbox.select().where(moving)).first() is not None

    def states(self) -> Counter[str]:
        """State → intents in it."""
        with self.world.store.read() as connection:
            return Counter(row.state for row in connection.execute(outbox.select()))

    def sent(self) -> dict[str, int]:
        """Intent → how often the provider has it."""
        return {one: len(kept) for one, kept in self.fake.ledger.items() if kept}

    def by_state(self, *states: str) -> set[str]:
        """The intents in some states."""
        with self.world.store.read() as connection:
            rows = connection.execute(outbox.select())
            return {row.intent_id for row in rows if row.state in states}

    def details(self) -> set[str]:
        """What is written down of the last answers, for a person."""
        with self.world.store.read() as connection:
            return {row.detail for row in connection.execute(dispatches.select()) if row.detail}


def decided(folder: Path, channel: str, users: int, *, control: str | None = None) -> World:
    """A world in a folder with one message for each of some users, waiting to leave.

    ``control``: the URL of its control store; None: a file of the folder.
    """
    store = open_store(control or f"sqlite:///{folder}/control.db")
    add_demo_people(store)
    world = World(folder, store)
    _reach_by_text(world)
    for number in range(1, users + 1):
        user = f"u{number:04}"
        address = f"+1555{number:07}" if channel == "sms" else f"{user}@example.com"
        world.user(user, email=address)
        world.consent(user, channel, "granted")
        world.did(user, "pricing_viewed")
    world.publish(weekly(world, channel))
    world.cycle()
    return world


def opened(folder: Path) -> World:
    """A world that was decided before."""
    world = World(folder, open_store(f"sqlite:///{folder}/control.db"), is_new=False)
    _reach_by_text(world)
    return world


def closed(world: World) -> None:
    """Let go of its files."""
    world.warehouse.close()
    world.store.close()


def _reach_by_text(world: World) -> None:
    """Text messages go to the address that a user has, which is a phone number in these tests."""
    sms = world.catalog.channels["sms"].model_copy(update={"address": "email"})
    channels = world.catalog.channels | {"sms": sms}
    world.catalog = world.catalog.model_copy(update={"channels": channels})


def weekly(world: World, channel: str) -> DecisionPolicy:
    """A policy of one message, by one channel, that somebody with a ticket is not pursued with."""
    (entry,) = single(world.catalog).entries
    action = entry.action.model_copy(update={"key": "weekly", "channels": (channel,)})
    stop = StopCondition(key="needs_help", name="Has an open ticket", when=HAS_TICKET)
    return single(world.catalog, stop_conditions=(stop,)).model_copy(
        update={"entries": (entry.model_copy(update={"action": action}),)}
    )
