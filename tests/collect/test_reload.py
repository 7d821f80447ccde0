"""The log can be loaded again beside the live tables, compared with them, and adopted or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collect.load import Unbalanced
from collect.plan import TrackingPlan
from collect.reload import adopt, discard, reload
from tests.collect.world import NOON, TABLES, World, track


def with_alias(plan: TrackingPlan) -> TrackingPlan:
    """The plan with another name for checkout_started."""
    started = plan.events["checkout_started"]
    mended = started.model_copy(update={"aliases": {"plan_chosen": {"selected_plan": "plan"}}})
    events = plan.events | {"checkout_started": mended}
    return plan.model_copy(update={"version": 2, "events": events})


def reloaded(world: World) -> dict[str, list[tuple[object, ...]]]:
    return {table: world.rows(f"reloaded.{table}") for table in TABLES}


@pytest.fixture
def told(world: World) -> World:
    """A day of requests, one an hour, with a row that never came through the log."""
    world.warehouse.execute(
        "INSERT INTO raw_events (message_id, event_name) VALUES ('elsewhere', 'app_opened')"
    )
    for hour in range(6):
        at = NOON + timedelta(hours=hour)
        world.send(
            track(messageId=f"m{hour}"),
            track("plan_chosen", messageId=f"p{hour}"),
            track(messageId=f"m{hour // 2}"),
            received_at=at,
        )
    world.load()
    return world


def test_a_reload_under_the_same_plan_gives_the_same_tables_and_leaves_the_live_ones(
    told: World,
) -> None:
    before = told.contents()

    reload(told.warehouse, told.log, told.plan, told.sources)

    assert told.contents() == before
    assert reloaded(told) == before


def test_a_reload_under_a_new_plan_is_seen_only_once_it_is_adopted(told: World) -> None:
    before = told.contents()

    loaded = reload(told.warehouse, told.log, with_alias(told.plan), told.sources)
    made = reloaded(told)

    assert loaded.dead_letter == 0
    assert told.contents() == before
    adopt(told.warehouse, told.log)
    assert told.contents() == made
    assert told.log.unloaded_bytes == 0
    assert told.load().received == 0


@pytest.mark.parametrize("hour", [0, 2, 5, 6])
def test_a_reload_since_a_moment_changes_only_what_was_received_from_then_on(
    told: World, hour: int
) -> None:
    since = NOON + timedelta(hours=hour)

    loaded = reload(told.warehouse, told.log, with_alias(told.plan), told.sources, since=since)
    adopt(told.warehouse, told.log)

    assert loaded.requests == 6 - hour
    dead = [at for (at,) in told.rows("dead_letters", "received_at")]
    assert dead == [NOON + timedelta(hours=number) for number in range(hour)]


def test_what_arrives_during_a_reload_is_loaded_into_the_live_tables_afterwards(
    told: World,
) -> None:
    reload(told.warehouse, told.log, told.plan, told.sources)
    told.send(track(messageId="late"))
    adopt(told.warehouse, told.log)

    assert told.load().stored == 1


def test_a_reload_that_is_discarded_or_fails_leaves_nothing(told: World) -> None:
    before = told.contents()
    reload(told.warehouse, told.log, with_alias(told.plan), told.sources)
    discard(told.warehouse)

    (segment,) = told.log.folder.glob("*.ndjson")
    segment.write_bytes(segment.read_bytes().replace(b'"n":2,"of":3', b'"n":1,"of":2'))
    with pytest.raises(Unbalanced):
        reload(told.warehouse, told.log, told.plan, told.sources)
    discard(told.warehouse)

    assert told.contents() == before
