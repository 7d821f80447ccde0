"""The collector answers SDKs as the services they were written for do, and keeps what they send."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from collect.body import BODY_BYTES
from collect.routes import Limits
from collect.spec import EVENT_BYTES
from tests.collect.conftest import client_of
from tests.collect.world import World, codes, track

GIF_BYTES = 43


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.text


# What is accepted


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("identify", {"traits": {"plan": "free"}}),
        ("track", {"event": "app_opened"}),
        ("page", {"name": "Pricing"}),
        ("screen", {"name": "Home"}),
        ("group", {"groupId": "g1"}),
        ("alias", {"previousId": "u0"}),
    ],
)
def test_every_call_of_the_spec_is_taken_in_by_its_own_path(
    world: World, sdk: TestClient, kind: str, event: dict[str, Any]
) -> None:
    answer = sdk.post(f"/v1/{kind}", json=event | {"userId": "u1"})

    assert said(answer) == (200, "OK")
    assert answer.headers["content-type"].startswith("text/plain")
    assert world.load().stored == 1
    assert world.rows("raw_events", "type", "user_id") == [(kind, "u1")]


def test_a_200_means_that_the_events_are_on_disk(world: World, sdk: TestClient) -> None:
    sdk.post("/v1/batch", json={"batch": [track(messageId="m1"), track(messageId="m2")]})

    (segment,) = world.log.folder.glob("*.ndjson")
    assert [json.loads(line)["message_id"] for line in segment.read_text().splitlines()] == [
        "m1",
        "m2",
    ]


@pytest.mark.parametrize("header", [{"Content-Encoding": "gzip"}, {}])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_compressed_body_is_read_whatever_its_content_type_says(
    world: World, sdk: TestClient, content_type: str, header: dict[str, str]
) -> None:
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())

    answer = sdk.post("/v1/batch", content=body, headers={"Content-Type": content_type} | header)

    assert said(answer) == (200, "OK")
    assert world.load().stored == 1


def test_a_beacon_shows_its_key_in_the_address(world: World, sdk: TestClient) -> None:
    address = "/beacon/v1/batch?writeKey=demo-write-key"
    body = json.dumps({"batch": [track()]})

    answer = sdk.post(address, content=body, headers={"Content-Type": "text/plain"})

    assert said(answer) == (200, "OK")
    assert world.load().stored == 1


def test_a_pixel_always_gets_its_image(world: World, sdk: TestClient) -> None:
    good = sdk.get(
        "/pixel/v1/track?writeKey=demo-write-key&userId=u1&event=workout_saved"
        "&properties.workout_type=yoga"
    )
    bad = sdk.get("/pixel/v1/page?writeKey=wrong")

    for answer in (good, bad):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/gif"
        assert len(answer.content) == GIF_BYTES
    assert world.load().stored == 1
    assert world.rows("fct_events", "properties") == [('{"workout_type":"yoga"}',)]


def test_one_bad_event_never_rejects_its_batch(world: World, sdk: TestClient) -> None:
    batch = [track(messageId="good"), {"type": "track", "event": "app_opened"}, 7, None, [], "x"]

    assert said(sdk.post("/v1/batch", json={"batch": batch})) == (200, "OK")

    loaded = world.load()
    assert (loaded.stored, loaded.dead_letter) == (1, 5)
    assert codes(world) == [("MISSING_USER", "$.userId")] + [("NOT_AN_EVENT", "$")] * 4


# What is refused


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", (400, "request body is nil")),
        (b"{", (400, "invalid json")),
        (b"[]", (400, "invalid json")),
        (b"\xff\xfe", (400, "invalid json")),
        (b"1" * 5_000, (400, "invalid json")),
        (b"{}", (400, "empty batch payload")),
        (b'{"batch": []}', (400, "empty batch payload")),
        (b'{"batch": {}}', (400, "empty batch payload")),
        (b"\x1f\x8bnot gzip at all", (400, "invalid gzip body")),
        (gzip.compress(b'{"batch": []}', mtime=0)[:-8], (400, "invalid gzip body")),
        (b'{"batch": ' + b"[" * 200_000, (400, "invalid json: nested too deeply")),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_read_is_told_why(
    sdk: TestClient, body: bytes, answer: tuple[int, str]
) -> None:
    answered = sdk.post("/v1/batch", content=body)

    assert said(answered) == answer
    assert answered.headers["content-type"].startswith("text/plain")


def test_who_shows_no_valid_key_is_refused(sdk: TestClient) -> None:
    def shown(value: str) -> tuple[int, str]:
        return said(sdk.post("/v1/track", json=track(), headers={"Authorization": value}))

    missing = (401, "failed to read writekey from header")
    assert shown("") == shown("Bearer x") == shown("Basic !") == shown("Basic Og==") == missing
    assert shown(basic("wrong")["Authorization"]) == (401, "invalid write key")
    in_address = sdk.post("/beacon/v1/batch", json={"batch": [track()]})
    assert said(in_address) == (401, "failed to read writekey from query params")
    assert said(sdk.post("/v1/track", json=track(), headers=basic("old-key"))) == (
        404,
        "source is disabled",
    )


def test_other_methods_are_refused(sdk: TestClient) -> None:
    assert said(sdk.get("/v1/track")) == (400, "invalid http request method")


def test_a_single_event_without_a_user_is_refused_and_kept(world: World, sdk: TestClient) -> None:
    answer = sdk.post("/v1/track", json={"event": "app_opened", "userId": " "})

    assert said(answer) == (400, "request neither has anonymousId nor userId")
    assert world.load().dead_letter == 1


def test_more_than_four_megabytes_are_too_much(world: World, sdk: TestClient) -> None:
    too_much = (413, "request size exceeds max limit")
    bomb = gzip.compress(b" " * (BODY_BYTES * 50))

    assert said(sdk.post("/v1/batch", content=b" " * (BODY_BYTES + 1))) == too_much
    assert len(bomb) < BODY_BYTES // 10
    assert said(sdk.post("/v1/batch", content=bomb)) == too_much
    assert world.log.unloaded_bytes == 0


def test_an_event_that_is_too_large_alone_is_a_dead_letter_in_a_batch(
    world: World, sdk: TestClient
) -> None:
    large = track(messageId="large", properties={"text": "x" * EVENT_BYTES})

    assert said(sdk.post("/v1/batch", json={"batch": [large, track()]})) == (200, "OK")

    assert world.load().stored == 1
    assert codes(world) == [("EVENT_TOO_LARGE", "$")]
    assert "x" * EVENT_BYTES in world.rows("dead_letters", "body")[0][0]


def nested(levels: int) -> str:
    """An event so deep that it cannot be read, as text."""
    inside = '{"a":' * levels + "1" + "}" * levels
    return f'{{"type":"track","event":"app_opened","userId":"u1","properties":{inside}}}'


@pytest.mark.parametrize("levels", [250, 900, 5_000, 100_000])
def test_one_event_that_is_nested_too_deeply_never_rejects_its_batch(
    world: World, sdk: TestClient, levels: int
) -> None:
    good = json.dumps(track(properties={"text": ']]}} \\" [['}))
    body = f'{{"batch": [{good}, {nested(levels)}, {good[:-1]}, "extra": [[1]]}}]}}'

    assert said(sdk.post("/v1/batch", content=body.encode())) == (200, "OK")

    loaded = world.load()
    assert (loaded.stored, loaded.dead_letter) == (2, 1)
    assert {code for code, _ in codes(world)} <= {"TOO_DEEP", "EVENT_TOO_LARGE"}
    assert "app_opened" in world.rows("dead_letters", "body")[0][0]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "-" + "7" * 5_000])
def test_one_number_that_is_none_never_rejects_its_batch(
    world: World, sdk: TestClient, number: str
) -> None:
    bad = json.dumps(track(properties={"x": [0]})).replace("[0]", f"[1, {number}]")
    body = f'{{"batch": [{json.dumps(track())}, {bad}]}}'

    assert said(sdk.post("/v1/batch", content=body.encode())) == (200, "OK")

    assert world.load().stored == 1
    assert codes(world) == [("INVALID_NUMBER", "$.properties.x[1]")]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**300])
def test_numbers_beyond_64_bits_are_kept_digit_by_digit(
    world: World, sdk: TestClient, number: int
) -> None:
    sdk.post("/v1/batch", json={"batch": [track(properties={"x": number}), track(user=number)]})

    assert world.load().stored == 2
    assert str(number) in {user for (user,) in world.rows("raw_events", "user_id")}
    assert f'{{"x":{number}}}' in {kept for (kept,) in world.rows("raw_events", "properties")}


def test_a_single_event_that_is_nested_too_deeply_is_refused_and_kept(
    world: World, sdk: TestClient
) -> None:
    answer = sdk.post("/v1/track", content=nested(5_000).encode())

    assert said(answer) == (
        400,
        "event is not a valid rudder event: objects are nested more than 200 levels deep",
    )
    assert world.load().dead_letter == 1
    assert codes(world) == [("TOO_DEEP", "$")]


def test_what_is_refused_without_an_id_is_the_same_dead_letter_when_it_comes_again(
    world: World, sdk: TestClient
) -> None:
    for _ in range(2):
        sdk.post("/v1/batch", json={"batch": [7, {"type": "teleport", "userId": "u1"}]})

    loaded = world.load()
    assert (loaded.dead_letter, loaded.duplicate) == (2, 2)


@pytest.mark.parametrize("limits", [Limits(unloaded=0), Limits(in_memory=0)])
def test_senders_are_asked_to_come_back_before_memory_or_disk_grows(
    world: World, limits: Limits
) -> None:
    world.send(track())
    world.log.queued_bytes = 1
    for client in client_of(world, limits):
        answer = client.post("/v1/batch", json={"batch": [track()]})

    assert said(answer) == (429, "max requests limit reached")
    assert answer.headers["retry-after"] == "5"


def test_a_log_that_cannot_be_written_asks_the_sender_to_come_back(
    world: World, sdk: TestClient
) -> None:
    world.log.close()

    answer = sdk.post("/v1/batch", json={"batch": [track()]})

    assert said(answer) == (503, "the event log cannot be written")
    assert answer.headers["retry-after"] == "5"


# What the browser needs


def test_the_browser_sdk_is_told_that_its_source_is_enabled(sdk: TestClient) -> None:
    answer = sdk.get("/sourceConfig/?p=npm&v=3&writeKey=demo-write-key")

    assert answer.json()["source"]["enabled"] is True
    assert answer.json()["source"]["destinations"] == []
    assert answer.headers["access-control-allow-origin"] == "*"
    wrong = sdk.get("/sourceConfig?writeKey=wrong")
    assert said(wrong) == (401, "invalid write key")


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch", "/beacon/v1/batch", "/sourceConfig/"])
def test_a_browser_may_ask_first(sdk: TestClient, path: str) -> None:
    answer = sdk.options(path, headers={"Origin": "https://shop.example"})

    assert answer.status_code == 204
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "anonymousid", "content-type"))


def test_a_browser_may_send_whatever_headers_its_sdk_adds(sdk: TestClient) -> None:
    asked = "authorization,sentat,rsa-since-last-attempt"

    answer = sdk.options("/v1/track", headers={"Access-Control-Request-Headers": asked})

    assert answer.headers["access-control-allow-headers"] == asked
