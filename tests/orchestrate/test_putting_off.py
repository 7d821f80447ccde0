"""A cap that puts messages off: they wait for the first moment with room, and keep their place."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.rules import DAY, Entry, FrequencyCap, QuietHours
from orchestrate.replay import replay
from tests.orchestrate.world import LOOKED, NOW, World, policy, single

WEEK = FrequencyCap(key="week", n=1, window_seconds=7 * DAY, on_exceed="defer")
TODAY = FrequencyCap(key="today", n=1, calendar="day", on_exceed="defer")


@pytest.fixture
def looker(world: World) -> World:
    world.user("u1")
    world.did("u1", "pricing_viewed")
    return world


def _leaves(world: World, user: str = "u1") -> list[datetime]:
    found = world.rows(f"SELECT not_before FROM intents WHERE user_id = '{user}' ORDER BY ALL")
    return [moment for (moment,) in found]


def _reason(world: World, action: str = "upgrade_nudge") -> str:
    return world.reasons()["u1", action]


def test_a_message_waits_until_a_rolling_window_has_room(looker: World) -> None:
    looker.message("u1", days_ago=5)
    looker.contact(caps=(WEEK,))
    looker.publish(single(looker.catalog))

    looker.cycle()

    assert _reason(looker) == "SELECTED"
    assert _leaves(looker) == [NOW + timedelta(days=2)]


def test_a_message_waits_for_the_users_next_day(looker: World) -> None:
    looker.warehouse.execute("UPDATE dim_users SET timezone = 'Asia/Tokyo'")
    looker.message("u1", days_ago=2 / 24)
    looker.contact(caps=(TODAY,))
    looker.publish(single(looker.catalog))

    looker.cycle()

    # 21:00 in Tokyo: the next day begins there three hours later.
    assert _leaves(looker) == [NOW + timedelta(hours=3)]


def test_an_opening_in_quiet_hours_waits_for_their_end(looker: World) -> None:
    looker.message("u1", days_ago=2 / 24)
    looker.contact(caps=(TODAY,), quiet_hours=QuietHours(start="22:00", end="08:00"))
    looker.publish(single(looker.catalog))

    looker.cycle()

    assert _leaves(looker) == [datetime(2026, 3, 3, 8)]


def test_what_was_put_off_keeps_its_place_in_later_cycles(looker: World) -> None:
    looker.message("u1", days_ago=5)
    looker.contact(caps=(WEEK,))
    looker.publish(single(looker.catalog))
    looker.cycle()
    other = looker.catalog.actions["win_back"]
    entry = Entry(tier=1, action=other, eligibility=LOOKED)
    looker.publish(policy(looker.catalog, key="other", entries=(entry,)))

    # The place in two days is taken: the next one is a week after it, when this has expired.
    looker.cycle(NOW + timedelta(hours=1))

    assert looker.reasons("other")["u1", "win_back"] == "CAP_REACHED"
    assert len(_leaves(looker)) == 1


def test_of_several_that_wait_the_first_in_order_goes_first(looker: World) -> None:
    looker.contact(caps=(TODAY,))
    actions = looker.catalog.actions
    entries = tuple(
        Entry(tier=tier, action=actions[key], eligibility=LOOKED)
        for tier, key in enumerate(("win_back", "upgrade_nudge"), start=1)
    )
    looker.publish(policy(looker.catalog, entries=entries, hit_policy="top_k", k=2))

    looker.cycle()

    found = looker.rows("SELECT action_key, not_before FROM intents ORDER BY not_before")
    assert found == [("win_back", NOW), ("upgrade_nudge", datetime(2026, 3, 3))]


def test_what_would_expire_before_there_is_room_is_dropped(looker: World) -> None:
    looker.message("u1", days_ago=1)
    looker.contact(caps=(WEEK,))
    short = looker.catalog.actions["upgrade_nudge"].model_copy(
        update={"expires_after_seconds": 5 * DAY}
    )
    entry = Entry(tier=1, action=short, eligibility=LOOKED)
    looker.publish(policy(looker.catalog, entries=(entry,)))

    looker.cycle()

    assert _reason(looker) == "CAP_REACHED"
    assert _leaves(looker) == []


def test_a_cap_that_drops_is_stronger_than_one_that_puts_off(looker: World) -> None:
    looker.message("u1", days_ago=5)
    month = FrequencyCap(key="month", n=1, window_seconds=30 * DAY)
    looker.contact(caps=(WEEK, month))
    looker.publish(single(looker.catalog))

    looker.cycle()

    assert _reason(looker) == "CAP_REACHED"


def test_a_cap_of_zero_has_no_room_ever(looker: World) -> None:
    looker.contact(caps=(WEEK.model_copy(update={"n": 0}),))
    looker.publish(single(looker.catalog))

    looker.cycle()

    assert _reason(looker) == "CAP_REACHED"


def test_a_message_that_was_put_off_stays_away_from_others_by_the_minimum_gap(
    looker: World,
) -> None:
    looker.message("u1", days_ago=1 / 24)
    looker.contact(
        caps=(WEEK.model_copy(update={"window_seconds": 2 * 3_600}),), min_gap_seconds=4 * 3_600
    )
    looker.publish(single(looker.catalog))

    looker.cycle()

    assert _leaves(looker) == [NOW + timedelta(hours=3)]


def test_a_decision_that_was_put_off_is_replayed_from_its_record(looker: World) -> None:
    looker.message("u1", days_ago=5)
    looker.contact(caps=(WEEK,))
    looker.publish(single(looker.catalog))
    looker.cycle()
    ((decision,),) = looker.rows("SELECT decision_id FROM decisions")

    told = replay(looker.warehouse, decision)

    assert told.is_equal
    assert told.replayed[0].not_before == NOW + timedelta(days=2)
