"""``GET /v1/inbox``: a user is shown what still holds, and what they do there is known at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control.people import add_demo_people, get
from control.store import open_store
from core.conditions import EventCount
from core.rules import Entry, StopCondition, Suppression
from deliver.delivery import Outward, deliver
from deliver.destinations.inbox import InboxOfStore
from deliver.messages import Message
from deliver.user_tokens import made
from orchestrate.kill_switch import kill, unkill
from orchestrate.rulebook import pause
from tests.deliver.receipts.sent import applied, message, state
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, World, policy
from ui.inbox import InboxApi

LATER = NOW + timedelta(hours=1)
SECRET = "a secret of thirty-two letters and more"
PAID = StopCondition(key="paid", name="Paid", when=EventCount(event="subscription_started"))
TICKET = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)


class App:
    """An app with an inbox, in the hands of one of its users."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = LATER
        api = InboxApi(
            world.store,
            world.warehouse,
            lambda: world.catalog,
            (SECRET,),
            lambda: self.now,
            wall=lambda: self.now,
        )
        self.client = TestClient(Starlette(routes=api.routes()))

    def decided(self, *users: str) -> None:
        """Every user gets one message into the app."""
        catalog = self.world.catalog
        action = catalog.actions["upgrade_nudge"].model_copy(update={"channels": ("in_app",)})
        for user in users:
            self.world.user(user)
            self.world.did(user, "pricing_viewed")
        entry = Entry(tier=1, action=action, eligibility=LOOKED)
        rule = policy(catalog, entries=(entry,), stop_conditions=(PAID,), suppressions=(TICKET,))
        self.world.publish(rule)
        self.world.cycle()
        self.delivered()

    def delivered(self) -> None:
        world = self.world
        outward = Outward(world.mailbox, {"app": InboxOfStore(world.store)}, {"in_app": "app"})
        deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: self.now)

    def as_(self, user: str, **token: Any) -> dict[str, str]:
        given = {"now": self.now, "lasts": timedelta(hours=1)} | token
        return {"Authorization": f"Bearer {made(user, SECRET, **given)}"}

    def ask(self, user: str) -> Response:
        return self.client.get("/v1/inbox", headers=self.as_(user))

    def messages(self, user: str = "u1") -> list[dict[str, Any]]:
        answer = self.ask(user)
        assert answer.status_code == 200
        return list(answer.json()["messages"])

    def ack(self, user: str, intent: str, kind: str) -> Response:
        path = f"/v1/inbox/{intent}/ack"
        return self.client.post(path, json={"kind": kind}, headers=self.as_(user))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    made_here = World(tmp_path, store)
    yield made_here
    made_here.warehouse.close()
    store.close()


@pytest.fixture
def app(world: World) -> App:
    return App(world)


def _why(answer: Response) -> str:
    return str(answer.json()["refusals"][0]["message"])


# Reading


def test_a_user_is_shown_the_message_that_was_decided_for_them(app: App) -> None:
    app.decided("u1")

    (shown,) = app.messages()

    assert shown["subject"] == "Keep your streak going"
    assert shown["action_key"] == "upgrade_nudge"
    assert shown["arrived_at"] == f"{LATER.isoformat()}Z"
    assert shown["seen_at"] is None
    assert state(app.world, shown["id"]) == "delivered"


def test_nobody_is_shown_the_message_of_somebody_else(app: App) -> None:
    app.decided("u1", "u2")

    assert app.messages("u3") == []
    (mine,), (theirs,) = app.messages("u1"), app.messages("u2")
    assert mine["id"] != theirs["id"]


def test_without_messages_the_warehouse_is_not_asked(app: App) -> None:
    app.decided("u1")
    app.world.warehouse.close()

    assert app.messages("u2") == []


def _killed(app: App) -> None:
    mara = get(app.world.store, "mara@demo")
    kill(app.world.store, "channel", "in_app", person=mara, reason="Wrong.", now=app.now)


def _paused(app: App) -> None:
    pause(app.world.store, "next_best", person=get(app.world.store, "pavel@demo"), now=app.now)


def _paid(app: App) -> None:
    app.world.did("u1", "subscription_started", days_ago=0)


def _ticket(app: App) -> None:
    app.world.ticket("u1")


def _expired(app: App) -> None:
    app.now += timedelta(days=8)


@pytest.mark.parametrize("happens", [_killed, _paused, _paid, _ticket, _expired])
def test_what_happens_while_it_waits_keeps_it_from_being_shown(
    app: App, happens: Callable[[App], None]
) -> None:
    app.decided("u1")
    assert len(app.messages()) == 1

    happens(app)

    assert app.messages() == []


def test_consent_that_was_withdrawn_keeps_it_from_being_shown(app: App) -> None:
    channels = app.world.catalog.channels
    needs = channels["in_app"].model_copy(update={"consent_purpose": "marketing"})
    app.world.catalog = app.world.catalog.model_copy(
        update={"channels": {**channels, "in_app": needs}}
    )
    app.world.user("u1", consent=None)
    app.world.consent("u1", "in_app", "granted")
    app.decided("u2")
    app.world.did("u1", "pricing_viewed")
    app.world.cycle(NOW + timedelta(minutes=30))
    app.delivered()
    assert len(app.messages()) == 1

    app.world.consent("u1", "in_app", "withdrawn", days_ago=0)

    assert app.messages() == []


def test_a_kill_switch_that_is_lifted_shows_it_again(app: App) -> None:
    app.decided("u1")
    _killed(app)
    pavel = get(app.world.store, "pavel@demo")
    unkill(app.world.store, "channel", "in_app", person=pavel, now=app.now)

    assert len(app.messages()) == 1


