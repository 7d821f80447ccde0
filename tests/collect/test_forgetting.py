"""The raw log forgets: lines become stubs of the same length, and later ones never get there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collect.forgetting import ForgetfulLog, blank
from control.forgetting import Tombstones, hashed
from core.identifiers import Traces
from tests.collect.world import World, track

ZOE = "zoe-7731"
TRACES = Traces([ZOE, "zoë@example.com"])
OTHERS = track(user="u2", messageId="o1", properties={"with": ZOE, "n": 1})
EVENTS: list[Any] = [
    track(user=ZOE, messageId="z1"),
    OTHERS,
    {"type": "identify", "userId": ZOE, "messageId": "z2", "traits": {"email": "zoë@example.com"}},
    {"type": "track", "userId": ZOE, "messageId": "z3"},
    f"no event of {ZOE}",
]
NOBODY: frozenset[int] = frozenset()


def written(world: World) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(world.log.folder.glob("*.ndjson")))


def test_a_blanked_log_is_as_long_as_before_and_loads_without_the_person(world: World) -> None:
    world.send(*EVENTS)
    world.send(track(user="u3", messageId="o2"), EVENTS[0])
    length = len(written(world))

    blanked = blank(world.log.folder, TRACES, NOBODY)

    assert blanked == (5, 1)
    assert len(written(world)) == length
    assert not TRACES.are_in(written(world))
    loaded = world.load()
    assert (loaded.received, loaded.stored, loaded.suppressed) == (7, 2, 5)
    assert world.rows("raw_events", "message_id") == [("o1",), ("o2",)]
    assert blank(world.log.folder, TRACES, NOBODY) == (0, 0)


def test_what_was_loaded_before_stays_where_the_loader_stood(world: World) -> None:
    world.send(*EVENTS)
    world.load()
    blank(world.log.folder, TRACES, NOBODY)
    world.send(track(user="u3", messageId="o2"))

    assert world.load().stored == 1
    assert world.replay().suppressed == 4


def test_lines_that_the_warehouse_names_are_stubs_too(world: World) -> None:
    world.send(*[track(user=None, anonymousId="shared", messageId=f"s{n}") for n in range(3)])

    blank(world.log.folder, TRACES, frozenset({2}))

    assert (world.load().stored, world.rows("raw_events", "seq")) == (2, [(1,), (3,)])


def test_a_line_that_a_crash_left_half_written_is_completed(world: World) -> None:
    world.send(*EVENTS)
    (segment,) = world.log.folder.glob("*.ndjson")
    whole = segment.read_bytes()
    blank(world.log.folder, TRACES, NOBODY)
    stubbed = segment.read_bytes()
    cut = whole.index(ZOE.encode()) - 5
    segment.write_bytes(stubbed[:cut] + whole[cut:])

    blank(world.log.folder, TRACES, NOBODY)

    assert not TRACES.are_in(segment.read_bytes())
    for line in segment.read_bytes().splitlines():
        assert json.loads(line)


@pytest.mark.parametrize(
    "event",
    [
        *EVENTS[:1],
        *EVENTS[2:4],
        {"type": "track", "event": "x", "anonymousId": ZOE},
        {"type": "identify", "userId": "new", "context": {"traits": {"email": "Zoë@Example.com"}}},
    ],
)
def test_what_somebody_sends_who_was_forgotten_never_gets_into_the_log(
    tmp_path: Path, event: Any
) -> None:
    world = World(tmp_path)
    world.log.close()
    log = ForgetfulLog(tmp_path / "log")
    log.tombstones = Tombstones("s", frozenset(hashed("s", one) for one in TRACES.identifiers))
    world.log = log

    world.send(event, track(user="u2", messageId="o2"), 7)

    loaded = world.load()
    assert (loaded.suppressed, loaded.stored, loaded.dead_letter) == (1, 1, 1)
    assert not TRACES.are_in(written(world))
    world.close()
