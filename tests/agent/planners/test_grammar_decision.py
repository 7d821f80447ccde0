"""Decision prompts: the order, who each message is for, what holds it back and what ends it."""

from __future__ import annotations

import pytest

from core.conditions import And, Attribute, EventCount, InAudience, Related, Rolling
from core.rules import OutcomeSuppression
from tests.agent.planners.prompts import plan, policy

DAY = 86_400
OLD = " Win-back is for users with no workout in 30 days."


def order(prompt: str) -> list[str]:
    return [entry.action.key.split("_")[0] for entry in policy(prompt).entries]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Support beats win-back and win-back beats the upgrade nudge." + OLD,
         "support win upgrade"),
        ("Upgrade nudge comes after support. Second workout help goes before both.",
         "second support upgrade"),
        ("The win-back gives way to the upgrade nudge." + OLD, "upgrade win"),
        ("Prefer the upgrade nudge to the second workout help.", "upgrade second"),
        ("Never send both the upgrade nudge and the win-back: the upgrade nudge wins." + OLD,
         "upgrade win"),
        ("When a user qualifies for both upgrade and support, support wins.", "support upgrade"),
        ("Order: second workout help, then upgrade. Support beats everything else.",
         "support second upgrade"),
        ("Rank upgrade, support and second workout help: support first, second workout help "
         "next, upgrade last.", "support second upgrade"),
        ("If they have an open ticket send support, otherwise the upgrade, otherwise nothing.",
         "support upgrade"),
        ("Second workout help, falling back to the upgrade nudge.", "second upgrade"),
        ("Put the upgrade nudge first by push, then email, and support second.", "upgrade support"),
    ],
)  # fmt: skip
def test_an_order_is_read_from_what_is_compared_listed_or_told(prompt: str, expected: str):
    assert order(prompt) == expected.split()


@pytest.mark.parametrize(
    "prompt",
    [
        "Upgrade nudge over support. Second workout help over win-back." + OLD,
        "Trial users get second workout help or the upgrade nudge.",
        "Support over upgrade, upgrade over support.",
        "Support over upgrade; no more than 2 messages per week.",
        "Support over upgrade, but only for users in Brazil.",
        "Support, then upgrade. Stop it once they subscribe again.",
    ],
)
def test_an_order_that_is_not_told_and_what_no_policy_can_hold_are_asked_back(prompt: str):
    assert plan(prompt).draft is None


@pytest.mark.parametrize(
    "said",
    [
        "Suppress the upgrade nudge for 3 days after a checkout failure.",
        "Nobody should get the upgrade nudge within 3 days of a failed checkout.",
        "Users who failed checkout in the last 3 days should not get the upgrade nudge.",
        "If they failed checkout in the last 3 days, pause the upgrade nudge.",
        "Exclude users who failed checkout in the last 3 days from the upgrade nudge.",
        "The upgrade nudge is paused when users failed checkout in the last 3 days.",
        "Suppressions: no upgrade nudge for users who failed checkout in the last 3 days.",
    ],
)
def test_what_holds_a_message_back_is_said_in_many_ways(said: str):
    (one,) = policy(f"Support, then the upgrade nudge. {said}").suppressions

    assert one.actions == ("upgrade_nudge",)
    assert one.when == EventCount(event="checkout_failed", window=Rolling(seconds=3 * DAY))


def test_a_message_that_was_received_is_the_one_that_is_not_sent_again():
    prompt = "Users who got the upgrade nudge in the last 7 days should not get it again."
    (one,) = policy(f"Support over upgrade. {prompt}").suppressions

    assert one.actions == ("upgrade_nudge",)
    assert isinstance(one.when, Related)
    assert one.when.where[0].value == "upgrade_nudge"


def test_messages_that_are_ignored_pause_for_a_while():
    (one,) = policy(
        "Support, then upgrade. If they ignore 3 messages in 30 days, pause marketing for 60 days."
    ).suppressions

    assert one.actions == ("upgrade_nudge",)
    assert one.outcome == OutcomeSuppression(
        outcome="ignored", n=3, window_seconds=30 * DAY, pause_seconds=60 * DAY
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "Support, then the upgrade nudge. Stop the upgrade nudge once they compare plans.",
        "Support, then the upgrade nudge. The upgrade nudge ends when they compare plans.",
        "Support, then the upgrade nudge. If they compared plans, stop the upgrade nudge.",
        "First support, then the upgrade nudge until they compare plans.",
        "Support, then the upgrade nudge. Stop conditions: upgrade nudge once they compare plans.",
    ],
)
def test_what_ends_a_message_is_said_in_many_ways(prompt: str):
    stops = policy(prompt).stop_conditions

    upgrade = [one for one in stops if one.actions == ("upgrade_nudge",)]
    assert [one.when for one in upgrade] == [EventCount(event="plan_compared")]


