"""``POST /v1/receipts/NAME``: genuine requests are on disk before the answer, others told why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control.forgetting import Tombstones, hashed
from control.people import add_demo_people
from control.receipt_tables import receipts
from control.receipts import standing
from control.store import open_store
from control.tables import outbox
from core.journey_steps import Exit, Handoff
from core.settings import Settings
from deliver.destinations.iterable import Iterable
from deliver.destinations.sendgrid import SendGrid
from deliver.receipts.receivers import READERS, Receiver, receiver_of
from deliver.registry import checked
from tests.deliver.receipts.senders import (
    PUBLIC_KEY,
    TOKEN,
    WEBHOOK_SECRET,
    Told,
    by_sendgrid,
    by_webhook,
)
from tests.deliver.receipts.sent import applied, handed_over, message
from tests.orchestrate.journeys.stage import Stage, journey, says
from tests.orchestrate.world import World
from ui.receiving import BODY_BYTES, Receiving

NOW = datetime(2026, 3, 2, 13)


class Api:
    """The server, and providers that call it."""

    def __init__(self, world: World, forgotten: frozenset[str] = frozenset()) -> None:
        self.world = world
        self.now = NOW
        self.receiving = Receiving(
            world.store,
            {
                "mail": Receiver(READERS["sendgrid"], (PUBLIC_KEY,)),
                "hook": Receiver(READERS["webhook"], (WEBHOOK_SECRET,)),
            },
            lambda: self.now,
            tombstones=lambda: Tombstones("salt", forgotten),
            wall=lambda: self.now,
        )
        self.client = TestClient(Starlette(routes=self.receiving.routes()))

    def post(self, name: str, told: Told) -> Response:
        path = f"/v1/receipts/{name}"
        return self.client.post(path, content=told.body, headers=dict(told.headers))

    def mail(self, *events: Mapping[str, Any]) -> Response:
        return self.post("mail", by_sendgrid(*events, at=self.now))

    def kept(self) -> list[Any]:
        with self.world.store.read() as connection:
            return list(connection.execute(sa.select(receipts).order_by(receipts.c.at)))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    made = Api(world)
    yield made
    made.receiving.close()


def _event(name: str = "delivered", intent: str = "i1", seconds: int = 0) -> dict[str, Any]:
    at = int(NOW.replace(tzinfo=UTC).timestamp()) - 600 + seconds
    return {"event": name, "timestamp": at, "intent_id": intent}


def _refusal(answer: Response) -> dict[str, Any]:
    (refusal,) = answer.json()["refusals"]
    return dict(refusal)


# Answers


def test_what_a_genuine_request_says_is_kept_before_it_is_answered(api: Api) -> None:
    answer = api.mail(_event(), _event("open", seconds=5), _event("processed"))

    assert answer.status_code == 200
    assert answer.json() == {"new": 2, "duplicate": 0, "ignored": 1, "malformed": []}
    assert [(row.kind, row.intent_id) for row in api.kept()] == [
        ("delivered", "i1"),
        ("opened", "i1"),
    ]


def test_a_request_that_is_made_again_is_fine_and_counted(api: Api) -> None:
    told = by_sendgrid(_event(), at=NOW)

    assert [api.post("mail", told).json()["new"] for _ in range(3)] == [1, 0, 0]
    assert standing(api.world.store)[0].counts == {"new": 1, "duplicate": 2}


def test_a_forged_request_is_turned_away_and_nothing_is_kept(api: Api) -> None:
    told = by_sendgrid(_event(), at=NOW)

    answer = api.post("mail", told._replace(body=told.body.replace(b"i1", b"i2")))

    assert answer.status_code == 401
    assert "signature" in _refusal(answer)["message"]
    assert api.kept() == []


def test_a_destination_that_takes_no_receipts_is_not_there(api: Api) -> None:
    answer = api.post("nowhere", by_sendgrid(_event(), at=NOW))

    assert answer.status_code == 404
    assert "'nowhere'" in _refusal(answer)["message"]


def test_a_body_that_is_too_large_is_not_read_to_its_end(api: Api) -> None:
    answer = api.post("mail", Told({}, b" " * (BODY_BYTES + 1)))

    assert answer.status_code == 413


def test_a_genuine_request_that_cannot_be_read_says_why(api: Api) -> None:
    answer = api.post("hook", by_webhook({"type": "message.opened"}, at=NOW))

    assert answer.status_code == 400
    assert "no list of items" in _refusal(answer)["message"]


def test_one_bad_item_never_rejects_its_batch(api: Api) -> None:
    answer = api.mail(_event(), {"event": "open"}, _event(intent="i2"))

    assert answer.status_code == 200
    assert answer.json()["new"] == 2
    assert answer.json()["malformed"] == ["item 1: it has no moment that can be read"]
    assert standing(api.world.store)[0].counts == {"new": 2, "malformed": 1}


def test_a_request_of_a_clock_that_is_an_hour_off_is_turned_away(api: Api) -> None:
    told = by_webhook(
        {"type": "message.opened", "timestamp": NOW.isoformat(), "data": {"intent_id": "i1"}},
        at=NOW - timedelta(hours=1),
    )

    answer = api.post("hook", told)

    assert answer.status_code == 401
    assert "too old" in _refusal(answer)["message"]


def test_only_posting_is_an_offer(api: Api) -> None:
    assert api.client.get("/v1/receipts/mail").status_code == 405


def test_more_than_can_be_written_is_asked_for_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deliver.receipts.writing.MOST_WAITING", -1)

    answer = api.mail(_event())

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "5"


def test_a_store_that_cannot_be_written_to_is_asked_for_again(api: Api) -> None:
    with api.world.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE receipt_counts")

    answer = api.mail(_event())

    assert answer.status_code == 503
    assert api.kept() == []


def test_many_at_once_are_all_kept(api: Api) -> None:
    asked = [by_sendgrid(_event(intent=f"i{number}"), at=NOW) for number in range(60)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda told: api.post("mail", told), asked))

    assert {answer.status_code for answer in answers} == {200}
    assert len(api.kept()) == 60


def test_nothing_is_kept_of_somebody_who_was_forgotten(world: World) -> None:
    api = Api(world, frozenset({hashed("salt", "u1")}))
    data = [{"user_id": one, "kind": "unsubscribed", "channel": "sms"} for one in ("u1", "u2")]
    document = {"type": "receipts", "timestamp": NOW.isoformat(), "data": data}

    answer = api.post("hook", by_webhook(document, at=NOW))

    assert (answer.json()["new"], answer.json()["ignored"]) == (1, 1)
    assert [row.user_id for row in api.kept()] == ["u2"]
    api.receiving.close()


def test_why_a_message_bounced_is_kept_without_the_address_that_it_repeats(api: Api) -> None:
    said = "550 <Zoe@example.com>: mailbox full; tel +491517731188"

    api.mail(_event("bounce") | {"reason": said})

    assert [row.reason for row in api.kept()] == ["550 <…>: mailbox full; tel …"]


def test_a_provider_tells_in_its_own_time_and_it_is_kept_in_that_of_the_workspace(
    world: World,
) -> None:
    api = Api(world)
    api.receiving.close()
    ahead = NOW + timedelta(days=200)
    api.receiving = Receiving(
        world.store,
        {"hook": Receiver(READERS["webhook"], (WEBHOOK_SECRET,))},
        lambda: NOW,
        wall=lambda: ahead,
    )
    api.client = TestClient(Starlette(routes=api.receiving.routes()))
    told = {"intent_id": "i1", "kind": "opened", "at": (ahead - timedelta(minutes=9)).isoformat()}

    api.post("hook", by_webhook({"type": "receipts", "data": told}, at=ahead))

    assert [row.at for row in api.kept()] == [NOW - timedelta(minutes=9)]
    api.receiving.close()


def test_every_kind_of_destination_that_tells_of_messages_is_listened_to() -> None:
    secret, key = "env:SECRET", "env:PUBLIC"
    shared = {"api_key": secret, "receipt_secret": secret}
    destinations = {
        "braze": shared,
        "customerio": shared | {"site_id": "s"},
        "iterable": shared,
        "klaviyo": shared,
        "onesignal": shared | {"app_id": "a"},
        "sendgrid": {"api_key": secret, "sender": "a@b.example", "receipt_public_key": key},
        "twilio": {"account_sid": "AC" + "0" * 32, "auth_token": secret, "sender": "+15550001"},
        "webhook": {"url": "https://hooks.example.com/x", "secrets": ["env:HOOK"]},
    }
    assert destinations.keys() == READERS.keys()
    settings = Settings.model_validate(
        {
            "workspace": Path("workspace"),
            "warehouse_url": "duckdb:///w.duckdb",
            "control_url": "sqlite:///c.db",
            "destinations": {
                kind: {"kind": kind, **fields} for kind, fields in destinations.items()
            },
            "secrets": {"SECRET": TOKEN, "PUBLIC": PUBLIC_KEY, "HOOK": WEBHOOK_SECRET},
        }
    )
    found = checked(settings)

    assert found.refused == {}
    for kind in destinations:
        receiver = receiver_of(found.usable[kind])
        assert receiver is not None, kind
        assert receiver.secrets
    assert receiver_of(found.usable["mailbox"]) is None


def test_a_destination_without_a_proof_takes_no_receipts() -> None:
    assert receiver_of(Iterable(api_key=SecretStr("k"))) is None


@pytest.mark.parametrize(
    "settings", [{"receipt_secret": "short"}, {"receipt_public_key": "bm90IGEga2V5"}]
)
def test_a_proof_that_proves_nothing_is_refused(settings: dict[str, str]) -> None:
    kind = Iterable if "receipt_secret" in settings else SendGrid
    given = {"api_key": "k", "sender": "a@b.example"} if kind is SendGrid else {"api_key": "k"}
    with pytest.raises(ValidationError, match=next(iter(settings))):
        kind.model_validate(given | settings)


# Journeys


@pytest.mark.parametrize(
    ("name", "goes"), [("open", "OPENED"), ("delivered", "DELIVERED"), ("bounce", "FAILED")]
)
def test_a_journey_goes_on_by_what_a_provider_signed(api: Api, name: str, goes: str) -> None:
    on = {one.lower(): one.lower() for one in ("OPENED", "DELIVERED", "FAILED")}
    exits = [Exit(key=one, reason=one) for one in on]
    stage = Stage(api.world)
    stage.publish(
        journey(
            says("hello", "wait", "push"),
            Handoff(
                key="wait",
                outcomes=on | {"timeout": "done", "unreachable": "done"},
                timeout_seconds=86_400,
            ),
            *exits,
        )
    )
    api.world.user("u1")
    stage.did("u1", "pricing_viewed")
    stage.wait(seconds=20)
    stage.tick()
    stage.decide()
    stage.tick()
    with api.world.store.read() as connection:
        intent = connection.execute(sa.select(outbox.c.intent_id)).scalar_one()
    handed_over(api.world, {"u1": intent})
    stage.wait(minutes=2)
    stage.tick()
    assert stage.where("u1") == "wait"

    told = _event(name, intent) | {"timestamp": int(stage.now.replace(tzinfo=UTC).timestamp())}
    api.now = stage.wait(minutes=1)
    assert api.post("mail", by_sendgrid(told, at=api.now)).status_code == 200
    assert applied(api.world, now=stage.now).applied == 1
    stage.tick()

    assert stage.where("u1") == goes
    assert (message(api.world, intent)[3] is None) == (goes != "FAILED")


def test_the_answer_is_one_json_document(api: Api) -> None:
    assert isinstance(json.loads(api.mail().content), dict)
