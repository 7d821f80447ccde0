"""From the log into the tables: names, types, times, ids, duplicates, and counts that add up."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collect.load import Loaded, Unbalanced, prepare
from collect.plan import TrackingPlan
from control.sources import Source
from tests.collect.world import NOON, World, codes, track
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse

NOON_TEXT = "2026-06-29T12:00:00Z"

# The plan: alias, coerce, dead-letter


def test_an_alias_becomes_the_event_it_means_with_the_plans_property_names(world: World) -> None:
    world.send(track("plan_selected", properties={"selected_plan": "annual", "colour": "red"}))
    world.load()

    assert world.rows("fct_events", "event_name", "properties") == [
        ("checkout_started", '{"colour":"red","plan":"annual"}')
    ]
    assert world.rows("raw_events", "sent_name") == [("plan_selected",)]


@pytest.mark.parametrize("together", [False, True])
def test_several_properties_that_are_changed_come_in_the_plans_order_however_events_are_loaded(
    tmp_path: Path, together: bool
) -> None:
    asked = {key: {"type": "string"} for key in ("plan", "colour", "answer")}
    renames = {"of": "answer", "tone": "colour", "for": "plan"}
    event = {"properties": asked, "aliases": {"bought": renames}}
    world = World(tmp_path, TrackingPlan.model_validate({"events": {"order": event}}))
    for _ in range(40):
        world.send(track("bought", properties={"tone": 5, "for": 6, "own": 0, "of": 7}))
        if not together:
            world.load()
    world.load()

    assert {row[0] for row in world.rows("raw_events", "properties")} == {
        '{"own":0,"plan":"6","colour":"5","answer":"7"}'
    }
    world.close()


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(1800, "1800"), ("1800", "1800.0"), (1.5, "1.5"), (2**70, "1180591620717411303424")],
)
def test_what_reads_as_a_number_without_doubt_becomes_one(
    world: World, sent: Any, stored: str
) -> None:
    world.send(track("workout_completed", properties={"duration_seconds": sent}))
    world.load()

    assert world.rows("fct_events", "properties ->> '$.duration_seconds'") == [(stored,)]


@pytest.mark.parametrize("sent", ["half an hour", "NaN", "inf", True, [1], {"s": 1}])
def test_what_is_no_number_is_a_dead_letter_that_says_where(world: World, sent: Any) -> None:
    world.send(track("workout_completed", properties={"duration_seconds": sent}))
    world.load()

    assert codes(world) == [("WRONG_TYPE", "$.properties.duration_seconds")]


def test_a_required_property_that_is_missing_is_named(world: World) -> None:
    world.send(track("subscription_started", properties={"price": 9, "plan": None}))
    world.load()

    assert codes(world) == [("MISSING_PROPERTY", "$.properties.plan")]


@pytest.mark.parametrize(
    ("policy", "end"),
    [("accept", "stored"), ("dead_letter", "dead_letter"), ("suppress", "suppressed")],
)
def test_a_source_decides_what_becomes_of_events_that_nobody_planned(
    world: World, policy: Any, end: str
) -> None:
    source = Source(id="s", name="S", write_key="k", unplanned=policy)
    world.sources = [source]
    world.send(track("moon_landed"), source=source)

    loaded = world.load()

    assert getattr(loaded, end) == loaded.received == 1
    if policy == "dead_letter":
        assert codes(world) == [("UNPLANNED_EVENT", "$.event")]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (track("app\x00opened"), ("INVALID_NAME", "$.event")),
        (track("x" * 256), ("INVALID_NAME", "$.event")),
        (track(""), ("MISSING_EVENT", "$.event")),
        (track(properties=[1]), ("WRONG_TYPE", "$.properties")),
        (track(context="ios"), ("WRONG_TYPE", "$.context")),
        (track(user={"id": 1}), ("INVALID_ID", "$.userId")),
        ({"type": "teleport", "userId": "u1"}, ("UNKNOWN_TYPE", "$.type")),
        ({"type": "group", "userId": "u1"}, ("MISSING_GROUPID", "$.groupId")),
        ({"type": "alias", "userId": "u1"}, ("MISSING_PREVIOUSID", "$.previousId")),
        (track(properties={"x": "\ud800"}), ("INVALID_TEXT", "$")),
        (track(messageId="\ud800"), ("INVALID_TEXT", "$")),
        (track(properties={"x": [1, float("inf")]}), ("INVALID_NUMBER", "$.properties.x[1]")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_event_against_the_spec_is_a_dead_letter_with_code_and_path(
    world: World, event: Any, problem: tuple[str, str]
) -> None:
    world.send(event, track())

    loaded = world.load()

    assert (loaded.stored, loaded.dead_letter) == (1, 1)
    assert codes(world) == [problem]


def test_deep_nesting_is_a_dead_letter(world: World) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}
    world.send(track(properties=deep))
    world.load()

    assert codes(world) == [("TOO_DEEP", "$")]


def test_a_dead_letter_is_the_event_as_it_was_sent(world: World) -> None:
    sent = track("nope", messageId="m", timestamp="soon", properties={"a": [1]})
    world.send(sent)
    world.load()

    ((body,),) = world.rows("dead_letters", "body")
    assert json.loads(body) == sent | {"context": {}}


def test_an_event_of_more_than_a_megabyte_stands_among_short_ones(world: World) -> None:
    world.send(track(), track(properties={"text": "x" * 1_500_000}), track())

    assert world.load().stored == 2
    assert codes(world) == [("EVENT_TOO_LARGE", "$")]


@pytest.mark.slow
def test_an_event_longer_than_any_line_is_a_dead_letter_with_its_beginning(world: World) -> None:
    world.send(track(properties={"text": '"' * 17_000_000}), track())

    assert world.load().stored == 1
    assert world.rows("dead_letters", "code", "LENGTH(body) > 16000000") == [
        ("EVENT_TOO_LARGE", True)
    ]


@pytest.mark.parametrize("name", ["début 開始", "🏃", "plan_\u202egnilc", "'; DROP TABLE x; --"])
def test_a_name_may_be_any_text_without_control_codes(world: World, name: str) -> None:
    source = Source(id="s", name="S", write_key="k", unplanned="accept")
    world.sources = [source]
    world.send(track(name, properties={name: name}), source=source)

    assert world.load().stored == 1
    assert world.rows("raw_events", "event_name", "sent_name") == [(name, name)]


# Ids


def test_ids_are_trimmed_texts(world: World) -> None:
    world.send(track(user=42), track(user=" u1\x00 "))
    world.load()

    assert world.rows("fct_events", "user_id") == [("42",), ("u1",)]


@pytest.mark.parametrize(
    "junk",
    [
        *("null", "NULL", '"undefined"', "0", "00-00", "[object Object]"),
        *("00000000-0000-0000-0000-000000000000", "-" * 40, "'" * 20 + "guest" + "'" * 20),
    ],
)
def test_an_id_that_stands_for_nobody_is_ignored_and_listed(world: World, junk: str) -> None:
    world.send(track(user=junk, anonymousId="device"), track(user=junk))
    world.load()

    kept = world.rows("raw_events", "user_id", "anonymous_id", "ignored_ids")
    assert kept == [(None, "device", junk)]
    assert codes(world) == [("MISSING_USER", "$.userId")]


def test_events_of_a_device_alone_wait_for_an_identity(world: World) -> None:
    world.send(track(user=None, anonymousId="device"))

    assert world.load().stored == 1
    assert world.rows("fct_events") == []


# Times


@pytest.mark.parametrize(
    ("times", "event_time", "source"),
    [
        ({}, NOON, "received"),
        ({"timestamp": "2026-06-29T13:30:00+02:00"}, NOON - timedelta(minutes=30), "sent"),
        ({"timestamp": "soon"}, NOON, "received"),
        ({"timestamp": "0000-01-01T00:00:00Z"}, NOON, "received"),
        ({"timestamp": "9999-12-31T23:59:59Z"}, NOON, "received"),
        ({"timestamp": "infinity"}, NOON, "received"),
        ({"timestamp": 1782727200000}, NOON - timedelta(hours=2), "sent"),
        # The device is an hour behind.
        (
            {"originalTimestamp": "2026-06-29T10:50:00Z", "sentAt": "2026-06-29T11:00:00Z"},
            NOON - timedelta(minutes=10),
            "corrected",
        ),
        # Four seconds are the network's.
        (
            {"originalTimestamp": "2026-06-29T11:50:00Z", "sentAt": "2026-06-29T11:59:56Z"},
            NOON - timedelta(minutes=10),
            "sent",
        ),
        # A correction into the future is worse than none.
        (
            {"originalTimestamp": "2026-06-29T11:00:00Z", "sentAt": "2026-06-27T11:00:00Z"},
            NOON - timedelta(hours=1),
            "uncorrected",
        ),
        (
            {
                "timestamp": "2024-01-01T00:00:00Z",
                "sentAt": "2026-06-29T11:00:00Z",
                "context": {"import": True},
            },
            datetime(2024, 1, 1),
            "sent",
        ),
    ],
    ids=str,
)
def test_an_event_happened_when_a_right_clock_would_have_said(
    world: World, times: dict[str, Any], event_time: datetime, source: str
) -> None:
    world.send(track(**times))
    world.load()

    assert world.rows("raw_events", "event_time", "time_source") == [(event_time, source)]


def test_the_time_of_a_batch_corrects_events_without_one_and_the_original_is_kept(
    world: World,
) -> None:
    world.send(track(timestamp="2026-06-29T10:55:00Z"), sent_at="2026-06-29T11:00:00+00:00")
    world.load()

    columns = ("event_time", "sent_timestamp", "sent_at", "clock_skew_ms")
    assert world.rows("raw_events", *columns) == [
        (
            NOON - timedelta(minutes=5),
            "2026-06-29T10:55:00Z",
            "2026-06-29T11:00:00+00:00",
            3_600_000,
        )
    ]


# Duplicates


def test_an_event_sent_again_is_counted_and_not_stored_twice(world: World) -> None:
    one = track(messageId="m", sentAt=NOON_TEXT)
    world.send(one, one)
    world.load()
    world.send(one | {"sentAt": "2026-06-29T12:00:09Z"}, received_at=NOON + timedelta(days=400))

    assert world.load() == Loaded(requests=1, received=1, duplicate=1)
    assert len(world.rows("fct_events")) == 1


def test_another_event_under_a_known_id_is_a_dead_letter(world: World) -> None:
    world.send(track(messageId="m"), track("pricing_viewed", messageId="m"))
    world.load()
    world.send(track("plan_compared", messageId="m"))
    world.load()

    assert codes(world) == [("MESSAGE_ID_CONFLICT", "$.messageId")] * 2
    assert world.rows("raw_events", "event_name") == [("app_opened",)]


def test_a_mended_event_may_use_the_id_of_its_dead_letter(world: World) -> None:
    broken = track("workout_completed", messageId="m", properties={"duration_seconds": "long"})
    mended = broken | {"properties": {"duration_seconds": 60}}
    world.send(broken, mended, broken)

    assert world.load() == Loaded(requests=1, received=3, stored=1, duplicate=1, dead_letter=1)


# The whole


def test_loading_in_small_slices_gives_the_same_tables(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    for each in (world, other):
        for number in range(30):
            each.send(
                track(messageId=f"m{number % 20}", properties={"n": number % 10}),
                track("nope", messageId=f"x{number % 7}"),
            )
    world.load()
    other.load(slice_bytes=1)

    assert world.contents() == other.contents()
    other.close()


def test_a_load_ends_while_events_keep_coming_and_the_next_one_takes_the_rest(
    world: World,
) -> None:
    ended = threading.Event()

    def keep_sending() -> int:
        sent = 0
        while not ended.wait(0.005) and sent < 1_000:
            world.send(track("app_opened"))
            sent += 1
        return sent

    world.send(track("app_opened"))
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(keep_sending)
        first = world.load()
        is_still_sending = not sending.done()
        ended.set()
        sent = 1 + sending.result()

    assert is_still_sending
    assert first.stored + world.load().stored == sent


def test_what_is_collected_joins_what_the_demo_made_and_survives_a_replay(
    world: World,
) -> None:
    with world.warehouse.cursor() as cursor:
        generate(cursor, users=200, days=30)
    made = len(world.rows("fct_events"))
    prepare(world.warehouse)
    world.send(track(user="u0000001", messageId="mine"))

    assert world.load().stored == 1
    assert len(world.rows("fct_events")) == made + 1
    world.replay()
    assert len(world.rows("fct_events")) == made + 1


def test_a_load_that_does_not_add_up_is_not_committed(world: World) -> None:
    world.send(track(), track())
    (segment,) = world.log.folder.glob("*.ndjson")
    torn = segment.read_bytes().replace(b'"n":1,"of":2', b'"n":2,"of":3')
    segment.write_bytes(torn)

    with pytest.raises(Unbalanced, match="requests"):
        world.load()

    assert all(rows == [] for rows in world.contents().values())


def test_a_disk_that_fills_up_during_a_load_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send(track())
    spool = world.log.folder / "spool.0.json"
    spool.mkdir()

    with pytest.raises(OSError):
        world.load()
    spool.rmdir()

    assert world.load().stored == 1


def test_the_warehouse_of_an_older_demo_gets_the_columns_it_lacks(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb", must_exist=False)
    warehouse.execute("CREATE TABLE raw_events (message_id VARCHAR, event_name VARCHAR)")
    warehouse.execute("INSERT INTO raw_events VALUES ('m', 'app_opened')")

    prepare(warehouse)

    keyed = warehouse.fetch("SELECT message_key IS NOT NULL FROM raw_events").scalar()
    assert keyed is True
    warehouse.close()


@pytest.mark.parametrize("name", ["a[b]c", "every*", "[!x]**", "it's"])
def test_a_workspace_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "abc").mkdir()
    other = World(tmp_path / name)
    for number in range(3):
        other.send(track(messageId=f"m{number}"))

    assert other.load().stored == 3
    other.close()
