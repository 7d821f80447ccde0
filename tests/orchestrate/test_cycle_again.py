"""A cycle that is stopped, runs again, dies or is tried out."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from control.people import Person
from core.conditions import Absolute, EventCount, Op
from core.errors import PilothouseError
from core.rules import (
    EligibilityRule,
)
from orchestrate.intents import enqueue, reconcile
from orchestrate.kill_switch import kill
from tests.orchestrate.world import (
    LOOKED,
    NOW,
    World,
    looker,
    policy,
    single,
    upgrade,
)

# Kill switches and freshness


@pytest.mark.parametrize(
    ("scope", "key"), [("global", "*"), ("policy", "next_best"), ("action", "upgrade_nudge")]
)
def test_a_kill_switch_stops_the_decision(world: World, mara: Person, scope: str, key: str) -> None:
    looker(world)
    world.publish(single(world.catalog))
    kill(world.store, scope, key, person=mara, reason="Wrong text.", now=NOW)

    report = world.cycle()

    assert upgrade(world) == "KILLED"
    assert report.selected == 0


def test_a_killed_channel_leaves_the_next_one(world: World, mara: Person) -> None:
    looker(world)
    world.publish(single(world.catalog))
    kill(world.store, "channel", "push", person=mara, reason="Provider is down.", now=NOW)

    world.cycle()

    assert world.rows("SELECT channel, outcome FROM decisions") == [("email", "selected")]


def test_a_rule_on_stale_data_decides_nothing(world: World) -> None:
    looker(world)
    world.publish(
        EligibilityRule(
            key="fresh",
            name="Fresh",
            condition=LOOKED,
            action=world.catalog.actions["win_back"],
            max_staleness_seconds={"fct_events": 3600},
        )
    )

    world.cycle()

    assert world.reasons("fresh") == {("u1", "win_back"): "STALE_DATA"}


def test_a_row_from_a_clock_that_is_ahead_makes_no_table_fresh(world: World) -> None:
    looker(world)
    world.did("u1", "app_opened", days_ago=-3)
    action = world.catalog.actions["win_back"]
    limit = {"fct_events": 3600}
    world.publish(
        EligibilityRule(
            key="fresh", name="F", condition=LOOKED, action=action, max_staleness_seconds=limit
        )
    )

    world.cycle()

    assert world.reasons("fresh") == {("u1", "win_back"): "STALE_DATA"}


def test_a_channel_that_the_catalog_no_longer_has_reaches_nobody(world: World) -> None:
    looker(world)
    world.publish(single(world.catalog))
    left = {name: one for name, one in world.catalog.channels.items() if name == "sms"}
    world.catalog = world.catalog.model_copy(update={"channels": left})

    world.cycle()

    assert upgrade(world) == "UNREACHABLE"


def test_a_rule_that_the_catalog_cannot_decide_stops_the_cycle_and_writes_nothing(
    world: World,
) -> None:
    looker(world)
    world.publish(single(world.catalog, eligibility=EventCount(event="flew_to_mars")))

    with pytest.raises(PilothouseError, match="flew_to_mars"):
        world.cycle()

    assert world.rows("SELECT COUNT(*) FROM decisions") == [(0,)]
    assert world.rows("SELECT COUNT(*) FROM cycles") == [(0,)]


# Running again


def _everything(world: World) -> tuple[object, ...]:
    tables = ("decisions", "decision_records", "intents", "cycles")
    return tuple(sorted(world.rows(f"SELECT * FROM {table}"), key=str) for table in tables)


def test_running_a_cycle_again_changes_nothing(world: World) -> None:
    looker(world)
    world.publish(policy(world.catalog))

    first = world.cycle()
    before = _everything(world)
    again = world.cycle()

    assert _everything(world) == before
    assert (first.enqueued, again.enqueued) == (1, 0)
    assert again.cycle_id == first.cycle_id


def test_a_dry_run_decides_the_same_and_writes_nothing(world: World) -> None:
    looker(world)
    world.publish(policy(world.catalog))

    tried = world.cycle(dry_run=True)
    real = world.cycle()

    assert tried.by_reason == real.by_reason
    assert world.rows("SELECT COUNT(*) FROM cycles") == [(1,)]


def test_a_crash_between_decisions_and_outbox_loses_and_doubles_nothing(world: World) -> None:
    for number in range(5):
        looker(world, f"u{number}")
    world.publish(single(world.catalog))
    # The cycle's own transaction is through, and then the process dies: nothing was enqueued.
    report = world.cycle()
    with world.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox WHERE user_id <> 'u0'")

    recovered = reconcile(world.store, world.warehouse)

    assert recovered == 4
    assert reconcile(world.store, world.warehouse) == 0
    assert enqueue(world.store, world.warehouse, cycle_id=report.cycle_id) == 0


def test_an_intent_has_the_same_id_in_python(world: World) -> None:
    looker(world)
    world.publish(single(world.catalog))

    report = world.cycle()

    name = f"next_best/upgrade_nudge/u1/{report.cycle_id}/1"
    expected = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    assert world.rows("SELECT intent_id FROM intents") == [(expected,)]


def test_a_condition_is_read_at_the_moment_of_the_cycle(world: World) -> None:
    looker(world)
    later = EventCount(
        event="pricing_viewed", op=Op.EQ, n=0, window=Absolute(start=NOW - timedelta(hours=1))
    )
    world.publish(single(world.catalog, eligibility=later))

    assert world.cycle().selected == 1
