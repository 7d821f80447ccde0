"""What an older version wrote, in its log and in its tables, goes on beside what is written now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from collect.load import Loaded, prepare
from collect.rawlog import RawLog
from tests.collect.world import World, track

EVENTS = (
    track(messageId="m", context={"os": {"name": "iOS"}}),
    track("plan_selected", messageId="p", properties={"selected_plan": "annual"}),
    track("nope", messageId="x", traits={"a": 1}),
)


def make_older(world: World) -> None:
    """Write the log as it was before lines had keys: the digest of the body as a text."""
    world.log.close()
    for segment in world.log.folder.glob("*.ndjson"):
        older = [_older(json.loads(line)) for line in segment.read_bytes().splitlines()]
        segment.write_bytes(b"".join(older))
    world.log = RawLog(world.log.folder)


def _older(line: dict[str, Any]) -> bytes:
    digest = f"{line['body_key']:015x}" + "0" * 17
    newer = ("message_key", "body_key")
    fields = {key: value for key, value in line.items() if key not in newer}
    plain = {"historical": False, "traits": {}, "rest": {}}
    whole = fields | {"body_sha": digest} | plain | fields
    return json.dumps(whole, separators=(",", ":")).encode() + b"\n"


def test_a_log_of_an_older_version_gives_the_same_tables(world: World, tmp_path: Path) -> None:
    older = World(tmp_path / "older")
    for each in (world, older):
        each.send(*EVENTS)
    make_older(older)
    world.load()
    older.load()

    for table in ("dead_letters", "ingest_ledger"):
        assert older.rows(table) == world.rows(table)
    told = ("message_id", "event_name", "properties", "context", "message_key", "body_key")
    assert older.rows("raw_events", *told) == world.rows("raw_events", *told)
    older.close()


def test_what_an_older_log_told_is_known_when_it_comes_again(world: World) -> None:
    world.send(*EVENTS)
    make_older(world)
    world.load()
    world.send(*EVENTS, track("pricing_viewed", messageId="m"))

    assert world.load() == Loaded(requests=1, received=4, duplicate=3, dead_letter=1)


def test_the_tables_of_an_older_version_keep_what_they_know(world: World) -> None:
    world.send(*EVENTS)
    world.load()
    for table in ("raw_events", "dead_letters"):
        world.warehouse.execute(f"ALTER TABLE {table} RENAME COLUMN body_key TO body_sha")
        world.warehouse.execute(
            f"ALTER TABLE {table} ALTER COLUMN body_sha SET DATA TYPE VARCHAR "
            "USING FORMAT('{:015x}', body_sha) || REPEAT('0', 17)"
        )

    prepare(world.warehouse)
    prepare(world.warehouse)
    world.send(*EVENTS)

    assert world.load() == Loaded(requests=1, received=3, duplicate=3)
    world.replay()
    assert len(world.rows("raw_events")) == 2
