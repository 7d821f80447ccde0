"""A journey that goes on by what providers signed: push, then e-mail if nobody opened it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control.people import add_demo_people
from control.store import open_store
from control.tables import outbox
from deliver.delivery import Outward, deliver
from deliver.destinations.sendgrid import SendGrid
from deliver.receipts.receivers import receiver_of
from tests.deliver.destinations.fake import SECRET, Fake
from tests.deliver.destinations.fake_sendgrid import FakeSendGridText
from tests.deliver.destinations.fake_webhook import FakeReceiver, signing_secret
from tests.deliver.receipts.senders import PUBLIC_KEY, Told, by_sendgrid, by_webhook
from tests.deliver.receipts.sent import applied
from tests.orchestrate.journeys.stage import Stage, push_then_email
from tests.orchestrate.world import World
from ui.receiving import Receiving


class Sent(Stage):
    """The stage with real destinations: pushes leave by a webhook, e-mail by SendGrid."""

    def __init__(self, world: World, hook: Fake, mail: Fake) -> None:
        super().__init__(world)
        self.fakes = {"hook": hook, "mail": mail}
        sendgrid = mail.provider()
        assert isinstance(sendgrid, SendGrid)
        signs = sendgrid.model_copy(update={"receipt_public_key": PUBLIC_KEY})
        self.providers = {"hook": hook.provider(), "mail": signs}
        receivers = {name: receiver_of(one) for name, one in self.providers.items()}
        self.receiving = Receiving(
            world.store,
            {name: one for name, one in receivers.items() if one},
            lambda: self.now,
            wall=lambda: self.now,
        )
        self.client = TestClient(Starlette(routes=self.receiving.routes()))
        self.told = 0

    def deliver(self) -> int:
        """What is due leaves for the fakes; gives how many they took."""
        for fake in self.fakes.values():
            fake.now = self.now
        before = sum(map(len, self.taken().values()))
        deliver(
            self.world.store,
            self.world.warehouse,
            self.world.catalog,
            Outward(self.world.mailbox, self.providers, {"push": "hook", "email": "mail"}, 20.0),
            clock=lambda: self.now,
            worker="w",
        )
        return sum(map(len, self.taken().values())) - before

    def taken(self) -> dict[str, list[Any]]:
        """Intent → what a fake took under it."""
        return {one: kept for fake in self.fakes.values() for one, kept in fake.ledger.items()}

    def intent(self, user: str, channel: str = "push") -> str:
        query = sa.select(outbox.c.intent_id).where(
            outbox.c.user_id == user, outbox.c.channel == channel
        )
        with self.world.store.read() as connection:
            return str(connection.execute(query).scalar_one())

    def emails(self) -> set[str]:
        """Who was sent an e-mail."""
        query = sa.select(outbox.c.user_id, outbox.c.intent_id).where(outbox.c.channel == "email")
        with self.world.store.read() as connection:
            rows = connection.execute(query).all()
        return {row.user_id for row in rows if self.fakes["mail"].ledger[row.intent_id]}

    def tells(self, kind: str, user: str, *, secret: str = SECRET) -> Response:
        """The receiver of pushes tells of one, signed; it is applied and journeys are looked at."""
        self.told += 1
        data = {"id": f"r{self.told}", "intent_id": self.intent(user), "kind": kind}
        document = {"type": "receipts", "timestamp": _text(self), "data": [data]}
        told = by_webhook(
            document, at=self.now, identifier=f"r-{self.told}", secret=signing_secret(secret)
        )
        return self._posted("hook", told)

    def mail_tells(self, name: str, user: str) -> Response:
        """SendGrid tells of an e-mail."""
        seconds = int(self.now.replace(tzinfo=UTC).timestamp())
        event = {"event": name, "timestamp": seconds, "intent_id": self.intent(user, "email")}
        return self._posted("mail", by_sendgrid(event, at=self.now))

    def _posted(self, name: str, told: Told) -> Response:
        path = f"/v1/receipts/{name}"
        answer = self.client.post(path, content=told.body, headers=dict(told.headers))
        applied(self.world, now=self.now)
        self.round()
        return answer


def _text(stage: Stage) -> str:
    return f"{stage.now.isoformat()}Z"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Sent]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    world = World(tmp_path, store)
    with FakeReceiver() as hook, FakeSendGridText() as mail:
        made = Sent(world, hook, mail)
        made.publish(push_then_email())
        for user in ("u1", "u2", "u3", "u4"):
            world.user(user)
            made.did(user, "pricing_viewed")
        made.later(seconds=20)
        yield made
        made.receiving.close()
    world.warehouse.close()
    store.close()


def test_push_then_email_goes_by_what_the_receiver_of_pushes_signed(stage: Sent) -> None:
    assert len(stage.fakes["hook"].ledger) == 4
    stage.wait(minutes=5)
    for user in ("u1", "u2"):
        assert stage.tells("delivered", user).json()["new"] == 1
    stage.wait(minutes=5)
    assert stage.tells("opened", "u1").status_code == 200
    assert stage.tells("bounced", "u3").status_code == 200

    stage.later(minutes=1)
    assert stage.where("u1") == "COMPLETED"
    assert stage.emails() == {"u3"}
    assert (stage.where("u2"), stage.where("u4")) == ("opened", "opened")

    stage.later(hours=23)
    assert stage.emails() == {"u3"}
    stage.later(hours=1)
    stage.later(minutes=1)
    assert stage.emails() == {"u2", "u3", "u4"}
    assert {len(kept) for kept in stage.taken().values() if kept} == {1}


def test_saying_it_again_out_of_order_or_forged_moves_nobody(stage: Sent) -> None:
    stage.wait(minutes=5)
    assert stage.tells("opened", "u1", secret="somebody else's").status_code == 401
    assert stage.where("u1") == "opened"
    assert stage.tells("opened", "u1").status_code == 200
    for _ in range(3):
        stage.tells("delivered", "u1")
        stage.tells("opened", "u1")
    stage.later(minutes=1)

    assert stage.where("u1") == "COMPLETED"
    stage.later(hours=25)
    stage.later(minutes=1)
    assert "u1" not in stage.emails()
    assert len(stage.runs()) == 4


def test_an_open_that_is_told_after_the_email_left_changes_nothing_any_more(stage: Sent) -> None:
    stage.later(hours=25)
    stage.later(minutes=1)
    assert stage.emails() == {"u1", "u2", "u3", "u4"}

    stage.wait(minutes=5)
    stage.tells("opened", "u1")
    stage.mail_tells("delivered", "u1")
    stage.later(minutes=1)

    assert {len(kept) for kept in stage.taken().values() if kept} == {1}
    assert stage.where("u1") == "COMPLETED"
