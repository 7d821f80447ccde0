"""A new plan may be tried on everything that arrived, and then made true for it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from collect.body import read_events
from collect.plan import TrackingPlan
from collect.reprocess import Reprocessed, by_event, preview, reprocess
from tests.collect.test_ledger import batches
from tests.collect.world import NOON, World, track


def changed(plan: TrackingPlan, **events: Any) -> TrackingPlan:
    """The plan as version 2 with other definitions of some events; None takes one away."""
    document = plan.document()
    document["events"] |= events
    kept = {name: event for name, event in document["events"].items() if event is not None}
    return TrackingPlan.model_validate(document | {"version": 2, "events": kept})


@pytest.fixture
def told(world: World) -> World:
    """Six hours of requests, and a row that never came through the log."""
    world.warehouse.execute(
        "INSERT INTO raw_events (message_id, type, event_name) VALUES ('else', 'track', 'x')"
    )
    for hour in range(6):
        world.send(
            track("pricing_viewed", messageId=f"a{hour}", properties={"tries": "3"}),
            track("Pricing Viewed", messageId=f"b{hour}"),
            track("plan_selected", messageId=f"c{hour}", properties={"selected_plan": "annual"}),
            track("workout_saved", messageId=f"d{hour}", properties={"workout_type": [1]}),
            track(messageId=f"e{hour // 2}"),
            received_at=NOON + timedelta(hours=hour),
        )
    world.load()
    return world


def new_plan(plan: TrackingPlan) -> TrackingPlan:
    return changed(
        plan,
        pricing_viewed={
            "properties": {"tries": {"type": "integer"}},
            "aliases": {"Pricing Viewed": {}},
        },
        checkout_started={"properties": {"plan": {"type": "string"}}},
        plan_selected={"properties": {"selected_plan": {"type": "string"}}},
        workout_saved={"properties": {"workout_type": {"type": "number"}}},
        app_opened=None,
    )


def seen(found: Reprocessed) -> dict[str, list[tuple[Any, ...]]]:
    kinds: dict[str, list[tuple[Any, ...]]] = {}
    for one in found.changed:
        ends = (one.event_before or one.code_before, one.event_after or one.code_after)
        kinds.setdefault(one.change, []).append((one.sent_name, *ends, one.events))
    return kinds


def test_the_same_plan_gives_byte_equal_tables_and_no_change(told: World) -> None:
    before = told.contents()

    found = reprocess(told.warehouse, told.log, told.plan, told.sources)

    assert told.contents() == before
    assert found.changed == ()
    assert found.counted("same") == 6 * 4 + 3


def test_a_new_plan_tells_for_every_name_what_is_different_before_anything_changes(
    told: World,
) -> None:
    before = told.contents()

    found = preview(told.warehouse, told.log, new_plan(told.plan), told.sources)

    assert seen(found) == {
        "accepted": [("Pricing Viewed", "UNPLANNED_EVENT", "pricing_viewed", 6)],
        "coerced": [("pricing_viewed", "pricing_viewed", "pricing_viewed", 6)],
        "dead_lettered": [("app_opened", "app_opened", "UNPLANNED_EVENT", 3)],
        "renamed": [("plan_selected", "checkout_started", "plan_selected", 6)],
    }
    assert told.contents() == before
    ends = {one.name: one[1:] for one in by_event(found)}
    assert ends["pricing_viewed"] == (6, 12, 0, 0)
    assert ends["app_opened"] == (3, 0, 0, 3)
    assert [one for one in found.tables if one.table == "raw_events"] == [("raw_events", 16, 19)]


def test_after_it_the_history_is_what_was_shown_and_rows_from_elsewhere_stay(told: World) -> None:
    plan = new_plan(told.plan)
    shown = preview(told.warehouse, told.log, plan, told.sources)

    done = reprocess(told.warehouse, told.log, plan, told.sources)

    assert done == shown
    assert len(told.rows("raw_events")) == 19
    assert ("else",) in told.rows("raw_events", "message_id")
    assert set(told.rows("raw_events", "plan_version")) == {(None,), (2,)}
    assert told.load().received == 0
    assert reprocess(told.warehouse, told.log, plan, told.sources).changed == ()


def test_a_dead_letter_that_stays_one_for_another_reason_is_told(told: World) -> None:
    plan = changed(told.plan, workout_saved=None)

    found = preview(told.warehouse, told.log, plan, told.sources)

    assert seen(found) == {"other_reason": [("workout_saved", "WRONG_TYPE", "UNPLANNED_EVENT", 6)]}


def test_only_what_was_received_from_a_moment_on_is_looked_at_and_changed(told: World) -> None:
    since = NOON + timedelta(hours=4)

    found = reprocess(told.warehouse, told.log, new_plan(told.plan), told.sources, since=since)

    assert found.counted("accepted") == 2
    stored = [name for (name,) in told.rows("raw_events", "sent_name") if name == "Pricing Viewed"]
    assert len(stored) == 2


def test_a_source_that_suppresses_now_makes_events_disappear_and_come_back(told: World) -> None:
    accepting, (source,) = told.sources, told.sources
    told.sources = [source.model_copy(update={"unplanned": "suppress"})]

    gone = reprocess(told.warehouse, told.log, told.plan, told.sources)
    back = reprocess(told.warehouse, told.log, told.plan, accepting)

    assert (gone.counted("disappeared"), back.counted("appeared")) == (6, 6)


@settings(max_examples=10)
@given(batches)
def test_whatever_was_sent_a_reprocess_under_the_same_plan_changes_no_byte(
    requests: list[list[Any]],
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        for batch in requests:
            body = json.dumps({"batch": batch}).encode()
            world.send(*read_events(body, "batch").events)
            world.load()
        before = world.contents()

        found = reprocess(world.warehouse, world.log, world.plan, world.sources)

        assert world.contents() == before
        assert found.changed == ()
        world.close()
