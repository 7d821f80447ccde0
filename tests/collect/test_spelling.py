"""The keys of the spec mean the same however a sender spells them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collect.world import NOON, World


@pytest.mark.parametrize("key", ["userId", "user_id", "userid"])
def test_an_id_is_read_however_its_key_is_spelled(world: World, key: str) -> None:
    world.send({"type": "track", "event": "app_opened", key: "u1", "message_id": "m"})
    world.load()

    assert world.rows("raw_events", "user_id", "message_id") == [("u1", "m")]


@pytest.mark.parametrize(("own", "kept"), [("u1", "u1"), ("", "u2"), (None, "u2")])
def test_the_key_of_the_spec_comes_first_and_nothing_is_lost(
    world: World, own: Any, kept: str
) -> None:
    world.send({"type": "track", "event": "app_opened", "userId": own, "user_id": "u2"})
    world.load()

    ((user, rest),) = world.rows("raw_events", "user_id", "rest ->> '$.user_id'")
    assert user == kept
    assert rest == ("u2" if kept == "u1" else None)


def test_times_and_retries_are_read_as_well(world: World) -> None:
    event = {"type": "alias", "user_id": "b", "previous_id": "a", "message_id": "m"}
    world.send(event | {"sent_at": "2026-06-29T12:00:00Z"})
    world.send(event | {"sent_at": "2026-06-29T12:00:09Z"})

    loaded = world.load()

    assert (loaded.stored, loaded.duplicate) == (1, 1)
    assert world.rows("raw_events", "previous_id", "event_time") == [("a", NOON)]