# What users do


def test_what_a_user_does_becomes_what_is_known_of_the_message(app: App) -> None:
    app.decided("u1")
    (shown,) = app.messages()

    app.now += timedelta(minutes=1)
    assert app.ack("u1", shown["id"], "seen").json()["new"] is True
    app.now += timedelta(minutes=1)
    assert app.ack("u1", shown["id"], "clicked").json()["new"] is True
    applied(app.world, now=app.now)

    opened, clicked = LATER + timedelta(minutes=1), LATER + timedelta(minutes=2)
    assert message(app.world, shown["id"]) == (LATER, opened, clicked, None)
    (again,) = app.messages()
    assert again["seen_at"] == f"{opened.isoformat()}Z"


def test_the_same_acknowledgement_again_changes_nothing(app: App) -> None:
    app.decided("u1")
    (shown,) = app.messages()

    answers = []
    for _ in range(3):
        answers.append(app.ack("u1", shown["id"], "seen").json()["new"])
        app.now += timedelta(minutes=5)
    applied(app.world, now=app.now)

    assert answers == [True, False, False]
    assert message(app.world, shown["id"])[1] == LATER


def test_a_message_that_was_dismissed_is_gone_and_counts_as_seen(app: App) -> None:
    app.decided("u1")
    (shown,) = app.messages()

    app.ack("u1", shown["id"], "dismissed")
    applied(app.world, now=app.now)

    assert app.messages() == []
    assert message(app.world, shown["id"])[1:3] == (LATER, None)


# Who may


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "no token"),
        ("Basic dTE6", "no token"),
        ("Bearer ", "no token"),
        ("Bearer nonsense", "not a JSON Web Token"),
        (f"Bearer {made('u1', 'x' * 32, now=LATER, lasts=timedelta(hours=1))}", "none of"),
    ],
)
def test_without_a_good_token_nobody_is_let_in(app: App, header: str | None, why: str) -> None:
    headers = {"Authorization": header} if header is not None else {}

    for answer in (
        app.client.get("/v1/inbox", headers=headers),
        app.client.post("/v1/inbox/i1/ack", headers=headers, json={"kind": "seen"}),
    ):
        assert answer.status_code == 401
        assert why in _why(answer)


def test_a_token_that_has_ended_lets_nobody_in(app: App) -> None:
    headers = app.as_("u1", now=LATER - timedelta(hours=3))

    answer = app.client.get("/v1/inbox", headers=headers)

    assert answer.status_code == 401
    assert "expired" in _why(answer)


def test_nobody_acknowledges_the_message_of_somebody_else(app: App) -> None:
    app.decided("u1")
    (shown,) = app.messages()

    assert app.ack("u2", shown["id"], "clicked").status_code == 403
    assert app.ack("u2", "no-such-message", "clicked").status_code == 404
    assert app.messages()[0]["clicked_at"] is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"kind": "read"}', b'{"kind": "seen", "x": 1}', b"[]"]
)
def test_an_acknowledgement_that_is_none_says_what_one_is(app: App, body: bytes) -> None:
    answer = app.client.post("/v1/inbox/i1/ack", content=body, headers=app.as_("u1"))

    assert answer.status_code == 400
    assert '"seen"' in answer.json()["refusals"][0]["fix"]


def test_a_body_that_is_too_long_is_not_read(app: App) -> None:
    answer = app.client.post("/v1/inbox/i1/ack", content=b" " * 5_000, headers=app.as_("u1"))

    assert answer.status_code == 413


def test_a_page_of_another_origin_may_ask(app: App) -> None:
    before = app.client.options("/v1/inbox", headers={"Origin": "https://shop.example.com"})

    assert before.status_code == 204
    assert before.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert app.ask("u1").headers["access-control-allow-origin"] == "*"
    assert app.client.get("/v1/inbox").headers["access-control-allow-origin"] == "*"


def test_a_workspace_without_an_inbox_says_so(world: World) -> None:
    api = InboxApi(world.store, world.warehouse, lambda: world.catalog, (), lambda: LATER)

    answer = TestClient(Starlette(routes=api.routes())).get("/v1/inbox")

    assert answer.status_code == 404
    assert "no inbox" in _why(answer)


# Keeping


def test_a_message_is_kept_once_and_never_changes_its_words(app: App) -> None:
    app.decided("u1")
    (shown,) = app.messages()
    inbox = InboxOfStore(app.world.store)
    same = Message(shown["id"], "d", "t", "u1", "in_app", "a", shown["subject"], shown["body"])

    again = inbox.send([same], now=LATER + timedelta(minutes=1))
    other = inbox.send([same._replace(body="Something else")], now=LATER)

    assert [one.outcome for one in (*again, *other)] == ["accepted", "rejected"]
    assert app.messages()[0]["arrived_at"] == f"{LATER.isoformat()}Z"
    assert inbox.holds([shown["id"], "other"]) == {shown["id"]}


def test_the_clock_of_tokens_is_the_walls(world: World) -> None:
    wall = datetime(2030, 1, 1)
    api = InboxApi(
        world.store,
        world.warehouse,
        lambda: world.catalog,
        (SECRET,),
        lambda: LATER,
        wall=lambda: wall,
    )
    client = TestClient(Starlette(routes=api.routes()))
    token = made("u1", SECRET, now=wall, lasts=timedelta(hours=1))

    assert client.get("/v1/inbox", headers={"Authorization": f"Bearer {token}"}).json() == {
        "messages": []
    }