def test_a_message_for_those_who_did_not_ends_with_what_they_do_now():
    stops = policy(
        "Upgrade over win-back. Win-back is for users with no workout in 30 days. "
        "Stop the win-back when they complete a workout."
    ).stop_conditions

    back = next(one for one in stops if one.actions == ("win_back",))
    assert back.when == EventCount(event="workout_completed", window=Rolling(seconds=30 * DAY))


def test_a_prompt_that_names_what_holds_back_gets_nothing_else_made_up():
    said = policy("Support, then upgrade. Suppress the upgrade nudge for users in Brazil.")
    silent = policy("Support, then upgrade.")

    assert [one.when for one in said.suppressions] == [Attribute(column="country", value="BR")]
    assert [one.key for one in silent.suppressions] == ["while_support_follow_up"]


def test_users_of_one_message_are_not_the_users_of_all():
    drafted = policy("iOS users get the upgrade nudge. Then Android users get support.")

    assert drafted.population == policy("Support over upgrade.").population
    assert drafted.entries[0].eligibility == Attribute(column="device_os", value="ios")
    assert drafted.entries[1].eligibility == Attribute(column="device_os", value="android")


def test_users_named_after_the_whole_list_are_the_users_of_all():
    drafted = policy(
        "Support, upgrade and win-back (no app open for 30 days), in that order, for iOS users."
    )

    assert drafted.population == Attribute(column="device_os", value="ios")


def test_a_share_with_a_space_before_its_sign_is_held_out():
    holdout = policy("Support, then upgrade. Hold out 20 %.").holdout

    assert holdout is not None
    assert holdout.share == 0.2


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Rank 1 = support. Rank 2 = upgrade nudge. Rank 3 = second workout help.",
         "support upgrade second"),
        ("| 1 | support | users with an open ticket |\n| 2 | upgrade nudge | users on iOS |",
         "support upgrade"),
        ("Priority\nsupport\nupgrade nudge\n\nSuppress\nupgrade nudge while a ticket is open",
         "support upgrade"),
        ("Lowest is the upgrade nudge, top priority is support, second workout help is in between.",
         "support second upgrade"),
        ("If both apply, the upgrade nudge wins over second workout help.", "upgrade second"),
        ("The upgrade nudge and second workout help compete; second workout help should win.",
         "second upgrade"),
        ("Win-back goes to users in Brazil, unless they have an open ticket, in which case send "
         "support.", "support win"),
        ("Users in Brazil get win-back, everyone else the upgrade nudge.", "win upgrade"),
        ("The upgrade nudge must not be sent to users in Brazil and must come after support. "
         "Third is second workout help.", "support upgrade second"),
    ],
)  # fmt: skip
def test_orders_are_read_from_lists_tables_places_and_rivals(prompt: str, expected: str):
    assert order(prompt) == expected.split()


@pytest.mark.parametrize(
    "said",
    [
        "Users in Brazil get nothing.",
        "Users in Brazil are to be left out completely.",
        "For users in Brazil, send neither.",
        "Suppress\n- everything for users in Brazil",
        "Nothing for users in Brazil.",
    ],
)
def test_who_gets_nothing_is_said_in_many_ways(said: str):
    drafted = policy(f"Support, then the upgrade nudge.\n{said}").suppressions

    assert {one.when for one in drafted} == {Attribute(column="country", value="BR")}


def test_a_message_that_nothing_limits_is_for_all_users_of_the_policy():
    drafted = policy("Trial users get support, then win-back.")

    assert drafted.entries[1].eligibility == And(of=())
    assert drafted.population == InAudience(key="trial_users")


@pytest.mark.parametrize(
    "prompt",
    [
        "Support, then win-back.",
        "Trial users get win-back, otherwise the upgrade nudge.",
        "Support over upgrade. While a ticket is open, all is well.",
    ],
)
def test_people_and_messages_that_no_word_tells_are_asked_back(prompt: str):
    assert plan(prompt).draft is None


def test_sentences_of_a_message_each_are_asked_back_with_both_orders():
    asked = plan("Users on iOS get the upgrade nudge. Users with an open ticket get support.")

    orders = [policy(choice.prompt).entries[0].action.key for choice in asked.choices]
    assert orders == ["upgrade_nudge", "support_follow_up"]


def test_what_is_said_of_they_twice_is_for_the_people_named_first():
    drafted = policy(
        "Android users get the upgrade nudge if they viewed pricing, otherwise win-back if they "
        "did no workout in the last 30 days."
    )

    assert drafted.population == Attribute(column="device_os", value="android")
