"""Killed at any boundary, to any provider: nothing is lost, nothing is sent twice in silence."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.deliver.destinations.fake import Case, Fake
from tests.deliver.destinations.fake_braze import FakeTrack, FakeTransactional
from tests.deliver.destinations.fake_twilio import FakeTwilio
from tests.deliver.destinations.fakes import FAKES
from tests.deliver.dies_while_sending import MOMENTS, send_and_die
from tests.deliver.sending import Sending
from tests.doomed import KILLED, ended
from tests.orchestrate.world import World

pytestmark = pytest.mark.slow

HERE = ("sent", "settled", "on its way")
"""The boundaries at which what is known and what is so part ways; the others are the same for
every provider, and are tried with one that has keys and one that has none."""
TRIED = [
    *((case, moment) for case in FAKES for moment in HERE),
    *(
        (Case(name, make), moment)
        for name, make in (("keys", FakeTransactional), ("no keys", FakeTrack))
        for moment in MOMENTS
        if moment not in HERE
    ),
]


@pytest.fixture(params=TRIED, ids=lambda tried: f"{tried[0].name}, {tried[1]}")
def tried(request: pytest.FixtureRequest) -> Iterator[tuple[Fake, str]]:
    case, moment = request.param
    with case.make() as running:
        yield running, moment


def test_whoever_comes_after_makes_it_good(
    tried: tuple[Fake, str], world_of: Callable[..., World]
) -> None:
    fake, moment = tried
    sending = Sending(world_of(fake.channel), fake)
    killed = _dies(sending, moment)

    # The claim of the dead runs out first.
    sending.now += timedelta(minutes=5)
    sending.run_out()

    sent, uncertain = sending.sent(), sending.by_state("ambiguous")
    assert killed or moment == "looked up"
    assert set(sent.values()) <= {1}, "nothing is sent twice"
    assert sending.by_state("accepted") <= sent.keys()
    assert len(sending.by_state("accepted") | uncertain) == 5, "nothing is lost"
    if fake.remembers:
        assert not uncertain
    told = {row[0] for row in sending.world.rows("SELECT message_id FROM fct_messages")}
    assert told == sending.by_state("accepted")


@pytest.mark.parametrize("make", [FakeTransactional, FakeTrack, FakeTwilio])
@pytest.mark.parametrize("workers", [2, 4])
def test_several_workers_of_which_some_die_send_nothing_twice(
    world_of: Callable[..., World], make: type[Fake], workers: int
) -> None:
    with make() as fake:
        sending = Sending(world_of(fake.channel, 40), fake)
        _dies(sending, "sent")
        _dies(sending, "on its way")
        sending.now += timedelta(minutes=5)

        for _ in range(workers):
            sending.run(worker=f"w{_}")
        sending.run_out()

        assert set(sending.sent().values()) <= {1}
        assert len(sending.by_state("accepted") | sending.by_state("ambiguous")) == 40


def _dies(sending: Sending, moment: str) -> bool:
    """Whether a process of its own was killed there; one owns a warehouse at a time."""
    world = sending.world
    folder = Path(world.mailbox).parent
    world.warehouse.close()
    (folder / "provider").write_bytes(pickle.dumps(sending.fake.provider()))
    code = ended(send_and_die, str(folder), moment)
    sending.world = world_again(world, folder)
    assert code in (0, KILLED)
    return code == KILLED


def world_again(world: World, folder: Path) -> World:
    """The same world, opened by this process again."""
    from tests.deliver.sending import opened

    world.store.close()
    return opened(folder)
