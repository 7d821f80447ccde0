"""Whatever happens between decisions and sending: nobody gets more than the caps of each moment.

Decisions, claims that die, tries that come to nothing, caps that change and sending, in any order;
then what was sent is counted by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from control.people import add_demo_people
from control.store import open_store
from control.tables import outbox
from core.rules import Action, ContactPolicy, EligibilityRule, FrequencyCap
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.outbox import lease
from tests.deliver.on_its_way import submitted
from tests.orchestrate.world import LOOKED, NOW, World
from tests.warehouse.connect.postgres_server import programs, running_server

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
HOURS = 3600
ZONE = ZoneInfo("America/New_York")
GIVEN = {"name": "An action", "expires_after_seconds": 5 * HOURS}
ACTIONS = {
    action.key: action
    for action in (
        Action(key="a", channels=("push",), **GIVEN),
        Action(key="b", channels=("push",), exclusion_group="offers", **GIVEN),
        Action(key="c", channels=("email",), **GIVEN),
        Action(key="d", channels=("email",), message_class="service", **GIVEN),
        Action(key="e", channels=("push",), message_class="transactional", **GIVEN),
    )
}


class History:
    """One user of a world, and everything that happens to their messages."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.user = world, f"u{number}"
        for table in ("dim_users", "fct_events", "fct_consent"):
            world.warehouse.execute(f"DELETE FROM {table}")
        with world.store.write() as connection:
            connection.execute(outbox.update().values(state="cancelled"))
        world.user(self.user, timezone=ZONE.key)
        world.did(self.user, "pricing_viewed")
        # Clocks in New York are put forward six days later: days of 23 hours are met as well.
        self.now = NOW + timedelta(days=number)
        self.contacts: list[tuple[datetime, ContactPolicy]] = []
        self.reports: list[DeliveryReport] = []

    def limit(self, contact: ContactPolicy) -> None:
        self.contacts.append((self.now, contact))
        self.world.contact(**{name: getattr(contact, name) for name in ("caps", "min_gap_seconds")})

    def decide(self) -> None:
        self.world.cycle(self.now)

    def send(self) -> None:
        world = self.world
        self.reports.append(
            deliver(
                world.store, world.warehouse, world.catalog, Outward(world.mailbox),
                clock=lambda: self.now,
            )
        )  # fmt: skip

    def claim(self) -> None:
        """A worker claims what is due and dies: some of it was on its way and never arrived."""
        claimed = lease(self.world.store, worker="dead", now=self.now, limit=10)
        for intent in claimed[::2]:
            submitted(self.world.store, intent.intent_id, worker="dead", now=self.now)

    def retry_later(self) -> None:
        """As a provider that asks for an hour."""
        pending = outbox.update().where(outbox.c.state == "pending")
        with self.world.store.write() as connection:
            connection.execute(pending.values(not_before=self.now + HOUR))

    def next_due(self) -> datetime | None:
        query = sa.select(sa.func.min(outbox.c.not_before)).where(outbox.c.state == "pending")
        with self.world.store.read() as connection:
            return connection.execute(query).scalar()

    def sent(self) -> list[tuple[datetime, Action]]:
        mine = f"FROM fct_messages WHERE user_id = '{self.user}'"
        rows = self.world.rows(f"SELECT sent_at, action_key {mine} ORDER BY ALL")
        return [(at, ACTIONS[key]) for at, key in rows]

    def check(self) -> None:
        sent = self.sent()
        for at, action in sent:
            if _asks(action):
                contact = [limits for since, limits in self.contacts if since <= at][-1]
                # Of the same moment, what is exempt may have left after it.
                before = [one for one in sent if one[0] < at or (one[0] == at and _asks(one[1]))]
                self._check(at, action, contact, before)

    def _check(
        self,
        at: datetime,
        action: Action,
        contact: ContactPolicy,
        until: Sequence[tuple[datetime, Action]],
    ) -> None:
        for cap in contact.caps:
            if _counts(cap, action) and cap.n is not None:
                counting = [other for other, one in until if _counts(cap, one)]
                assert sum(_together(cap, other, at) for other in counting) <= cap.n
        gap = timedelta(seconds=contact.min_gap_seconds)
        assert sum(at - other < gap for other, _ in until) <= 1


def _asks(action: Action) -> bool:
    return action.message_class != "transactional"


def _counts(cap: FrequencyCap, action: Action) -> bool:
    return (
        (cap.message_class is None or cap.message_class == action.message_class)
        and (cap.channel is None or cap.channel == action.channels[0])
        and (cap.group is None or cap.group == action.exclusion_group)
    )


