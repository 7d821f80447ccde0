"""Routing: only what is listed leaves, once, and only for whom it may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from collect.routing import Destination, RoutingPlan, load_routing, problems
from collect.routing_rows import last_stored, pages
from control import routing
from control.people import add_demo_people, get
from control.store import Store, open_store
from core.errors import Code, PilothouseError
from deliver.destinations.ndjson_folder import NdjsonFolder
from deliver.routed import send_routed
from orchestrate.kill_switch import kill, unkill
from tests.collect.world import NOON, World
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
SECRETS = ("secret-coupon", "secret@example.com", "203.0.113.9", "secret-device", "secret-trait")
EVENT = {
    "type": "track",
    "event": "workout_completed",
    "userId": "u1",
    "anonymousId": "secret-device",
    "messageId": "m1",
    "properties": {"workout_type": "yoga", "duration_seconds": 60, "coupon": "secret-coupon"},
    "context": {
        "traits": {"email": "secret@example.com", "x": "secret-trait"},
        "ip": "203.0.113.9",
    },
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'control.db'}")
    yield opened
    opened.close()


@pytest.fixture
def people(world: World) -> World:
    """u1 agreed, u2 took it back, u3 said nothing, u4 is u1 today."""
    world.warehouse.execute(
        """
        CREATE TABLE dim_users AS SELECT * FROM (VALUES
            ('u1', 'DE', 'secret@example.com', NULL), ('u2', 'FR', 'two@example.com', NULL),
            ('u3', 'US', 'three@example.com', NULL), ('u4', 'GB', 'four@example.com', 'u1')
        ) t(user_id, country, email, merged_into);
        CREATE TABLE traits AS SELECT 'u1' AS user_id, 'retained' AS activation_state;
        CREATE TABLE fct_consent AS SELECT * FROM (VALUES
            ('u1', 'marketing', 'email', 'granted', TIMESTAMP '2026-01-01'),
            ('u1', 'marketing', 'push', 'withdrawn', TIMESTAMP '2026-02-01'),
            ('u2', 'marketing', 'email', 'granted', TIMESTAMP '2026-01-01'),
            ('u2', 'marketing', 'email', 'withdrawn', TIMESTAMP '2026-02-01'),
            ('u2', 'marketing', 'email', 'granted', TIMESTAMP '2027-01-01')
        ) t(user_id, purpose, channel, status, effective_at);
        """
    )
    return world


def listed(**changes: Any) -> Destination:
    """A destination that gets a little, with changes."""
    usual = {"events": {"workout_completed": ["workout_type"]}, "history": True}
    return Destination.model_validate(usual | changes)


def queued(store: Store, world: World, destination: Destination, page: int = 5_000) -> int:
    after = routing.cursor(store, "crm") or 0
    found = pages(
        world.warehouse, CATALOG, destination, after=after, now=NOON + timedelta(days=1), page=page
    )
    return sum(routing.enqueue(store, "crm", one.rows, up_to=one.up_to, now=NOON) for one in found)


def left(store: Store, folder: Path) -> list[dict[str, Any]]:
    """What lies in the destination's folder after everything was sent."""
    send_routed(store, {"crm": NdjsonFolder(folder)}, now=NOON)
    lines = [line for file in sorted(folder.glob("*")) for line in file.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def test_nothing_leaves_while_everything_is_stopped(
    store: Store, people: World, tmp_path: Path
) -> None:
    people.send(EVENT)
    people.load()
    queued(store, people, listed())
    add_demo_people(store)
    ada = get(store, "ada@demo")
    kill(store, "global", person=ada, reason="Wrong list.", now=NOON)

    assert left(store, tmp_path / "crm") == []
    unkill(store, "global", person=ada, now=NOON)
    assert len(left(store, tmp_path / "crm")) == 1


# What leaves.


def test_only_listed_events_properties_and_columns_leave(
    store: Store, people: World, tmp_path: Path
) -> None:
    people.send(EVENT, EVENT | {"event": "pricing_viewed", "messageId": "m2"})
    people.load()

    assert queued(store, people, listed(user=["country", "activation_state"])) == 1

    (sent,) = left(store, tmp_path / "crm")
    assert sent == {
        "type": "track",
        "messageId": "m1",
        "event": "workout_completed",
        "userId": "u1",
        "timestamp": "2026-06-29T12:00:00.000Z",
        "properties": {"workout_type": "yoga"},
        "context": {"traits": {"country": "DE", "activation_state": "retained"}},
    }
    gone = b"".join(file.read_bytes() for file in (tmp_path / "crm").iterdir())
    assert [secret for secret in SECRETS if secret.encode() in gone] == []


def test_names_are_those_of_the_plan_whatever_was_sent(store: Store, people: World) -> None:
    people.send({"type": "track", "event": "plan_selected", "userId": "u1", "messageId": "m1"})
    people.load()
    destination = listed(events={"checkout_started": []})

    (page,) = pages(people.warehouse, CATALOG, destination, after=0, now=NOON)

    assert [row.event_name for row in page.rows] == ["checkout_started"]


def test_who_was_merged_leaves_as_the_person_they_are_now(store: Store, people: World) -> None:
    people.send(EVENT | {"userId": "u4"})
    people.load()

    (page,) = pages(people.warehouse, CATALOG, listed(user=["country"]), after=0, now=NOON)

    assert [row.user_id for row in page.rows] == ["u1"]
    assert json.loads(page.rows[0].payload)["context"] == {"traits": {"country": "DE"}}


def test_with_a_purpose_only_events_of_people_who_agreed_leave(store: Store, people: World) -> None:
    people.send(*[EVENT | {"userId": f"u{n}", "messageId": f"m{n}"} for n in (1, 2, 3)])
    people.load()
    for_mail = listed(purpose="marketing", channel="email", user=["email"])
    for_push = listed(purpose="marketing", channel="push")

    def whose(destination: Destination) -> list[str]:
        found = pages(people.warehouse, CATALOG, destination, after=0, now=NOON)
        return [row.user_id for page in found for row in page.rows]

    assert (whose(for_mail), whose(for_push)) == (["u1"], [])


def test_devices_alone_and_dead_letters_do_not_leave(store: Store, people: World) -> None:
    people.send(EVENT | {"userId": None}, {**EVENT, "messageId": "m2", "event": "swim_completed"})
    people.load()

    assert queued(store, people, listed()) == 0


# Once.


def test_nothing_is_queued_or_sent_twice(store: Store, people: World, tmp_path: Path) -> None:
    people.send(*[EVENT | {"messageId": f"m{n}"} for n in range(7)])
    people.load()

    assert queued(store, people, listed(), page=3) == 7
    assert queued(store, people, listed(), page=3) == 0
    assert routing.enqueue(store, "crm", _all(people), up_to=0, now=NOON) == 0
    assert len(left(store, tmp_path / "crm")) == 7
    assert len(left(store, tmp_path / "crm")) == 7
    assert routing.waiting(store) == {}


def test_a_batch_whose_sender_died_is_sent_again_under_its_name(
    store: Store, people: World, tmp_path: Path
) -> None:
    people.send(EVENT, EVENT | {"messageId": "m2"})
    people.load()
    queued(store, people, listed())
    died = routing.lease(store, "crm", now=NOON, limit=1)
    assert died is not None
    NdjsonFolder(tmp_path / "crm").send(died.name, died.payloads)

    assert len(left(store, tmp_path / "crm")) == 2
    assert routing.waiting(store) == {"crm": 1}
    send_routed(store, {"crm": NdjsonFolder(tmp_path / "crm")}, now=NOON + timedelta(minutes=3))

    assert routing.waiting(store) == {}
    assert sorted(one["messageId"] for one in left(store, tmp_path / "crm")) == ["m1", "m2"]


def test_what_has_left_is_not_kept_in_the_outbox(
    store: Store, people: World, tmp_path: Path
) -> None:
    people.send(EVENT)
    people.load()
    queued(store, people, listed())
    left(store, tmp_path / "crm")

    with store.read() as connection:
        kept = connection.exec_driver_sql("SELECT payload, state FROM routed_outbox").all()

    assert kept == [(None, "sent")]


def test_events_and_bytes_are_counted_by_day_destination_and_event(
    store: Store, people: World
) -> None:
    people.send(EVENT, EVENT | {"messageId": "m2"})
    people.load()
    queued(store, people, listed())
    size = sum(len(row.payload) for row in _all(people))

    assert routing.volume(store) == [
        routing.Volume(datetime(2026, 6, 29).date(), "crm", "workout_completed", 2, size)
    ]


def test_the_page_ends_where_the_log_ended(people: World) -> None:
    people.send(EVENT)
    people.load()

    assert [
        page.up_to for page in pages(people.warehouse, CATALOG, listed(), after=0, now=NOON)
    ] == [last_stored(people.warehouse)]


# What may be listed.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"events": {"swim_completed": []}}, Code.UNKNOWN_EVENT),
        ({"events": {"plan_selected": []}}, Code.UNKNOWN_EVENT),
        ({"events": {"workout_completed": ["coupon"]}}, Code.UNKNOWN_COLUMN),
        ({"user": ["shoe_size"]}, Code.UNKNOWN_COLUMN),
        ({"user": ["email"]}, Code.SETTINGS_INVALID),
        ({"purpose": "marketing"}, Code.SETTINGS_INVALID),
        ({"channel": "email"}, Code.SETTINGS_INVALID),
        ({"purpose": "fun", "channel": "email"}, Code.UNKNOWN_VALUE),
        ({"purpose": "marketing", "channel": "fax"}, Code.UNKNOWN_VALUE),
    ],
)
def test_what_nobody_knows_or_may_give_away_is_refused(
    world: World, changes: dict[str, Any], code: Code
) -> None:
    plan = RoutingPlan(destinations={"crm": listed(**changes)})

    found = problems(plan, world.plan, CATALOG)

    assert [one.code for one in found] == [code]
    assert found[0].fix


