"""How real people put it: time between events, negation, short forms, free values, slips."""

from __future__ import annotations

import pytest

from agent.planners.port import DebugQuestion
from core.conditions import (
    And,
    Attribute,
    Condition,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Related,
    Rolling,
    Trait,
    WhenUnknown,
)
from core.rules import EligibilityRule
from tests.agent.planners.prompts import DAY, PRICING, plan, policy, rule

CHECKOUT = EventCount(event="checkout_started")
ACTIVE = Related(entity="subscription", where=(Filter(column="status", value="active"),))


def who(prompt: str) -> Condition:
    return rule(prompt).condition


def opened(*filters: Filter, op: Op = Op.GE, n: int = 1) -> Related:
    return Related(entity="ticket", where=filters, op=op, n=n)


# time between two events


def checkout_then_subscription(days: int) -> EventSequence:
    return EventSequence(
        first="checkout_started", then="subscription_started", within_seconds=days * DAY
    )


def test_within_some_days_of_another_event_is_counted_from_that_event():
    drafted = rule("Users who started checkout but did not subscribe within 3 days.")

    assert drafted.condition == And(of=(CHECKOUT, Not(of=checkout_then_subscription(3))))
    assert any("never subscription_started within" in said for said in drafted.assumptions)


def test_within_some_days_of_names_the_event_it_counts_from():
    assert who("Users who subscribed within 3 days of starting checkout.") == (
        checkout_then_subscription(3)
    )


def test_and_then_within_hours_is_an_order_of_two_events():
    assert who("Users who viewed pricing and then started checkout within 24 hours.") == (
        EventSequence(first="pricing_viewed", then="checkout_started", within_seconds=DAY)
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "Users who viewed pricing twice but didn't subscribe within 3 days.",
        "Users who viewed pricing but did not open the app in 10 days.",
        "Users who started checkout. They did not subscribe within 2 days.",
    ],
)
def test_a_bare_span_beside_another_event_is_asked_back_where_no_order_can_be_built(prompt: str):
    assert "counted from the event named before" in plan(prompt).questions[0]


def test_a_bare_span_alone_reaches_back_from_now():
    none = EventCount(event="app_opened", window=Rolling(seconds=10 * DAY), op=Op.EQ, n=0)

    assert who("Users who haven't opened the app within 10 days.") == none


def test_an_age_between_two_spans_has_both_ends():
    ages = (
        EventAge(event="app_opened", op=Op.GE, seconds=7 * DAY),
        EventAge(event="app_opened", op=Op.LE, seconds=14 * DAY),
    )

    assert who("Users who last opened the app between 7 and 14 days ago") == And(of=ages)


# who is left out


def test_users_without_any_subscription_are_not_trial_users():
    outside = InAudience(key="trial_users", when_unknown=WhenUnknown.NO_MATCH)

    assert who("Users who viewed pricing, excluding trial users.") == And(
        of=(PRICING, Not(of=outside))
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "Everyone in Germany other than paying users who viewed pricing at least once.",
        "Users excluding trial users, with at least 10 workouts.",
    ],
)
def test_a_clause_after_an_exclusion_that_may_belong_to_either_is_asked_back(prompt: str):
    assert plan(prompt).questions


def test_a_relative_clause_after_a_comma_goes_on_about_everyone():
    condition = who("All users excluding trial users, who completed at least 10 workouts.")

    workouts = EventCount(event="workout_completed", op=Op.GE, n=10)
    assert isinstance(condition, And)
    assert workouts in condition.of


def test_neither_nor_shares_the_period_at_the_end_and_says_so():
    drafted = rule("Users who neither worked out nor opened the app in the last 14 days")

    assert "workout_completed" in drafted.model_dump_json()
    assert drafted.model_dump_json().count('"seconds":1209600') == 2
    assert any("holds" in said or "hold for" in said for said in drafted.assumptions)


@pytest.mark.parametrize("prompt", ["Everyone that's not subscribed", "iOS users, not subscribed"])
def test_not_subscribed_is_a_state(prompt: str):
    assert "paying_users" in rule(prompt).model_dump_json()


# things that users have


def test_no_subscription_means_none_that_is_active_and_says_so():
    drafted = rule("Users who viewed pricing and don't have a subscription.")

    none = ACTIVE.model_copy(update={"op": Op.EQ, "n": 0})
    assert drafted.condition == And(of=(PRICING, none))
    assert any("active now" in said for said in drafted.assumptions)


def test_never_had_a_subscription_means_none_at_all():
    assert who("Users who never had a subscription.") == Related(
        entity="subscription", op=Op.EQ, n=0
    )


def test_a_satisfaction_score_needs_no_word_for_the_ticket():
    below = opened(Filter(column="csat_score", op=Op.LT, value=3))

    assert who("Target users with csat below 3.") == below
    assert who("Target users with a csat below 3 on any ticket.") == below


def test_which_have_open_ticket_is_a_thing_and_no_event():
    wanted = opened(Filter(column="status", value="open"))

    assert who("users which have open ticket") == wanted


def test_a_message_of_the_catalog_can_have_been_received():
    drafted = rule("Send a win-back to users who haven't received an upgrade nudge.")

    named = (Filter(column="action_key", value="upgrade_nudge"),)
    assert drafted.condition == Related(entity="message", where=named, op=Op.EQ, n=0)
    assert drafted.action is not None
    assert drafted.action.key == "win_back"


