"""A decision is made once more from its record alone, and comes out the same byte for byte."""

from __future__ import annotations

import pytest

from core.conditions import Attribute
from core.errors import Code, PilothouseError
from core.rules import DAY, FrequencyCap, Holdout, OutcomeSuppression, QuietHours, Suppression
from orchestrate.replay import replay
from tests.orchestrate.world import HAS_TICKET, NOW, World, policy


def _busy(world: World) -> None:
    """Users of many kinds, under every limit."""
    for number in range(24):
        user = world.user(
            f"u{number:02}",
            consent=("granted", "denied", None)[number % 3],
            country=("DE", None)[number % 2],
            timezone=("Europe/London", "Asia/Tokyo", "Mars/Base")[number % 3],
            email=None if number % 7 == 0 else "a@example.com",
            upgrade_intent=(0.5, None, float("nan"))[number % 3],
        )
        for event in ("workout_completed", "pricing_viewed")[: number % 4]:
            world.did(user, event)
        if number % 5 == 0:
            world.ticket(user)
        if number % 4 == 0:
            world.message(user, "upgrade_nudge", days_ago=2.5)
    world.contact(
        caps=(
            FrequencyCap(key="week", n=1, window_seconds=7 * DAY),
            FrequencyCap(key="today", n=2, calendar="day"),
        ),
        min_gap_seconds=3_600,
        quiet_hours=QuietHours(start="20:00", end="08:00", fallback_zone=None),
        global_holdout=Holdout(share=0.2, salt="g"),
    )
    ignored = OutcomeSuppression(outcome="ignored", n=1, window_seconds=DAY, pause_seconds=30 * DAY)
    world.publish(
        policy(
            world.catalog,
            suppressions=(
                Suppression(key="ticket", name="T", when=HAS_TICKET, actions=("upgrade_nudge",)),
                Suppression(key="de", name="D", when=Attribute(column="country", value="FR")),
                Suppression(key="ignored", name="I", outcome=ignored, scope="channel"),
            ),
            hit_policy="top_k",
            k=2,
            cooldown_seconds=DAY,
            holdout=Holdout(share=0.3, salt="h"),
        )
    )


def test_every_decision_of_a_cycle_is_replayed_from_its_record_alone(world: World) -> None:
    _busy(world)
    world.cycle()
    decided = world.rows("SELECT decision_id FROM decisions")
    for table in ("dim_users", "traits", "fct_events", "fct_consent", "fct_messages"):
        world.warehouse.execute(f"DELETE FROM {table}")
    world.contact()

    told = [replay(world.warehouse, decision) for (decision,) in decided]

    assert len(told) > 20
    assert all(one.is_equal and len(one.replayed) == 3 for one in told)
    codes = {line.reason_code for one in told for line in one.replayed}
    assert {"SELECTED", "HELD_OUT_GLOBAL", "INELIGIBLE", "CAP_REACHED"} <= codes


def test_a_record_that_somebody_changed_no_longer_replays(world: World) -> None:
    _busy(world)
    world.cycle()
    query = "SELECT decision_id FROM decisions WHERE outcome = 'selected' LIMIT 1"
    ((decision,),) = world.rows(query)
    world.warehouse.execute(
        "UPDATE decisions SET reason_code = 'CAP_REACHED' WHERE decision_id = $id", {"id": decision}
    )

    assert not replay(world.warehouse, decision).is_equal


def test_a_decision_that_no_cycle_made_is_refused(world: World) -> None:
    with pytest.raises(PilothouseError) as refused:
        replay(world.warehouse, "nobody")

    assert refused.value.refusal.code is Code.UNKNOWN_KEY


def test_equal_users_are_kept_once_however_many_cycles_decide_on_them(world: World) -> None:
    _busy(world)
    world.cycle()
    before = world.rows("SELECT COUNT(*) FROM record_users")

    world.cycle(NOW.replace(hour=13))

    assert world.rows("SELECT COUNT(*) FROM record_users") == before
    assert world.rows("SELECT COUNT(DISTINCT cycle_id) FROM decision_records") == [(2,)]
