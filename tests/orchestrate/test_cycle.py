"""Who gets which message, and why everybody else does not."""

from __future__ import annotations

import pytest

from core.conditions import Attribute, EventCount
from core.rules import (
    DAY,
    EligibilityRule,
    Entry,
    FrequencyCap,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)
from tests.orchestrate.world import (
    HAS_TICKET,
    LOOKED,
    World,
    looker,
    policy,
    single,
    upgrade,
)

# Priority


def test_the_highest_priority_eligible_entry_wins_and_the_record_says_why(world: World) -> None:
    looker(world)
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
    looker(world, "u1", upgrade_intent=0.9)
    looker(world, "u2", upgrade_intent=None)
    actions = world.catalog.actions
    plain = Entry(tier=1, action=actions["win_back"], eligibility=LOOKED, score="ltv")
    scored = Entry(
        tier=1, action=actions["upgrade_nudge"], eligibility=LOOKED, score="upgrade_intent"
    )
    world.publish(policy(world.catalog, entries=(plain, scored)))

    world.cycle()

    assert upgrade(world, "u1") == "SELECTED"
    assert upgrade(world, "u2") == "LOWER_PRIORITY"


def test_top_k_selects_that_many(world: World) -> None:
    looker(world)
    world.did("u1", "workout_completed")
    world.publish(policy(world.catalog, hit_policy="top_k", k=2))

    assert world.cycle().selected == 2


def test_a_single_rule_with_an_action_decides_after_the_policies(world: World) -> None:
    looker(world)
    world.publish(policy(world.catalog))
    actions = world.catalog.actions
    rule = EligibilityRule(key="a_rule", name="A", condition=LOOKED, action=actions["win_back"])
    world.publish(rule)
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=DAY),))

    world.cycle()

    assert upgrade(world) == "SELECTED"
    assert world.reasons("a_rule") == {("u1", "win_back"): "CAP_REACHED"}


def test_of_one_exclusion_group_only_one_action_goes_out(world: World) -> None:
    looker(world)
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
    looker(world, "u1", country="DE")
    looker(world, "u2", country="US")
    world.publish(policy(world.catalog, population=Attribute(column="country", value="DE")))

    world.cycle()

    assert {user for user, _ in world.reasons()} == {"u1"}


def test_a_merged_user_is_nobody(world: World) -> None:
    looker(world, "u1", merged_into="u2")
    world.publish(single(world.catalog))

    assert world.cycle().records == 0


# Consent


@pytest.mark.parametrize(
    ("consent", "reason"),
    [("granted", "SELECTED"), ("denied", "NO_CONSENT"), (None, "CONSENT_UNKNOWN")],
)
def test_marketing_needs_consent(world: World, consent: str | None, reason: str) -> None:
    looker(world, consent=consent)
    world.publish(single(world.catalog))

    world.cycle()

    assert upgrade(world) == reason
    assert world.rows("SELECT COUNT(*) FROM intents") == [(1 if reason == "SELECTED" else 0,)]


def test_the_latest_word_on_consent_holds_and_a_tie_goes_to_the_stricter(world: World) -> None:
    looker(world, "u1")
    looker(world, "u2")
    for channel in ("push", "email"):
        world.consent("u1", channel, "withdrawn", days_ago=1)
        world.consent("u2", channel, "denied", days_ago=30)
    world.publish(single(world.catalog))

    world.cycle()

    assert {upgrade(world, "u1"), upgrade(world, "u2")} == {"NO_CONSENT"}


def test_the_first_channel_with_consent_and_an_address_is_used(world: World) -> None:
    looker(world, "u1", consent=None)
    world.consent("u1", "push", "denied")
    world.consent("u1", "email", "granted")
    world.publish(single(world.catalog))

    world.cycle()

    assert world.rows("SELECT user_id, channel FROM decisions") == [("u1", "email")]


def test_a_user_without_an_address_falls_through_to_the_next_entry(world: World) -> None:
    looker(world, "u1", email=None)
    actions = world.catalog.actions
    entries = (
        Entry(tier=1, action=actions["win_back"], eligibility=LOOKED),
        Entry(tier=2, action=actions["upgrade_nudge"], eligibility=LOOKED),
    )
    world.publish(policy(world.catalog, entries=entries))

    world.cycle()

    assert world.reasons()["u1", "win_back"] == "UNREACHABLE"
    assert upgrade(world) == "SELECTED"


def test_a_service_message_needs_no_marketing_consent(world: World) -> None:
    world.user("u1", consent="denied")
    world.ticket("u1")
    world.publish(policy(world.catalog))

    world.cycle()

    assert world.reasons()["u1", "support_follow_up"] == "SELECTED"


# Suppression and stop conditions


def test_an_open_ticket_suppresses_upgrade_messaging(world: World) -> None:
    looker(world)
    world.ticket("u1")
    held_back = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert upgrade(world) == "SUPPRESSED_STATE"


def test_a_suppression_that_cannot_be_told_suppresses(world: World) -> None:
    looker(world, country=None)
    held_back = Suppression(
        key="germany", name="Germany", when=Attribute(column="country", value="DE")
    )
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert upgrade(world) == "INPUT_UNKNOWN"


def test_a_true_stop_condition_stops(world: World) -> None:
    looker(world)
    world.did("u1", "subscription_started")
    paid = StopCondition(key="paid", name="Paid", when=EventCount(event="subscription_started"))
    world.publish(single(world.catalog, stop_conditions=(paid,)))

    world.cycle()

    assert upgrade(world) == "STOPPED"


@pytest.mark.parametrize(
    ("ago", "reason"), [((40, 45), "SUPPRESSED_OUTCOME"), ((10, 80), "SELECTED")]
)
def test_two_ignored_messages_in_a_month_pause_for_two(
    world: World, ago: tuple[int, int], reason: str
) -> None:
    looker(world)
    for days in ago:
        world.message("u1", "upgrade_nudge", days_ago=days)
    ignored = OutcomeSuppression(
        outcome="ignored", n=2, window_seconds=30 * DAY, pause_seconds=60 * DAY
    )
    held_back = Suppression(key="ignored", name="Ignored twice", outcome=ignored)
    world.publish(single(world.catalog, suppressions=(held_back,)))

    world.cycle()

    assert upgrade(world) == reason
