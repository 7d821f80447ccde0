"""The browser SDK as published, in a real browser, on a site of another origin."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from collect.routes import LIMITS
from control.sources import DEMO_SOURCE
from tests.collect.conftest import DISABLED
from tests.collect.published import (
    BROWSER_SDK,
    SCRIPTS,
    Recorder,
    meant,
    node_package,
    recorded,
    served,
    stored,
)
from tests.collect.world import World, balanced, track

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

BUNDLE = "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/esm/index.mjs"
CAMPAIGN = "?utm_source=news&utm_campaign=june"
TOUR = """async () => {
  const { rudder } = window;
  rudder.page("docs", "Pricing", { path: "/pricing" });
  rudder.track("app_opened", { number: 1 });
  rudder.identify("u9", { plan: "free", name: "Zoë 中文", nested: { list: [1, 2.5, null] } });
  rudder.track("workout_completed", { workout_type: "yoga", duration_seconds: 1800 });
  rudder.track("plan_selected", { selected_plan: "annual" });
  rudder.group("team-1", { size: 4 });
  rudder.alias("u10");
  rudder.track("pricing_viewed");
  rudder.reset();
  rudder.track("app_opened", { number: 2 });
}"""
QUICK = {"minRetryDelay": 50, "maxRetryDelay": 100}
"""How long the SDK waits before it sends again (milliseconds)."""
TOLD = 9
"""How many events the tour sends."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that loads the SDK; its origin is not the collector's."""
    folder = node_package(tmp_path_factory.mktemp("browser-sdk"), BROWSER_SDK)
    shutil.copy(folder / BUNDLE, folder / "sdk.mjs")
    shutil.copy(SCRIPTS / "site.html", folder)
    with served(Starlette(routes=[Mount("/", StaticFiles(directory=folder))])) as url:
        yield f"{url}/site.html"


@pytest.fixture(scope="module")
def chromium(chromium_path: str, chromium_arguments: list[str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [*chromium_arguments, "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A visitor who has never been here."""
    context = chromium.new_context()
    opened = context.new_page()
    opened.goto(site + CAMPAIGN)
    opened.wait_for_function("window.loaded")
    yield opened
    context.close()


def _start(page: Page, url: str, key: str = DEMO_SOURCE.write_key, **options: Any) -> None:
    given = [key, url, options]
    page.evaluate("([key, url, options]) => window.started(key, url, options)", given)


def _until(page: Page, reached: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not reached() and time.monotonic() < give_up:
        page.wait_for_timeout(50)
    assert reached()


def test_everything_the_browser_sdk_sends_is_stored_as_it_was_sent(
    world: World, page: Page
) -> None:
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url)
        page.evaluate(TOUR)
        _until(page, lambda: len(wire.posted()) == TOLD)

    assert balanced(loaded := world.load())
    assert (loaded.received, loaded.stored) == (TOLD, TOLD)
    _check_field_by_field(world, wire)
    asked = [one for one in wire.exchanges if one.method == "GET"]
    assert [one.path for one in asked] == ["/sourceConfig/"]
    assert {one.path for one in wire.posted()} == {
        f"/v1/{kind}" for kind in ("page", "track", "identify", "group", "alias")
    }


def test_the_browser_asks_leave_to_send_to_another_origin(world: World, page: Page) -> None:
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url)
        page.evaluate("() => window.rudder.track('app_opened')")
        _until(page, lambda: bool(wire.posted()))

    asked = [one for one in wire.exchanges if one.method == "OPTIONS"]
    assert [(one.path, one.status) for one in asked] == [
        ("/sourceConfig/", 204),
        ("/v1/track", 204),
    ]
    wanted = set(asked[-1].headers["access-control-request-headers"].split(","))
    assert {"anonymousid", "authorization", "content-type", "sentat"} <= wanted
    (sent,) = wire.posted()
    told = base64.b64decode(sent.headers["anonymousid"]).decode()
    assert (sent.status, told) == (200, sent.events[0]["anonymousId"])


def test_a_visitor_keeps_their_device_through_sign_in_and_reset(world: World, page: Page) -> None:
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url)
        page.evaluate(TOUR)
        _until(page, lambda: len(wire.posted()) == TOLD)
    world.load()

    found = world.warehouse.fetch(
        "SELECT type, sent_name, user_id, previous_id, group_id, anonymous_id, "
        "context ->> '$.campaign.source' FROM raw_events ORDER BY original_timestamp, seq"
    ).rows
    devices = {row[5] for row in found}
    assert len(devices) == 1
    assert {row[6] for row in found} == {"news"}
    assert [row[2] for row in found] == [None, None, *["u9"] * 4, "u10", "u9", None]
    by_kind = {row[0]: row for row in found}
    assert by_kind["alias"][2:4] == ("u10", "u9")
    assert by_kind["group"][4] == "team-1"


def test_beacons_are_stored_as_they_were_sent(world: World, page: Page) -> None:
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url, useBeacon=True, beaconQueueOptions={"flushQueueInterval": 200})
        page.evaluate(TOUR)
        _until(page, lambda: len(wire.sent()) == TOLD)

    for one in wire.posted():
        assert (one.path, one.query) == ("/beacon/v1/batch", "writeKey=demo-write-key")
        assert one.headers["content-type"].startswith("text/plain")
    assert world.load().stored == TOLD
    _check_field_by_field(world, wire)


