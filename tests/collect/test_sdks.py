"""The SDKs as published, against a live collector: what is stored is what was sent."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collect.body import BODY_BYTES
from collect.routes import LIMITS, RETRY_SECONDS, Collector
from control.sources import DEMO_SOURCE
from tests.collect.conftest import DISABLED
from tests.collect.published import (
    NODE_SDK,
    SCRIPTS,
    Recorder,
    Torn,
    meant,
    node_package,
    python_with_sdk,
    ran,
    recorded,
    served,
    stored,
)
from tests.collect.world import World, balanced, codes, track

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def python_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return python_with_sdk(tmp_path_factory.mktemp("python-sdk"))


@pytest.fixture(scope="module")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK and the scripts that use it."""
    folder = node_package(tmp_path_factory.mktemp("node-sdk"), NODE_SDK)
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture(params=["python", "node"])
def one(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command that sends one event with an SDK; needs an address and a write key."""
    if request.param == "python":
        return str(request.getfixturevalue("python_sdk")), str(SCRIPTS / "one.py")
    return "node", str(request.getfixturevalue("node_sdk") / "one.mjs")


@pytest.fixture
def wire(world: World) -> Recorder:
    return recorded(world)


def test_everything_the_python_sdk_sends_is_stored_as_it_was_sent(
    world: World, wire: Recorder, python_sdk: Path
) -> None:
    with served(wire) as url:
        done = ran(str(python_sdk), str(SCRIPTS / "send.py"), url, DEMO_SOURCE.write_key)
    assert done.returncode == 0, done.stdout + done.stderr

    loaded = world.load()
    assert balanced(loaded)
    assert (loaded.received, loaded.stored, loaded.dead_letter) == (260, 259, 1)
    assert codes(world) == [("UNPLANNED_EVENT", "$.event")]
    _check_common(world)
    _check_field_by_field(world, wire)
    # This SDK tells traits only in the context.
    traits = by_type(world, "identify", "context -> '$.traits'")
    assert json.loads(traits) == {"plan": "free", "name": "Zoë \u0000 中文"}
    nested = "SELECT properties -> '$.nested' FROM fct_events WHERE event_name = 'checkout_started'"
    assert json.loads(world.warehouse.fetch(nested).scalar()) == {"a": [1, 2.5, None]}
    assert numbers(world) == list(range(250))


def test_everything_the_node_sdk_sends_is_stored_as_it_was_sent(
    world: World, wire: Recorder, node_sdk: Path
) -> None:
    with served(wire) as url:
        done = ran("node", str(node_sdk / "send.mjs"), url, DEMO_SOURCE.write_key)
    assert done.returncode == 0, done.stdout + done.stderr

    loaded = world.load()
    assert balanced(loaded)
    assert (loaded.received, loaded.stored) == (59, 59)
    _check_common(world)
    _check_field_by_field(world, wire)
    assert json.loads(by_type(world, "identify", "traits")) == {"plan": "free", "name": "Zoë 中文"}
    assert numbers(world) == list(range(50))


def _check_field_by_field(world: World, wire: Recorder) -> None:
    """Whatever was stored is what went over the wire, every key of it."""
    sent, kept = wire.sent(), stored(world)
    dead = {message_id for (message_id,) in world.rows("dead_letters", "message_id")}
    assert kept.keys() == sent.keys() - dead
    for message_id, event in kept.items():
        expected = meant(sent[message_id])
        if expected.get("event") == "plan_selected":
            # The plan's own name for this property of an alias.
            given = expected["properties"]
            renamed = {"plan" if key == "selected_plan" else key: given[key] for key in given}
            expected["properties"] = renamed
        assert event == expected


def _check_common(world: World) -> None:
    """What both SDKs were told to send."""
    world.consolidate()
    assert by_type(world, "alias", "previous_id || '>' || user_id") == "u0>u1"
    assert by_type(world, "group", "group_id || (traits ->> '$.size')") == "team-14"
    assert by_type(world, "page", "properties ->> '$.path'") == "/pricing"
    assert by_type(world, "screen", "user_id") == "u1"
    mine = "SELECT event_name, properties FROM fct_events WHERE user_id = 'u1' ORDER BY 1"
    found = {name: json.loads(kept) for name, kept in world.warehouse.fetch(mine).rows}
    assert found["workout_completed"] == {"workout_type": "yoga", "duration_seconds": 1800}
    assert found["checkout_started"]["plan"] == "annual"
    backdated = "SELECT event_time FROM fct_events WHERE event_name = 'pricing_viewed'"
    assert world.warehouse.fetch(backdated).scalar() == datetime(2026, 6, 1, 8, 30)
    devices = "SELECT anonymous_id FROM raw_events WHERE type = 'track' AND user_id IS NULL"
    assert world.warehouse.fetch(devices).rows == [("device-1",)]


def by_type(world: World, kind: str, expression: str) -> str:
    """A value of the one event of a type."""
    found = world.warehouse.fetch(f"SELECT {expression} FROM raw_events WHERE type = '{kind}'")
    assert len(found.rows) == 1
    return str(found.scalar())


def numbers(world: World) -> list[int]:
    """The numbers that the many small events carried, in order."""
    found = world.warehouse.fetch(
        "SELECT CAST(properties ->> '$.number' AS INTEGER) FROM fct_events "
        "WHERE user_id LIKE 'b%' ORDER BY 1"
    )
    return [number for (number,) in found.rows]


# What an SDK does with an answer that is not 200.


@pytest.mark.parametrize(
    ("key", "status"), [("wrong-key", 401), (DISABLED.write_key, 404)], ids=["unknown", "disabled"]
)
def test_what_asking_again_cannot_mend_is_dropped_after_one_request(
    world: World, wire: Recorder, one: tuple[str, ...], key: str, status: int
) -> None:
    with served(wire) as url:
        done = ran(*one, url, key)

    assert done.stdout.strip() == "gave up", done.stderr
    assert [exchange.status for exchange in wire.posted()] == [status]
    assert world.load().received == 0


def test_a_request_that_was_torn_on_the_way_is_dropped_and_what_comes_later_arrives_once(
    world: World, wire: Recorder, one: tuple[str, ...]
) -> None:
    with served(Torn(wire, 1)) as url:
        torn = ran(*one, url, DEMO_SOURCE.write_key)
        later = ran(*one, url, DEMO_SOURCE.write_key)

    assert (torn.stdout.strip(), later.stdout.strip()) == ("gave up", "sent"), torn.stderr
    assert [exchange.status for exchange in wire.posted()] == [400, 200]
    assert (loaded := world.load()).stored == 1
    assert balanced(loaded)


def test_a_request_that_is_too_large_is_dropped_and_what_comes_later_arrives_once(
    world: World, wire: Recorder, one: tuple[str, ...]
) -> None:
    with served(wire) as url:
        large = ran(*one, url, DEMO_SOURCE.write_key, str(BODY_BYTES + 10**6))
        later = ran(*one, url, DEMO_SOURCE.write_key)

    assert (large.stdout.strip(), later.stdout.strip()) == ("gave up", "sent"), large.stderr
    assert [exchange.status for exchange in wire.posted()] == [413, 200]
    assert (loaded := world.load()).stored == 1
    assert balanced(loaded)


def test_a_full_log_is_told_and_once_there_is_room_the_event_arrives_once(
    world: World, one: tuple[str, ...]
) -> None:
    world.send(track())

    def make_room(status: int) -> None:
        if status == 429:
            world.load()

    wire = recorded(world, LIMITS._replace(unloaded=1), make_room)
    with served(wire) as url:
        done = ran(*one, url, DEMO_SOURCE.write_key)

    assert done.stdout.strip() == "sent", done.stderr
    asked, kept = wire.posted()
    assert (asked.status, asked.retry_after, kept.status) == (429, str(RETRY_SECONDS), 200)
    if one[0] == "node":
        # This SDK waits as long as it is asked to; the others wait as they like.
        assert kept.at - asked.at >= RETRY_SECONDS
    assert (world.load().stored, len(world.rows("raw_events", "message_id"))) == (1, 2)


def test_a_full_disk_is_told_and_once_there_is_room_the_event_arrives_once(
    world: World, wire: Recorder, one: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = os.fsync, itertools.count()

    def twice_full(file: int) -> None:
        if next(tries) < 2:
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr("collect.rawlog.os.fsync", twice_full)
    with served(wire) as url:
        done = ran(*one, url, DEMO_SOURCE.write_key)

    assert done.stdout.strip() == "sent", done.stderr
    assert [exchange.status for exchange in wire.posted()] == [503, 503, 200]
    assert world.load().stored == 1


def test_the_python_sdk_sends_again_after_a_server_error_and_nothing_is_stored_twice(
    world: World, python_sdk: Path
) -> None:
    collector = Collector(
        world.log, {DEMO_SOURCE.write_key: DEMO_SOURCE}.get, lambda: datetime(2026, 6, 29)
    )
    (batch,) = (route for route in collector.routes() if route.path == "/v1/batch")
    answered: list[int] = []

    async def forgetful(request: Request) -> Response:
        """Keeps everything, but every other answer is lost on the way."""
        kept = await batch.endpoint(request)
        answered.append(kept.status_code)
        return kept if len(answered) % 2 == 0 else PlainTextResponse("gone", 503)

    with served(Starlette(routes=[Route("/v1/batch", forgetful, methods=["POST"])])) as url:
        done = ran(str(python_sdk), str(SCRIPTS / "send.py"), url, DEMO_SOURCE.write_key)

    assert done.returncode == 0, done.stdout + done.stderr
    loaded = world.load()
    assert balanced(loaded)
    assert loaded.stored == 259
    assert loaded.duplicate >= 100
