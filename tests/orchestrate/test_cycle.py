"""Who gets which message, and why everybody else does not."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from control.people import Person
from core.conditions import Absolute, Attribute, EventCount, Op
from core.errors import PilothouseError
from core.rules import (
    DAY,
    EligibilityRule,
    Entry,
    FrequencyCap,
    Holdout,
    OutcomeSuppression,
    QuietHours,
    StopCondition,
    Suppression,
)
from orchestrate.intents import enqueue, reconcile
from orchestrate.kill_switch import kill
from tests.orchestrate.world import (
    EVERYBODY_HELD_OUT,
    HAS_TICKET,
    LOOKED,
    NOW,
    World,
    policy,
    single,
)


def _upgrade(world: World, user: str = "u1") -> str:
    return world.reasons()[user, "upgrade_nudge"]


def _looker(world: World, user: str = "u1", **more: object) -> str:
    world.user(user, **more)
    world.did(user, "pricing_viewed")
    return user


# Priority


def test_the_highest_priority_eligible_entry_wins_and_the_record_says_why(world: World) -> None:
    _looker(world)
    world.did("u1", "workout_completed")
    world.publish(policy(world.catalog))

    report = world.cycle()

    assert world.reasons() == {
        ("u1", "support_follow_up"): "INELIGIBLE",
        ("u1", "second_workout_help"): "SELECTED",
        ("u1", "upgrade_nudge"): "LOWER_PRIORITY",
    }
    assert (report.selected, report.lost, report.records) == (1, 1, 3)


def test_within_a_tier_the_higher_score_wins_and_a_missing_one_is_lowest(world: World) -> None:
    _looker(world, "u1", upgrade_intent=0.9)
    _looker(world, "u2", upgrade_intent=None)
    actions = world.catalog.actions
    plain = Entry(tier=1, action=actions["win_back"], eligibility=LOOKED, score="ltv")
    scored = Entry(
        tier=1, action=actions["upgrade_nudge"], eligibility=LOOKED, score="upgrade_intent"
    )
    world.publish(policy(world.catalog, entries=(plain, scored)))

    world.cycle()

    assert _upgrade(world, "u1") == "SELECTED"
    assert _upgrade(world, "u2") == "LOWER_PRIORITY"


def test_top_k_selects_that_many(world: World) -> None:
    _looker(world)
    world.did("u1", "workout_completed")
    world.publish(policy(world.catalog, hit_policy="top_k", k=2))

    assert world.cycle().selected == 2


def test_a_single_rule_with_an_action_decides_after_the_policies(world: World) -> None:
    _looker(world)
    world.publish(policy(world.catalog))
    actions = world.catalog.actions
    rule = EligibilityRule(key="a_rule", name="A", condition=LOOKED, action=actions["win_back"])
    world.publish(rule)
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=DAY),))

    world.cycle()

    assert _upgrade(world) == "SELECTED"
    assert world.reasons("a_rule") == {("u1", "win_back"): "CAP_REACHED"}


def test_of_one_exclusion_group_only_one_action_goes_out(world: World) -> None:
    _looker(world)
    grouped = {
        key: world.catalog.actions[key].model_copy(update={"exclusion_group": "offers"})
        for key in ("upgrade_nudge", "win_back")
    }
    entries = tuple(
        Entry(tier=tier, action=action, eligibility=LOOKED)
        for tier, action in enumerate(grouped.values(), start=1)
    )
    world.publish(policy(world.catalog, entries=entries, hit_policy="top_k", k=2))

    world.cycle()

    assert world.reasons()["u1", "win_back"] == "EXCLUSION_GROUP"


def test_a_user_outside_the_population_has_no_record(world: World) -> None:
    _looker(world, "u1", country="DE")
    _looker(world, "u2", country="US")
    world.publish(policy(world.catalog, population=Attribute(column="country", value="DE")))

    world.cycle()

    assert {user for user, _ in world.reasons()} == {"u1"}


def test_a_merged_user_is_nobody(world: World) -> None:
    _looker(world, "u1", merged_into="u2")
    world.publish(single(world.catalog))

    assert world.cycle().records == 0


# Consent


@pytest.mark.parametrize(
    ("consent", "reason"),
    [("granted", "SELECTED"), ("denied", "NO_CONSENT"), (None, "CONSENT_UNKNOWN")],
)
def test_marketing_needs_consent(world: World, consent: str | None, reason: str) -> None:
    _looker(world, consent=consent)
    world.publish(single(world.catalog))

    world.cycle()

    assert _upgrade(world) == reason
    assert world.rows("SELECT COUNT(*) FROM intents") == [(1 if reason == "SELECTED" else 0,)]


def test_the_latest_word_on_consent_holds_and_a_tie_goes_to_the_stricter(world: World) -> None:
    _looker(world, "u1")
    _looker(world, "u2")
    for channel in ("push", "email"):
        world.consent("u1", channel, "withdrawn", days_ago=1)
        world.consent("u2", channel, "denied", days_ago=30)
    world.publish(single(world.catalog))

    world.cycle()

    assert {_upgrade(world, "u1"), _upgrade(world, "u2")} == {"NO_CONSENT"}


def test_the_first_channel_with_consent_and_an_address_is_used(world: World) -> None:
    _looker(world, "u1", consent=None)
    world.consent("u1", "push", "denied")
    world.consent("u1", "email", "granted")
    world.publish(single(world.catalog))

    world.cycle()

    assert world.rows("SELECT user_id, channel FROM decisions") == [("u1", "email")]


def test_a_user_without_an_address_falls_through_to_the_next_entry(world: World) -> None:
    _looker(world, "u1", email=None)
    actions = world.catalog.actions
    entries = (
        Entry(tier=1, action=actions["win_back"], eligibility=LOOKED),
        Entry(tier=2, action=actions["upgrade_nudge"], eligibility=LOOKED),
    )
    world.publish(policy(world.catalog, entries=entries))

    world.cycle()

    assert world.reasons()["u1", "win_back"] == "UNREACHABLE"
    assert _upgrade(world) == "SELECTED"


def test_a_service_message_needs_no_marketing_consent(world: World) -> None:
    world.user("u1", consent="denied")
    world.ticket("u1")
    world.publish(policy(world.catalog))

    world.cycle()

    assert world.reasons()["u1", "support_follow_up"] == "SELECTED"


# Suppression and stop conditions


def test_an_open_ticket_suppresses_upgrade_messaging(world: World) -> None:
    _looker(world)
    world.ticket("u1")
    held_back = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert _upgrade(world) == "SUPPRESSED_STATE"


def test_a_suppression_that_cannot_be_told_suppresses(world: World) -> None:
    _looker(world, country=None)
    held_back = Suppression(
        key="germany", name="Germany", when=Attribute(column="country", value="DE")
    )
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert _upgrade(world) == "INPUT_UNKNOWN"


def test_a_true_stop_condition_stops(world: World) -> None:
    _looker(world)
    world.did("u1", "subscription_started")
    paid = StopCondition(key="paid", name="Paid", when=EventCount(event="subscription_started"))
    world.publish(single(world.catalog, stop_conditions=(paid,)))

    world.cycle()

    assert _upgrade(world) == "STOPPED"


@pytest.mark.parametrize(
    ("ago", "reason"), [((40, 45), "SUPPRESSED_OUTCOME"), ((10, 80), "SELECTED")]
)
def test_two_ignored_messages_in_a_month_pause_for_two(
    world: World, ago: tuple[int, int], reason: str
) -> None:
    _looker(world)
    for days in ago:
        world.message("u1", "upgrade_nudge", days_ago=days)
    ignored = OutcomeSuppression(
        outcome="ignored", n=2, window_seconds=30 * DAY, pause_seconds=60 * DAY
    )
    held_back = Suppression(key="ignored", name="Ignored twice", outcome=ignored)
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert _upgrade(world) == reason


# Holdouts


def test_a_held_out_user_is_a_ghost_and_gets_nothing(world: World) -> None:
    _looker(world)
    world.publish(policy(world.catalog, holdout=EVERYBODY_HELD_OUT))

    world.cycle()

    assert world.rows("SELECT outcome, reason_code, ghost FROM decisions") == [
        ("held_out", "HELD_OUT_POLICY", True)
    ]
    assert world.rows("SELECT COUNT(*) FROM intents") == [(0,)]


def test_the_global_holdout_is_tagged_before_anything_else(world: World) -> None:
    _looker(world)
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
        _looker(world, f"u{number}")
    world.publish(policy(world.catalog, holdout=Holdout(share=0.5, salt="s")))

    world.cycle()
    first = {key for key, reason in world.reasons().items() if reason == "HELD_OUT_POLICY"}
    world.cycle(NOW + timedelta(days=30))
    second = {key for key, reason in world.reasons().items() if reason == "HELD_OUT_POLICY"}

    assert first == second
    assert 15 < len(first) < 45


def test_a_ghost_is_capped_like_the_others(world: World) -> None:
    _looker(world)
    world.message("u1")
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog, holdout=EVERYBODY_HELD_OUT))

    world.cycle()

    assert world.rows("SELECT reason_code, ghost FROM decisions") == [("HELD_OUT_POLICY", False)]


# Caps, gaps and quiet hours


def test_a_cap_of_zero_blocks_everything(world: World) -> None:
    _looker(world)
    world.contact(caps=(FrequencyCap(key="none", n=0, window_seconds=DAY),))
    world.publish(single(world.catalog))

    world.cycle()

    assert _upgrade(world) == "CAP_REACHED"


@pytest.mark.parametrize(("days_ago", "reason"), [(6.9, "CAP_REACHED"), (7.1, "SELECTED")])
def test_a_cap_counts_what_was_sent_in_the_rolling_window(
    world: World, days_ago: float, reason: str
) -> None:
    _looker(world)
    world.message("u1", days_ago=days_ago)
    world.contact(caps=(FrequencyCap(key="weekly", n=1, window_seconds=7 * DAY),))
    world.publish(single(world.catalog))

    world.cycle()

    assert _upgrade(world) == reason


def test_a_marketing_cap_leaves_service_messages_alone(world: World) -> None:
    world.user("u1")
    world.ticket("u1")
    world.contact(caps=(FrequencyCap(key="none", n=0, window_seconds=DAY),))
    world.publish(policy(world.catalog))

    world.cycle()

    assert world.reasons()["u1", "support_follow_up"] == "SELECTED"


def test_a_message_still_on_its_way_takes_a_place_under_the_cap(world: World) -> None:
    _looker(world)
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
    _looker(world)
    world.message("u1", days_ago=0.1)
    world.contact(min_gap_seconds=4 * 3600)
    world.publish(single(world.catalog))

    world.cycle()

    assert _upgrade(world) == "MIN_GAP"


def test_in_quiet_hours_the_message_waits_until_they_end_where_the_user_is(world: World) -> None:
    _looker(world, "u1", timezone="Europe/London")
    _looker(world, "u2", timezone="Asia/Tokyo")
    _looker(world, "u3", timezone="Mars/Base")
    world.contact(quiet_hours=QuietHours(start="20:00", end="08:00", fallback_zone="Asia/Tokyo"))
    world.publish(single(world.catalog))

    world.cycle()  # noon in London, 21:00 in Tokyo

    ready = dict(world.rows("SELECT user_id, not_before FROM intents"))
    eight_in_tokyo = NOW.replace(hour=23)
    assert ready == {"u1": NOW, "u2": eight_in_tokyo, "u3": eight_in_tokyo}


def test_an_unknown_time_zone_without_fallback_suppresses(world: World) -> None:
    _looker(world, timezone=None)
    world.contact(quiet_hours=QuietHours(start="20:00", end="08:00", fallback_zone=None))
    world.publish(single(world.catalog))

    world.cycle()

    assert _upgrade(world) == "TZ_UNKNOWN"


def test_the_same_action_is_not_offered_again_while_it_is_valid(world: World) -> None:
    _looker(world)
    world.publish(single(world.catalog))

    world.cycle()
    world.cycle(NOW + timedelta(days=3))
    assert _upgrade(world) == "DUPLICATE_INTENT"

    world.cycle(NOW + timedelta(days=8))
    assert _upgrade(world) == "SELECTED"


# Kill switches and freshness


@pytest.mark.parametrize(
    ("scope", "key"), [("global", "*"), ("policy", "next_best"), ("action", "upgrade_nudge")]
)
def test_a_kill_switch_stops_the_decision(world: World, mara: Person, scope: str, key: str) -> None:
    _looker(world)
    world.publish(single(world.catalog))
    kill(world.store, scope, key, person=mara, reason="Wrong text.", now=NOW)

    report = world.cycle()

    assert _upgrade(world) == "KILLED"
    assert report.selected == 0


def test_a_killed_channel_leaves_the_next_one(world: World, mara: Person) -> None:
    _looker(world)
    world.publish(single(world.catalog))
    kill(world.store, "channel", "push", person=mara, reason="Provider is down.", now=NOW)

    world.cycle()

    assert world.rows("SELECT channel, outcome FROM decisions") == [("email", "selected")]


def test_a_rule_on_stale_data_decides_nothing(world: World) -> None:
    _looker(world)
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


def test_a_rule_that_the_catalog_cannot_decide_stops_the_cycle_and_writes_nothing(
    world: World,
) -> None:
    _looker(world)
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
    _looker(world)
    world.publish(policy(world.catalog))

    first = world.cycle()
    before = _everything(world)
    again = world.cycle()

    assert _everything(world) == before
    assert (first.enqueued, again.enqueued) == (1, 0)
    assert again.cycle_id == first.cycle_id


def test_a_dry_run_decides_the_same_and_writes_nothing(world: World) -> None:
    _looker(world)
    world.publish(policy(world.catalog))

    tried = world.cycle(dry_run=True)
    real = world.cycle()

    assert tried.by_reason == real.by_reason
    assert world.rows("SELECT COUNT(*) FROM cycles") == [(1,)]


def test_a_crash_between_decisions_and_outbox_loses_and_doubles_nothing(world: World) -> None:
    for number in range(5):
        _looker(world, f"u{number}")
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
    _looker(world)
    world.publish(single(world.catalog))

    report = world.cycle()

    name = f"next_best/upgrade_nudge/u1/{report.cycle_id}/1"
    expected = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    assert world.rows("SELECT intent_id FROM intents") == [(expected,)]


def test_a_condition_is_read_at_the_moment_of_the_cycle(world: World) -> None:
    _looker(world)
    later = EventCount(
        event="pricing_viewed", op=Op.EQ, n=0, window=Absolute(start=NOW - timedelta(hours=1))
    )
    world.publish(single(world.catalog, eligibility=later))

    assert world.cycle().selected == 1
