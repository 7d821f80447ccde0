"""From the outbox to a provider and back: what it took, what it tells, and what is known then."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from deliver.receipts.receivers import receiver_of
from tests.deliver.destinations.fake import SECRET, Fake
from tests.deliver.destinations.fake_customerio import FakeEvents
from tests.deliver.destinations.fake_sendgrid import FakeSendGrid
from tests.deliver.destinations.fake_twilio import CALLBACK, FakeTwilio
from tests.deliver.loopback import DROPPED_AFTER
from tests.deliver.receipts.senders import (
    PUBLIC_KEY,
    TOKEN,
    Told,
    by_customerio,
    by_sendgrid,
    by_twilio,
)
from tests.deliver.receipts.sent import applied, withdrawn
from tests.deliver.sending import NAME, Sending, closed, decided, opened
from tests.orchestrate.world import World
from ui.receiving import Receiving

WorldOf = Callable[[str], World]


class Desk:
    """Messages on their way to a fake, which tells what became of them."""

    def __init__(self, world: World, fake: Fake, **settings: str) -> None:
        self.sending = Sending(world, fake)
        self.world = world
        provider = fake.provider().model_copy(update=settings)  # type: ignore[attr-defined]
        receiver = receiver_of(type(provider).model_validate(provider.model_dump()))
        assert receiver is not None
        clock = self.sending.clock
        self.receiving = Receiving(world.store, {NAME: receiver}, clock, wall=clock)
        self.client = TestClient(Starlette(routes=self.receiving.routes()))

    def post(self, told: Told, query: str = "") -> Response:
        path = f"/v1/receipts/{NAME}{query}"
        return self.client.post(path, content=told.body, headers=dict(told.headers))

    def applied(self) -> None:
        applied(self.world, now=self.sending.now)

    def twilio(self, intent: str, status: str, **more: str) -> Response:
        query = f"?intent_id={intent}"
        signed = by_twilio(
            CALLBACK + query, secret=SECRET, MessageSid=f"SM{intent}", MessageStatus=status, **more
        )
        return self.post(signed, query)

    def messages(self) -> dict[str, tuple[Any, ...]]:
        """Intent → when it was delivered and opened, and why it failed."""
        columns = "message_id, delivered_at, opened_at, failed_reason"
        rows = self.world.rows(f"SELECT {columns} FROM fct_messages")
        return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="session")
def decided_worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Channel → the folder of a world that was decided; copy it."""
    made: dict[str, Path] = {}

    def folder_of(channel: str) -> Path:
        if channel not in made:
            made[channel] = tmp_path_factory.mktemp(f"told-{channel}")
            closed(decided(made[channel], channel, 5))
        return made[channel]

    return folder_of


@pytest.fixture
def world_of(tmp_path: Path, decided_worlds: Callable[[str], Path]) -> Iterator[WorldOf]:
    with ExitStack() as stack:

        def made(channel: str) -> World:
            folder = shutil.copytree(decided_worlds(channel), tmp_path / channel)
            world = opened(folder)
            stack.callback(closed, world)
            return world

        yield made


def test_a_batch_of_receipts_in_any_order_tells_of_the_whole_request(world_of: WorldOf) -> None:
    with FakeSendGrid() as fake:
        desk = Desk(world_of("email"), fake, receipt_public_key=PUBLIC_KEY)
        desk.sending.run()
        intents = sorted(desk.sending.sent())
        at = desk.sending.now = desk.sending.now + timedelta(minutes=10)
        seconds = int(at.replace(tzinfo=UTC).timestamp())
        events = [
            {"event": name, "timestamp": seconds - ago, "intent_id": intent}
            for name, ago in (("open", 10), ("delivered", 60), ("open", 5))
            for intent in intents
        ]

        answer = desk.post(by_sendgrid(*events, at=at))
        desk.applied()

        assert answer.json()["new"] == 15
        assert desk.sending.states() == {"delivered": 5}
        moments = (at - timedelta(seconds=60), at - timedelta(seconds=10), None)
        assert desk.messages() == dict.fromkeys(intents, moments)
        desk.receiving.close()


def test_a_message_that_nobody_could_tell_of_is_settled_and_never_sent_again(
    world_of: WorldOf,
) -> None:
    with FakeTwilio() as fake:
        desk = Desk(world_of("sms"), fake)
        fake.faults.append(DROPPED_AFTER)
        desk.sending.run()
        (lost,) = desk.sending.by_state("ambiguous")

        assert desk.twilio(lost, "delivered").status_code == 200
        desk.applied()
        desk.sending.run()
        desk.applied()

        assert desk.sending.states() == {"accepted": 4, "delivered": 1}
        assert desk.messages()[lost][0] is not None
        assert desk.sending.sent() == dict.fromkeys(desk.messages(), 1)
        desk.receiving.close()


def test_a_receipt_that_overtakes_the_answer_of_its_provider_is_not_lost(
    world_of: WorldOf,
) -> None:
    told: list[int] = []

    class Overtaking(FakeTwilio):
        def store(self, intent_id: str, document: Any) -> None:
            super().store(intent_id, document)
            told.append(desk.twilio(intent_id, "delivered").status_code)
            desk.applied()

    with Overtaking() as fake:
        desk = Desk(world_of("sms"), fake)
        desk.sending.run()
        assert desk.sending.states() == {"accepted": 5}

        desk.applied()

        assert told == [200] * 5
        assert desk.sending.states() == {"delivered": 5}
        desk.receiving.close()


def test_who_sent_stop_gets_nothing_more_even_what_was_decided_before(world_of: WorldOf) -> None:
    with FakeTwilio() as fake:
        desk = Desk(world_of("sms"), fake)
        query = "?from=anybody"
        stop = by_twilio(
            CALLBACK + query, secret=SECRET, MessageSid="SM1", SmsStatus="received",
            From="+15550000001", Body="STOP",
        )  # fmt: skip

        assert desk.post(stop, query).status_code == 200
        desk.applied()
        report = desk.sending.run()

        assert [row[:3] for row in withdrawn(desk.world)] == [("u0001", "marketing", "sms")]
        assert report.by_reason == {"NO_CONSENT": 1}
        assert len(desk.sending.sent()) == 4
        desk.receiving.close()


def test_an_event_that_made_customerio_send_tells_of_its_message(world_of: WorldOf) -> None:
    with FakeEvents() as fake:
        desk = Desk(world_of("email"), fake, receipt_secret=TOKEN)
        desk.sending.run()
        (call, *_) = fake.calls
        first = json.loads(call.body)["batch"][0]
        at = desk.sending.now
        event = {
            "event_id": "e1", "object_type": "email", "metric": "delivered",
            "timestamp": int(at.replace(tzinfo=UTC).timestamp()),
            "data": {"delivery_id": "theirs", "trigger_event_id": first["id"]},
        }  # fmt: skip

        assert desk.post(by_customerio(event, at=at)).status_code == 200
        desk.applied()

        assert desk.sending.states() == {"accepted": 4, "delivered": 1}
        assert desk.sending.by_state("delivered") == {first["attributes"]["intent_id"]}
        desk.receiving.close()
