"""The edge cases that a serious decision engine must get right, each named after its row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core.conditions import And, Attribute, EventCount, Not, Op, Or, Rolling, Trait, WhenUnknown
from core.rules import (
    DAY,
    Action,
    Arm,
    EligibilityRule,
    Entry,
    Experiment,
    FrequencyCap,
    Offer,
    OutcomeSuppression,
    QuietHours,
    Suppression,
)
from tests.orchestrate.world import LOOKED, NOW, World, policy, single


def _looker(world: World, user: str = "u1", **more: Any) -> str:
    world.user(user, **more)
    world.did(user, "pricing_viewed")
    return user


def _reason(world: World, user: str = "u1", action: str = "upgrade_nudge") -> str:
    return world.reasons()[user, action]


def _offer(key: str, price: float = 10, **more: Any) -> Offer:
    span = {"valid_from": NOW - timedelta(days=1), "valid_until": NOW + timedelta(days=3)}
    return Offer(key=key, price=price, **(span | more))


def _with_offer(world: World, name: str, offer: Offer, **more: Any) -> Action:
    return world.catalog.actions[name].model_copy(update={"offer": offer, **more})


# Conditions


def test_missing_trait_under_not_equal_is_no_match_unless_declared(world: World) -> None:
    _looker(world, "u1", country=None)
    other = Attribute(column="country", op=Op.NE, value="DE")
    world.publish(single(world.catalog, eligibility=other))
    declared = other.model_copy(update={"when_unknown": WhenUnknown.MATCH})
    world.publish(single(world.catalog, key="declared", eligibility=declared))
    not_in = Attribute(column="country", op=Op.NOT_IN, value=("DE", "FR"))
    world.publish(single(world.catalog, key="not_in", eligibility=not_in))

    world.cycle()

    assert _reason(world) == "INELIGIBLE"
    assert world.reasons("not_in")["u1", "upgrade_nudge"] == "INELIGIBLE"
    assert world.reasons("declared")["u1", "upgrade_nudge"] == "SELECTED"


def test_empty_and_is_true_and_empty_or_and_empty_in_are_refused(world: World) -> None:
    _looker(world)
    world.publish(single(world.catalog, eligibility=And()))

    world.cycle()

    assert _reason(world) == "SELECTED"
    with pytest.raises(ValidationError):
        Or(of=())
    with pytest.raises(ValidationError):
        Attribute(column="country", op=Op.NOT_IN, value=())


def test_zero_events_in_seven_days_includes_users_without_any_event(world: World) -> None:
    world.user("u1")
    none = EventCount(event="pricing_viewed", op=Op.EQ, n=0, window=Rolling(seconds=7 * DAY))
    world.publish(single(world.catalog, eligibility=none))

    world.cycle()

    assert _reason(world) == "SELECTED"


# Consent


def test_out_of_order_consent_goes_by_when_it_took_effect(world: World) -> None:
    _looker(world, consent=None)
    for channel in ("push", "email"):
        world.consent("u1", channel, "withdrawn", days_ago=1)
        world.consent("u1", channel, "granted", days_ago=2)  # arrives later, is older
    world.publish(single(world.catalog))

    world.cycle()

    assert _reason(world) == "NO_CONSENT"


# Time


def test_quiet_window_longer_than_expiry_stops_with_a_reason(world: World) -> None:
    _looker(world, timezone="Asia/Tokyo")
    world.contact(quiet_hours=QuietHours(start="20:00", end="08:00"))
    action = world.catalog.actions["upgrade_nudge"].model_copy(
        update={"expires_after_seconds": 3_600}
    )
    entry = Entry(tier=1, action=action, eligibility=LOOKED)
    world.publish(policy(world.catalog, entries=(entry,)))

    world.cycle()

    assert _reason(world) == "QUIET_HOURS"


def test_a_calendar_day_begins_at_the_users_midnight(world: World) -> None:
    # Noon in London is 21:00 in Tokyo: 14 hours ago was yesterday in one, today in the other.
    for user, zone in (("u1", "Europe/London"), ("u2", "Asia/Tokyo")):
        _looker(world, user, timezone=zone)
        world.message(user, days_ago=14 / 24)
    world.contact(caps=(FrequencyCap(key="day", n=1, calendar="day"),))
    world.publish(single(world.catalog))

    world.cycle()

    assert (_reason(world, "u1"), _reason(world, "u2")) == ("SELECTED", "CAP_REACHED")


def test_what_waits_for_the_morning_counts_for_the_morning(world: World) -> None:
    _looker(world, timezone="Asia/Tokyo")
    world.message("u1", days_ago=2 / 24)
    world.contact(
        caps=(FrequencyCap(key="day", n=1, calendar="day"),),
        quiet_hours=QuietHours(start="20:00", end="08:00"),
    )
    world.publish(single(world.catalog))

    world.cycle()

    assert _reason(world) == "SELECTED"
    assert world.rows("SELECT counts_at FROM slots") == [(NOW.replace(hour=23),)]


# Caps


def test_cap_zero_blocks_all_and_null_is_no_cap(world: World) -> None:
    _looker(world)
    world.publish(single(world.catalog))
    world.contact(caps=(FrequencyCap(key="none", n=None, window_seconds=DAY),))
    assert world.cycle(dry_run=True).selected == 1

    world.contact(caps=(FrequencyCap(key="none", n=0, window_seconds=DAY),))
    assert world.cycle(dry_run=True).by_reason == {"CAP_REACHED": 1}


def test_cap_lowered_mid_window_counts_what_was_sent_before(world: World) -> None:
    _looker(world)
    for days in (1, 2):
        world.message("u1", days_ago=days)
    world.publish(single(world.catalog))
    world.contact(caps=(FrequencyCap(key="week", n=3, window_seconds=7 * DAY),))
    assert world.cycle(dry_run=True).selected == 1

    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    assert world.cycle(dry_run=True).by_reason == {"CAP_REACHED": 1}


def test_of_two_overlapping_caps_the_most_restrictive_wins(world: World) -> None:
    _looker(world)
    world.message("u1", days_ago=3)
    wide = FrequencyCap(key="week", n=5, window_seconds=7 * DAY)
    narrow = FrequencyCap(key="push", n=1, window_seconds=7 * DAY, channel="push")
    world.publish(single(world.catalog))

    for caps in ((wide, narrow), (narrow, wide)):
        world.contact(caps=caps)
        assert world.cycle(dry_run=True).by_reason == {"CAP_REACHED": 1}


def test_a_full_channel_gives_way_to_the_next_one(world: World) -> None:
    _looker(world)
    world.message("u1", days_ago=1)
    push = FrequencyCap(
        key="push", n=1, window_seconds=7 * DAY, channel="push", on_exceed="next_channel"
    )
    world.contact(caps=(push,))
    world.publish(single(world.catalog))

    world.cycle()

    assert world.rows("SELECT channel FROM intents") == [("email",)]


def test_a_full_channel_never_gives_way_to_one_that_outcomes_pause(world: World) -> None:
    _looker(world)
    world.message("u1", days_ago=1.5)
    world.warehouse.execute("UPDATE fct_messages SET channel = 'email'")
    world.message("u1", days_ago=1)
    push = FrequencyCap(
        key="push", n=1, window_seconds=7 * DAY, channel="push", on_exceed="next_channel"
    )
    world.contact(caps=(push,))
    ignored = OutcomeSuppression(outcome="ignored", n=1, window_seconds=DAY, pause_seconds=9 * DAY)
    held = Suppression(key="ignored", name="I", outcome=ignored, scope="channel")
    world.publish(single(world.catalog, suppressions=(held,)))
    world.warehouse.execute("UPDATE fct_messages SET action_key = 'upgrade_nudge'")
    world.warehouse.execute("UPDATE fct_messages SET opened_at = sent_at WHERE channel = 'push'")

    world.cycle()

    assert _reason(world) == "CAP_REACHED"


# Scores


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf"), None])
def test_score_nan_inf_and_null_count_lowest_in_a_total_order(
    world: World, score: float | None
) -> None:
    _looker(world, upgrade_intent=score)
    world.warehouse.execute("UPDATE traits SET ltv = -5")
    actions = world.catalog.actions
    entries = (
        Entry(tier=1, action=actions["upgrade_nudge"], eligibility=LOOKED, score="upgrade_intent"),
        Entry(tier=1, action=actions["win_back"], eligibility=LOOKED, score="ltv"),
    )
    world.publish(policy(world.catalog, entries=entries))

    world.cycle()

    assert _reason(world, action="win_back") == "SELECTED"
    assert _reason(world) == "LOWER_PRIORITY"


# Offers


def test_of_two_offers_at_once_the_one_with_priority_is_made(world: World) -> None:
    _looker(world)
    entries = tuple(
        Entry(tier=tier, action=_with_offer(world, key, _offer(f"o{tier}")), eligibility=LOOKED)
        for tier, key in enumerate(("upgrade_nudge", "win_back"), start=1)
    )
    world.publish(policy(world.catalog, entries=entries, hit_policy="top_k", k=2))

    world.cycle()

    assert _reason(world) == "SELECTED"
    assert _reason(world, action="win_back") == "OFFER_CONFLICT"


def test_while_an_offer_is_valid_no_other_price_is_shown_in_any_channel(world: World) -> None:
    _looker(world)
    first = Entry(
        tier=1, action=_with_offer(world, "upgrade_nudge", _offer("spring")), eligibility=LOOKED
    )
    world.publish(policy(world.catalog, entries=(first,)))
    world.cycle()
    for key, offer in (("same", _offer("spring")), ("cheaper", _offer("spring", price=8))):
        action = _with_offer(world, "win_back", offer, key=f"{key}_offer", channels=("in_app",))
        world.publish(EligibilityRule(key=key, name=key, condition=LOOKED, action=action))

    world.cycle(NOW + timedelta(days=1))
    assert world.reasons("same")["u1", "same_offer"] == "SELECTED"
    assert world.reasons("cheaper")["u1", "cheaper_offer"] == "OFFER_CONFLICT"


def test_a_message_never_outlives_its_offer(world: World) -> None:
    _looker(world)
    offer = _offer("short", valid_until=NOW + timedelta(hours=2))
    entry = Entry(tier=1, action=_with_offer(world, "upgrade_nudge", offer), eligibility=LOOKED)
    world.publish(policy(world.catalog, entries=(entry,)))

    world.cycle()
    assert world.rows("SELECT expires_at FROM intents") == [(NOW + timedelta(hours=2),)]

    world.cycle(NOW + timedelta(hours=2))
    assert _reason(world) == "EXPIRED"


def test_an_offer_below_its_margin_floor_is_refused() -> None:
    fine = _offer("fine", cost=4, margin_floor=0.5)

    assert fine.paid == 10
    with pytest.raises(ValidationError, match="less than its floor"):
        _offer("low", cost=6, margin_floor=0.5)
    with pytest.raises(ValidationError, match="price or a discount"):
        _offer("both", discount=0.5)
    with pytest.raises(ValidationError, match="before it ends"):
        _offer("never", valid_until=datetime(2020, 1, 1))


# Experiments


def test_buckets_at_the_edges_of_a_range_are_half_open(world: World) -> None:
    arms = (
        Arm(key="control", high="80000000", treated=False),
        Arm(key="treated", low="80000000"),
    )
    experiment = Experiment(key="x", salt="x", arms=arms)
    for number in range(40):
        _looker(world, f"u{number}")
    entry = Entry(
        tier=1,
        action=world.catalog.actions["upgrade_nudge"],
        eligibility=LOOKED,
        experiment=experiment,
    )
    world.publish(policy(world.catalog, entries=(entry,)))

    world.cycle()

    held_out = world.rows(
        "SELECT COUNT(*), BOOL_AND(left(md5('x:' || user_id), 8) < '80000000'), BOOL_AND(ghost) "
        "FROM decisions WHERE reason_code = 'HELD_OUT_EXPERIMENT'"
    )
    selected = world.rows(
        "SELECT COUNT(*), BOOL_AND(left(md5('x:' || user_id), 8) >= '80000000') "
        "FROM decisions WHERE reason_code = 'SELECTED'"
    )
    assert held_out[0][0] + selected[0][0] == 40
    assert (held_out[0][1:], selected[0][1:]) == ((True, True), (True,))
    with pytest.raises(ValidationError, match="overlap"):
        Experiment(key="x", salt="x", arms=(Arm(key="a"), Arm(key="b", low="80000000")))


# Re-entry


def test_whom_a_policy_selects_once_it_never_selects_again_where_it_says_so(world: World) -> None:
    _looker(world)
    world.publish(single(world.catalog, reentry="never"))

    world.cycle()
    world.cycle(NOW + timedelta(days=400))

    assert _reason(world) == "SUPPRESSED_OUTCOME"


# Exclusion by what is unknown


def test_an_exclusion_that_cannot_be_told_blocks(world: World) -> None:
    _looker(world)
    keen = Not(of=Trait(name="churn_risk", op=Op.GE, value=0.5))
    world.publish(single(world.catalog, eligibility=keen))

    world.cycle()

    assert _reason(world) == "INELIGIBLE"