def test_what_is_personal_needs_a_purpose_and_what_is_protected_never_leaves(world: World) -> None:
    users = CATALOG.tables["dim_users"]
    ethnicity = users.columns["country"].model_copy(update={"data_class": "protected"})
    columns = users.columns | {"ethnicity": ethnicity}
    tables = CATALOG.tables | {"dim_users": users.model_copy(update={"columns": columns})}
    catalog = CATALOG.model_copy(update={"tables": tables})
    agreed = {"purpose": "marketing", "channel": "email"}

    fine = RoutingPlan(destinations={"crm": listed(user=["email"], **agreed)})
    never = RoutingPlan(destinations={"crm": listed(user=["ethnicity"], **agreed)})

    assert problems(fine, world.plan, catalog) == []
    assert [one.code for one in problems(never, world.plan, catalog)] == [Code.PROTECTED_ATTRIBUTE]


@pytest.mark.parametrize("name", ["../up", "CRM", "", "a/b", "a" * 64])
def test_a_name_that_is_no_folder_is_refused(world: World, name: str) -> None:
    assert len(problems(RoutingPlan(destinations={name: listed()}), world.plan, CATALOG)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "destinations: [a]",
        "destinations: {crm: {events: {}}}",
        "destinations: {crm: {evnets: {}}}",
        "destinations: {crm: {kind: fax, events: {app_opened: []}}}",
        "a: [1, 2",
        "\t",
        "\x00",
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text(text)

    with pytest.raises(PilothouseError) as error:
        load_routing(file)

    assert error.value.refusal.code is Code.SETTINGS_INVALID
    assert error.value.refusal.fix


def test_no_file_and_an_empty_one_route_nothing(tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text(yaml.safe_dump({}))

    assert load_routing(tmp_path / "routing.yaml") == load_routing(tmp_path / "none.yaml")


def _all(world: World) -> list[routing.Routed]:
    found = pages(world.warehouse, CATALOG, listed(), after=0, now=NOON)
    return [row for page in found for row in page.rows]
