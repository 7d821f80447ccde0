"""Through any provider, and whatever goes wrong: a message leaves once, or somebody is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from control import delivery
from core.errors import Code, PilothouseError
from deliver.destinations.webhook import Webhook
from deliver.messages import Message
from deliver.wire import Capabilities, Outcome, Provider, Request, Response
from tests.deliver.destinations.fake import SECRET, Case, Fake
from tests.deliver.destinations.fake_braze import FakeCampaign
from tests.deliver.destinations.fake_webhook import FakeForgetfulReceiver, FakeReceiver
from tests.deliver.destinations.fakes import FAKES
from tests.deliver.loopback import (
    BROKEN_OFF,
    DRIPS,
    DROPPED_AFTER,
    DROPPED_BEFORE,
    ENDLESS,
    SILENT,
    Call,
    Fault,
    Reply,
    answers,
)
from tests.deliver.sending import LATER, NAME, Sending
from tests.orchestrate.world import World

LOST = (
    DROPPED_BEFORE,
    DROPPED_AFTER,
    SILENT,
    DRIPS,
    ENDLESS,
    BROKEN_OFF,
    answers(500),
    answers(502, "<html>"),
)
"""After these nobody can tell from the answer whether the provider has the message."""


@pytest.fixture(params=FAKES, ids=lambda case: case.name)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    case: Case = request.param
    with case.make() as running:
        yield running


@pytest.fixture
def sending(world_of: Callable[..., World], fake: Fake) -> Sending:
    return Sending(world_of(fake.channel), fake)


def test_every_message_leaves_once_and_the_warehouse_knows(sending: Sending) -> None:
    report = sending.run()

    assert (report.delivered, report.stopped, report.uncertain) == (5, 0, 0)
    assert report.by_destination == {NAME: 5}
    assert sorted(sending.sent().values()) == [1] * 5
    assert sending.states() == {"accepted": 5}
    rows = sending.world.rows("SELECT message_id, sent_at, delivered_at FROM fct_messages")
    assert {row[0] for row in rows} == sending.sent().keys()
    assert {row[1:] for row in rows} == {(LATER, None)}
    assert sending.run().delivered == 0
    assert sorted(sending.sent().values()) == [1] * 5


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_after_a_lost_answer_nothing_is_sent_twice_and_nothing_is_lost(
    sending: Sending, fault: Fault
) -> None:
    sending.fake.faults.append(fault)

    sending.run_out(seconds=0.4)

    sent, settled = sending.sent(), sending.by_state("accepted")
    uncertain = sending.by_state("ambiguous")
    assert set(sent.values()) <= {1}
    assert settled <= sent.keys()
    assert len(settled | uncertain) == 5
    if sending.fake.remembers:
        assert not uncertain
    else:
        assert sending.details()


def test_a_provider_that_asks_to_wait_is_left_alone_and_gets_everything_later(
    sending: Sending,
) -> None:
    sending.fake.faults.extend([answers(429, retry_after="120")] * 5)

    sending.run()
    calls = len(sending.fake.calls)
    sending.pass_time(60)
    early = sending.run()
    sending.pass_time(70)
    sending.run_out()

    assert early.delivered == 0
    assert len(sending.fake.calls) >= calls
    assert sorted(sending.sent().values()) == [1] * 5
    assert sending.states() == {"accepted": 5}


def test_wrong_credentials_pause_the_destination_and_keep_its_messages(sending: Sending) -> None:
    sending.fake.faults.extend([answers(401, {"message": "Invalid key"})] * 5)

    sending.run()
    sending.fake.faults.clear()
    sending.pass_time(3600)

    assert sending.run().delivered == 0
    assert sending.states() == {"pending": 5}
    assert "Invalid key" in delivery.paused(sending.world.store)[NAME].reason

    delivery.resume(sending.world.store, NAME, by="ada@demo", now=sending.now)
    sending.run_out()
    assert sorted(sending.sent().values()) == [1] * 5


def test_what_is_not_paused_cannot_be_resumed(world: World) -> None:
    with pytest.raises(PilothouseError) as caught:
        delivery.resume(world.store, "nobody", by="ada@demo", now=LATER)
    assert caught.value.refusal.code is Code.UNKNOWN_KEY


def test_without_a_connection_messages_wait_and_leave_once_it_is_back(
    sending: Sending, fake: Fake
) -> None:
    provider = fake.provider()
    real = fake.provider
    # Somewhere nobody listens, until somebody does.
    fake.provider = lambda **_: _elsewhere(provider)  # type: ignore[method-assign]

    assert sending.run().delivered == 0
    assert sending.states() == {"pending": 5}

    fake.provider = real  # type: ignore[method-assign]
    sending.run_out()
    assert sorted(sending.sent().values()) == [1] * 5


def test_messages_keep_to_the_rate_of_their_destination(world_of: Callable[..., World]) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel, 120), fake)
        started = sending.now

        sending.run_out(rounds=1)

        assert len(sending.sent()) == 120
        assert (sending.now - started).total_seconds() >= (120 - 50) / 50


def _elsewhere(provider: object) -> object:
    fields = type(provider).model_fields  # type: ignore[attr-defined]
    moved = {
        name: "http://127.0.0.1:9"
        for name in fields
        if isinstance(getattr(provider, name), str) and "127.0.0.1" in getattr(provider, name)
    }
    assert moved, "a provider has a URL"
    return provider.model_copy(update=moved)  # type: ignore[attr-defined]


def test_settings_that_changed_make_another_request_which_is_not_sent_as_the_same(
    world_of: Callable[..., World],
) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        fake.faults.append(DROPPED_AFTER)
        sending.run(seconds=1)
        same = fake.provider()
        moved = {"url": f"{fake.url}/hooks/other"}
        fake.provider = lambda **_: same.model_copy(update=moved)  # type: ignore[attr-defined, method-assign]
        sending.pass_time(60)
        sending.run()

        assert sending.states() == {"accepted": 4, "ambiguous": 1}
        assert any("set up differently" in detail for detail in sending.details())


def test_whatever_a_provider_says_can_be_written_down(world_of: Callable[..., World]) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        fake.faults.extend([answers(400, b"no\0 \xed\xa0\x80 way")] * 5)

        sending.run()

        assert sending.states() == {"rejected": 5}


class ParticularCampaign(FakeCampaign):
    """Refuses a request as a whole for one user in it, and does not say for whom."""

    def take(self, call: Call) -> Reply:
        if any(one["external_user_id"] == "u0003" for one in call.json()["recipients"]):
            return Reply(400, {"message": "recipients are not valid"})
        return super().take(call)


def test_one_odd_message_costs_only_itself_where_the_provider_does_not_say_which(
    world_of: Callable[..., World],
) -> None:
    with ParticularCampaign() as fake:
        sending = Sending(world_of(fake.channel), fake)

        report = sending.run()

        assert (report.delivered, report.by_reason) == (4, {"PROVIDER_REJECTED": 1})
        assert sending.states() == {"accepted": 4, "rejected": 1}
        assert sorted(sending.sent().values()) == [1] * 4
        assert len(fake.calls) == 1 + 5


def test_messages_that_are_sent_one_by_one_are_asked_about_again(
    world_of: Callable[..., World],
) -> None:
    with ParticularCampaign() as fake:
        sending = Sending(world_of(fake.channel), fake)
        refuse = fake.take

        def take(call: Call) -> Reply:
            if len(fake.calls) == 1:
                for number in range(1, 6):
                    sending.world.ticket(f"u{number:04}")
            return refuse(call)

        fake.take = take  # type: ignore[method-assign]

        report = sending.run()

        assert (report.delivered, report.by_reason) == (0, {"STOPPED": 5})
        assert len(fake.calls) == 1


class Asked(Webhook):
    """A destination that can be asked which messages it has, and knows no keys."""

    @property
    def capabilities(self) -> Capabilities:
        return super().capabilities._replace(lookup=True)

    def lookup(self, message: Message) -> Request:
        return Request("GET", f"{self.url}&id={message.intent_id}", {}, b"", (message.intent_id,))

    def found(self, request: Request, response: Response) -> Outcome | None:
        (intent_id,) = request.intent_ids
        if response.status not in (200, 404):
            return None
        return Outcome(intent_id, "accepted" if response.status == 200 else "retry_after")


class AskedReceiver(FakeForgetfulReceiver):
    """Answers whether it has a message."""

    def provider(self, *, secret: str = SECRET) -> Provider:
        return Asked.model_validate(self.settings())

    def handle(self, call: Call) -> Reply:
        if call.method == "POST":
            return super().handle(call)
        return Reply(200 if self.ledger.get(call.path.partition("&id=")[2]) else 404)


@pytest.mark.parametrize(
    ("fault", "answer"),
    [(DROPPED_AFTER, None), (DROPPED_BEFORE, None), (DROPPED_AFTER, answers(500))],
    ids=["it is there", "it is not there", "it does not say at first"],
)
def test_a_destination_that_can_be_asked_is_asked_before_anything_is_sent_again(
    world_of: Callable[..., World], fault: Fault, answer: Fault | None
) -> None:
    with AskedReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        fake.faults.append(fault)
        sending.run(seconds=1)
        (uncertain,) = sending.by_state("ambiguous")
        asked = len(fake.calls)
        fake.faults.extend([answer] if answer else [])

        sending.run_out()

        assert sending.states() == {"accepted": 5}
        assert sorted(sending.sent().values()) == [1] * 5
        assert (fake.calls[asked].method, uncertain in fake.calls[asked].path) == ("GET", True)


class Stumbling(Asked):
    """Its own reading of what it is told of a message stumbles over anything but an empty body."""

    def found(self, request: Request, response: Response) -> Outcome | None:
        if response.body:
            raise KeyError("id")
        return super().found(request, response)


class StumblingReceiver(AskedReceiver):
    def provider(self, *, secret: str = SECRET) -> Provider:
        return Stumbling.model_validate(self.settings())


def test_what_is_stumbled_over_leaves_one_message_uncertain_and_stops_nobody(
    world_of: Callable[..., World],
) -> None:
    with StumblingReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        fake.faults.extend([DROPPED_AFTER, DROPPED_AFTER])
        sending.run(seconds=1)
        assert sending.states() == {"accepted": 3, "ambiguous": 2}
        sending.pass_time(3600)
        fake.faults.append(answers(200, {"garbage": [None]}))

        report = sending.run()

        assert (report.delivered, report.uncertain) == (1, 1)
        assert sending.states() == {"accepted": 4, "ambiguous": 1}
        sending.run_out()
        assert sending.states() == {"accepted": 5}
        assert sorted(sending.sent().values()) == [1] * 5