def _together(cap: FrequencyCap, earlier: datetime, later: datetime) -> bool:
    if cap.calendar is None:
        return later - earlier < timedelta(seconds=cap.window_seconds)
    days = [one.replace(tzinfo=UTC).astimezone(ZONE).date() for one in (earlier, later)]
    return days[0] == days[1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("caps")
    yield from _made(folder, f"sqlite:///{folder}/control.db", [*ACTIONS.values()])


@pytest.fixture(scope="module")
def limited_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One in which every message asks for room."""
    folder = tmp_path_factory.mktemp("caps")
    yield from _made(folder, f"sqlite:///{folder}/control.db", filter(_asks, ACTIONS.values()))


@pytest.fixture(scope="module")
def postgres_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(found) as url:
        control = url.replace("postgresql://", "postgresql+psycopg://")
        yield from _made(tmp_path_factory.mktemp("caps"), control, [*ACTIONS.values()])


def _made(folder: Path, control: str, actions: Iterable[Action]) -> Iterator[World]:
    store = open_store(control)
    add_demo_people(store)
    world = World(folder, store)
    for action in actions:
        world.publish(
            EligibilityRule(key=action.key, name="A rule", condition=LOOKED, action=action)
        )
    yield world
    world.warehouse.close()
    store.close()


def _caps(least: int) -> st.SearchStrategy[FrequencyCap]:
    def made(window: int, **more: object) -> FrequencyCap:
        span = {"window_seconds": window} if window else {"calendar": "day"}
        return FrequencyCap.model_validate({"key": "cap"} | span | more)

    return st.builds(
        made,
        st.sampled_from([0, 2 * HOURS, 5 * HOURS]),
        n=st.integers(least, 2),
        message_class=st.sampled_from(["marketing", None]),
        channel=st.sampled_from([None, None, "push"]),
        group=st.sampled_from([None, None, "offers"]),
        on_exceed=st.sampled_from(["drop", "defer"]),
    )


def _contacts(least: int) -> st.SearchStrategy[ContactPolicy]:
    return st.builds(
        lambda caps, gap: ContactPolicy(key="c", caps=tuple(caps), min_gap_seconds=gap),
        st.lists(_caps(least), min_size=1, max_size=2),
        st.sampled_from([0, 0, HOURS]),
    )


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""To make a whole history smaller takes longer than to read it."""
PASSES = st.sampled_from([timedelta(seconds=1), timedelta(minutes=10), HOUR, 3 * HOUR, 9 * HOUR])
STEPS = st.lists(
    st.tuples(
        PASSES,
        st.sampled_from(["decide", "send", "send", "claim", "retry_later", "limit"]),
        _contacts(0),
    ),
    min_size=5,
    max_size=14,
)
_NUMBERS = iter(range(0, 10**6, 7))


def _lives_through(
    world: World, contact: ContactPolicy, steps: Sequence[tuple[timedelta, str, ContactPolicy]]
) -> None:
    history = History(world, next(_NUMBERS))
    history.limit(contact)
    history.decide()
    for passes, what, limits in steps:
        history.now += passes
        if what == "limit":
            history.limit(limits)
        else:
            act: Callable[[], None] = getattr(history, what)
            act()
    for _ in range(4):
        history.now += HOUR
        history.send()
    history.check()


@given(_contacts(0), STEPS)
@settings(max_examples=12, phases=NO_SHRINKING)
def test_nobody_gets_more_than_the_caps_at_the_moment_of_sending_allow(
    world: World, contact: ContactPolicy, steps: list[tuple[timedelta, str, ContactPolicy]]
) -> None:
    _lives_through(world, contact, steps)


@given(_contacts(0), STEPS)
@settings(max_examples=4, phases=NO_SHRINKING)
def test_nor_with_a_control_store_on_postgres(
    postgres_world: World, contact: ContactPolicy, steps: list[tuple[timedelta, str, ContactPolicy]]
) -> None:
    _lives_through(postgres_world, contact, steps)


@given(_contacts(1), st.lists(PASSES, min_size=2, max_size=5))
@settings(max_examples=10, phases=NO_SHRINKING)
def test_what_leaves_when_it_was_granted_is_never_held_back(
    limited_world: World, contact: ContactPolicy, cycles: list[timedelta]
) -> None:
    history = History(limited_world, next(_NUMBERS))
    history.limit(contact)
    history.decide()
    for passes in cycles:
        until = history.now + passes
        while (due := history.next_due()) is not None and due <= until:
            history.now = max(due, history.now)
            history.send()
        history.now = until
        history.decide()

    assert all((one.stopped, one.put_off) == (0, 0) for one in history.reports)
    history.check()
