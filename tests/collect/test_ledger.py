"""Whatever is sent, every event received has exactly one end, and good ones are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.body import BadRequest, read_events
from tests.collect.world import World, balanced, track

ids = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(["u1", "null", "0", " u2 ", "\ud800", "a\x00b"]),
)
anything = st.recursive(
    st.one_of(ids, st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(["app_opened", "plan_selected", "workout_completed", "nope", ""])
events = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["track", "identify", "page", "alias", "group", "odd"]),
            "event": st.one_of(names, anything),
            "userId": ids,
            "anonymousId": ids,
            "messageId": st.one_of(st.sampled_from(["m1", "m2", "m3"]), ids),
            "timestamp": st.one_of(st.sampled_from(["2026-06-29", "9999-12-31", "x"]), anything),
            "sentAt": anything,
            "properties": st.one_of(
                anything, st.fixed_dictionaries({"duration_seconds": anything})
            ),
            "context": anything,
            "traits": anything,
            "extra": anything,
        },
    ),
)


batches = st.lists(st.lists(events, min_size=1, max_size=6), min_size=1, max_size=4)
counted = count()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for every example: what was sent before makes the next one harder."""
    made = World(tmp_path_factory.mktemp("crowded"))
    yield made
    made.close()


@settings(max_examples=25)
@given(batches)
def test_the_ledger_balances_and_the_good_event_of_every_request_is_stored(
    crowded: World, requests: list[list[Any]]
) -> None:
    holds(crowded, requests)


@pytest.mark.slow
@settings(max_examples=300)
@given(batches)
def test_hundreds_of_malformed_batches_balance_as_well(
    crowded: World, requests: list[list[Any]]
) -> None:
    holds(crowded, requests)


def holds(world: World, requests: list[list[Any]]) -> None:
    dead_before, good = len(world.rows("dead_letters", "seq")), set()
    for batch in requests:
        message_id = f"good {next(counted)}"
        good.add(message_id)
        # As it comes through HTTP, with NaN as some SDKs write it.
        body = json.dumps({"batch": [*batch, track(messageId=message_id)]}).encode()
        world.send(*read_events(body, "batch").events)
    loaded = world.load()

    assert balanced(loaded)
    assert loaded.requests == len(requests)
    assert loaded.received == sum(len(batch) + 1 for batch in requests)
    stored = {message_id for (message_id,) in world.rows("raw_events", "message_id")}
    assert good <= stored
    assert len(world.rows("dead_letters", "seq")) == dead_before + loaded.dead_letter


@given(st.binary(max_size=200), st.sampled_from(["batch", "track", "identify"]))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, kind: str) -> None:
    try:
        read = read_events(data, kind)
    except BadRequest as error:
        refused = error
    else:
        assert read.events
        return

    assert refused.status in (400, 413)
    assert refused.message
