"""Who is left out on purpose, and how often and when the others are reached."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.rules import (
    DAY,
    EligibilityRule,
    FrequencyCap,
    Holdout,
    QuietHours,
)
from tests.orchestrate.world import (
    EVERYBODY_HELD_OUT,
    LOOKED,
    NOW,
    World,
    looker,
    policy,
    single,
    upgrade,
)

# Holdouts


def test_a_held_out_user_is_a_ghost_and_gets_nothing(world: World) -> None:
    looker(world)
    world.publish(policy(world.catalog, holdout=EVERYBODY_HELD_OUT))

    world.cycle()

    assert world.rows("SELECT outcome, reason_code, ghost FROM decisions") == [
        ("held_out", "HELD_OUT_POLICY", True)
    ]
    assert world.rows("SELECT COUNT(*) FROM intents") == [(0,)]


def test_the_global_holdout_is_tagged_before_anything_else(world: World) -> None:
    looker(world)
    world.did("u1", "workout_completed")
    world.contact(global_holdout=EVERYBODY_HELD_OUT)
    world.publish(policy(world.catalog))

    world.cycle()

    found = world.rows("SELECT action_key, reason_code, ghost FROM decisions ORDER BY action_key")
    assert found == [
        ("second_workout_help", "HELD_OUT_GLOBAL", True),
        ("upgrade_nudge", "HELD_OUT_GLOBAL", False),
    ]


def test_the_same_user_falls_in_the_same_holdout_in_every_cycle(world: World) -> None:
    for number in range(60):
        looker(world, f"u{number}")
    world.publish(policy(world.catalog, holdout=Holdout(share=0.5, salt="s")))

    world.cycle()
    first = {key for key, reason in world.reasons().items() if reason == "HELD_OUT_POLICY"}
    world.cycle(NOW + timedelta(days=30))
    second = {key for key, reason in world.reasons().items() if reason == "HELD_OUT_POLICY"}

    assert first == second
    assert 15 < len(first) < 45


def test_a_ghost_is_capped_like_the_others(world: World) -> None:
    looker(world)
    world.message("u1")
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog, holdout=EVERYBODY_HELD_OUT))

    world.cycle()

    assert world.rows("SELECT reason_code, ghost FROM decisions") == [("HELD_OUT_POLICY", False)]


# Caps, gaps and quiet hours


def test_a_cap_of_zero_blocks_everything(world: World) -> None:
    looker(world)
    world.contact(caps=(FrequencyCap(key="none", n=0, window_seconds=DAY),))
    world.publish(single(world.catalog))

    world.cycle()

    assert upgrade(world) == "CAP_REACHED"


@pytest.mark.parametrize(("days_ago", "reason"), [(6.9, "CAP_REACHED"), (7.1, "SELECTED")])
def test_a_cap_counts_what_was_sent_in_the_rolling_window(
    world: World, days_ago: float, reason: str
) -> None:
    looker(world)
    world.message("u1", days_ago=days_ago)
    world.contact(caps=(FrequencyCap(key="weekly", n=1, window_seconds=7 * DAY),))
    world.publish(single(world.catalog))

    world.cycle()

    assert upgrade(world) == reason


def test_a_marketing_cap_leaves_service_messages_alone(world: World) -> None:
    world.user("u1")
    world.ticket("u1")
    world.contact(caps=(FrequencyCap(key="none", n=0, window_seconds=DAY),))
    world.publish(policy(world.catalog))

    world.cycle()

    assert world.reasons()["u1", "support_follow_up"] == "SELECTED"


def test_a_message_still_on_its_way_takes_a_place_under_the_cap(world: World) -> None:
    looker(world)
    world.publish(single(world.catalog))
    world.cycle()
    world.contact(caps=(FrequencyCap(key="weekly", n=1, window_seconds=7 * DAY),))
    other = EligibilityRule(
        key="other", name="O", condition=LOOKED, action=world.catalog.actions["win_back"]
    )
    world.publish(other)

    world.cycle(NOW + timedelta(days=1))

    assert world.reasons("other")["u1", "win_back"] == "CAP_REACHED"


def test_two_messages_keep_their_distance(world: World) -> None:
    looker(world)
    world.message("u1", days_ago=0.1)
    world.contact(min_gap_seconds=4 * 3600)
    world.publish(single(world.catalog))

    world.cycle()

    assert upgrade(world) == "MIN_GAP"


def test_in_quiet_hours_the_message_waits_until_they_end_where_the_user_is(world: World) -> None:
    looker(world, "u1", timezone="Europe/London")
    looker(world, "u2", timezone="Asia/Tokyo")
    looker(world, "u3", timezone="Mars/Base")
    world.contact(quiet_hours=QuietHours(start="20:00", end="08:00", fallback_zone="Asia/Tokyo"))
    world.publish(single(world.catalog))

    world.cycle()  # noon in London, 21:00 in Tokyo

    ready = dict(world.rows("SELECT user_id, not_before FROM intents"))
    eight_in_tokyo = NOW.replace(hour=23)
    assert ready == {"u1": NOW, "u2": eight_in_tokyo, "u3": eight_in_tokyo}


def test_an_unknown_time_zone_without_fallback_suppresses(world: World) -> None:
    looker(world, timezone=None)
    world.contact(quiet_hours=QuietHours(start="20:00", end="08:00", fallback_zone=None))
    world.publish(single(world.catalog))

    world.cycle()

    assert upgrade(world) == "TZ_UNKNOWN"


def test_the_same_action_is_not_offered_again_while_it_is_valid(world: World) -> None:
    looker(world)
    world.publish(single(world.catalog))

    world.cycle()
    world.cycle(NOW + timedelta(days=3))
    assert upgrade(world) == "DUPLICATE_INTENT"

    world.cycle(NOW + timedelta(days=8))
    assert upgrade(world) == "SELECTED"