def test_a_message_that_should_be_received_is_the_message_of_the_rule():
    drafted = rule("Users who should receive the upgrade nudge: those who viewed pricing.")

    assert drafted.condition == PRICING
    assert drafted.action is not None
    assert drafted.action.key == "upgrade_nudge"


# values


def test_a_column_without_listed_values_is_compared_as_written():
    drafted = rule("Users whose time zone is Europe/Berlin.")

    assert drafted.condition == Attribute(column="timezone", value="Europe/Berlin")
    assert any("exactly as written" in said for said in drafted.assumptions)
    assert who("Everyone on app version 5.4.0.") == Attribute(column="app_version", value="5.4.0")


@pytest.mark.parametrize(
    "prompt", ["Users on app version 5.4.0 or later.", "Users whose time zone is unusual."]
)
def test_a_free_value_that_is_more_than_an_equality_is_not_guessed(prompt: str):
    assert plan(prompt).draft is None


def test_opted_out_is_the_opposite_of_opted_in():
    assert who("Users who opted out of marketing.") == Attribute(
        column="marketing_opt_in", value=False
    )


def test_both_strict_ends_of_a_trait_stay_strict():
    ends = (
        Trait(name="momentum_score", op=Op.GT, value=30),
        Trait(name="momentum_score", op=Op.LT, value=50),
    )

    assert who("Users with a momentum score of more than 30 but less than 50.") == And(of=ends)


@pytest.mark.parametrize(
    ("prompt", "low", "high"),
    [
        ("Users who viewed pricing once or twice.", 1, 2),
        ("Users who viewed pricing at least twice but less than 5 times.", 2, 4),
    ],
)
def test_two_ends_of_a_count(prompt: str, low: int, high: int):
    ends = (
        PRICING.model_copy(update={"op": Op.GE, "n": low}),
        PRICING.model_copy(update={"op": Op.LE, "n": high}),
    )

    assert who(prompt) == And(of=ends)


# short forms and slips


@pytest.mark.parametrize(
    "prompt",
    [
        "ppl w/o a pricing view, android only",
        "Whoever never viewed pricing and is on Android",
        "folks on android who havent viewed pricing",
    ],
)
def test_short_forms_are_read_as_the_long_ones(prompt: str):
    condition = who(prompt)

    assert isinstance(condition, And)
    none = PRICING.model_copy(update={"op": Op.EQ, "n": 0})
    assert none in condition.of
    assert Attribute(column="device_os", value="android") in condition.of


def test_a_slip_in_a_long_word_is_put_right_and_said():
    drafted = rule("Users who completd onbording.")

    assert drafted.condition == EventCount(event="onboarding_completed")
    assert "'completd' is read as 'complete'." in drafted.assumptions


@pytest.mark.parametrize("word", ["competed", "committee", "contract"])
def test_another_english_word_is_no_slip(word: str):
    assert plan(f"Users who {word} in 3 workouts.").draft is None


# priority orders and debug questions


def test_what_people_are_holds_for_the_whole_order():
    drafted = policy("Second workout help beats upgrade messaging for trial users on Android.")

    assert drafted.population == And(
        of=(InAudience(key="trial_users"), Attribute(column="device_os", value="android"))
    )
    assert any("whole policy" in said for said in drafted.assumptions)


def test_for_everyone_at_the_end_of_an_order_changes_no_eligibility():
    drafted = policy("Put support follow-up ahead of upgrade nudge for everyone.")

    assert drafted.entries[1].eligibility == InAudience(key="upgrade_ready")


@pytest.mark.parametrize(
    "prompt",
    [
        "First the support follow-up, then the upgrade nudge for iOS users.",
        "Support follow-up first for trial users, then upgrade nudge for everyone.",
    ],
)
def test_people_beside_one_message_of_an_order_are_asked_about(prompt: str):
    assert plan(prompt).questions


def test_letters_number_an_order():
    drafted = policy("Rank: a) upgrade nudge b) handle support issues")

    assert [entry.action.key for entry in drafted.entries] == ["upgrade_nudge", "support_follow_up"]


def test_what_is_behind_a_jump_asks_about_a_rise():
    draft = plan("What is behind the jump in subscriptions on Android this month?").draft

    assert isinstance(draft, DebugQuestion)
    assert draft.direction == "rise"


def test_up_and_down_at_once_is_asked_back():
    assert plan("Why did conversion go up then down on iOS this week?").questions


def test_people_with_a_subscription_who_signed_up_are_no_debug_question():
    drafted = plan("Users with no active subscription who signed up in the last 30 days.").draft

    assert isinstance(drafted, EligibilityRule)


# never guessed


@pytest.mark.parametrize(
    "prompt",
    [
        "Users with no workouts other than yoga",
        "Users whose trial ends today",
        "Users whose trial ends in more than 3 days",
        "Users who opened an email but not a push",
        "Users who received an email but not a push in the last 7 days",
        "Users with more than one subscription cancelled.",
    ],
)
def test_what_could_be_meant_in_two_ways_is_asked_back(prompt: str):
    assert plan(prompt).questions