# What the SDK does with an answer that is not 200.


@pytest.mark.parametrize(
    ("key", "status"), [("wrong-key", 401), (DISABLED.write_key, 404)], ids=["unknown", "disabled"]
)
def test_a_source_that_may_not_send_is_told_so_and_sends_nothing(
    world: World, page: Page, key: str, status: int
) -> None:
    wire = recorded(world)
    with served(wire) as url:
        page.evaluate("([key, url]) => { window.started(key, url, {}) }", [key, url])
        page.evaluate("() => window.rudder.track('app_opened')")
        page.wait_for_timeout(700)

    asked = {(one.path, one.status) for one in wire.exchanges if one.method != "OPTIONS"}
    assert asked == {("/sourceConfig/", status)}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("window.rudder.track('half\\u0007name')", 400),
        ("window.rudder.track('app_opened', { text: 'x'.repeat(33000) })", 413),
    ],
    ids=["a name that is none", "an event that is too large"],
)
def test_an_event_that_asking_again_cannot_mend_is_sent_once(
    world: World, page: Page, call: str, status: int
) -> None:
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url, queueOptions=QUICK)
        page.evaluate(f"() => {call}")
        _until(page, lambda: bool(wire.posted()))
        page.wait_for_timeout(1_500)

    assert [one.status for one in wire.posted()] == [status]
    assert world.load().dead_letter == 1


def test_a_full_log_is_told_and_once_there_is_room_the_event_arrives_once(
    world: World, page: Page
) -> None:
    world.send(track())

    def make_room(status: int) -> None:
        if status == 429:
            world.load()

    wire = recorded(world, LIMITS._replace(unloaded=1), make_room)
    with served(wire) as url:
        _start(page, url)
        page.evaluate("() => window.rudder.track('app_opened')")
        _until(page, lambda: [one.status for one in wire.posted()] == [429, 200])

    assert world.load().stored == 1


def test_a_full_disk_is_told_and_once_there_is_room_the_event_arrives_once(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = os.fsync, itertools.count()

    def twice_full(file: int) -> None:
        if next(tries) < 2:
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr("collect.rawlog.os.fsync", twice_full)
    wire = recorded(world)
    with served(wire) as url:
        _start(page, url, queueOptions=QUICK)
        page.evaluate("() => window.rudder.track('app_opened', { number: 1 })")
        _until(page, lambda: [one.status for one in wire.posted()] == [503, 503, 200])
        page.wait_for_timeout(1_000)

    assert {len(one.events) for one in wire.posted()} == {1}
    assert len(wire.sent()) == 1
    assert (loaded := world.load()).stored == 1
    assert balanced(loaded)
    _check_field_by_field(world, wire)


def _check_field_by_field(world: World, wire: Recorder) -> None:
    """Whatever was stored is what went over the wire, every key of it."""
    sent, kept = wire.sent(), stored(world)
    assert kept.keys() == sent.keys()
    for message_id, event in kept.items():
        expected = meant(sent[message_id])
        if expected.get("event") == "plan_selected":
            # The plan's own name for this property of an alias.
            text = expected["properties"].pop("selected_plan")
            expected["properties"]["plan"] = text
        assert event == expected
