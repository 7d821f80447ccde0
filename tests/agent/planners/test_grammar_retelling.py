"""One rule in other words: who asks and why, names that are explained, what was said before."""

from __future__ import annotations

import pytest

from core.conditions import EventCount, leaves
from tests.agent.planners.said import plan, rule, same


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("projects", "Customer success is asking for users with an overdue invoice.",
         "Users with an overdue invoice."),
        ("projects", "We are planning interviews, so give me everyone with two active projects.",
         "Everyone with two active projects."),
        ("shop", "I'd like to talk to customers who ordered exactly once.",
         "Customers who ordered exactly once."),
        ("streaming", "We're about to launch a comedy, so I need viewers who prefer comedy.",
         "Viewers who prefer comedy."),
        ("shop", "Ask for a review from customers who ordered in the last 30 days.",
         "Review request for customers who ordered in the last 30 days."),
    ],
)  # fmt: skip
def test_who_asks_and_why_limits_nobody(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


def test_a_reason_is_told_to_the_reader():
    notes = rule("projects", "We are planning interviews, so give me all admins.").assumptions

    assert any("planning interviews" in note for note in notes)


def test_a_reason_with_a_value_that_is_not_said_again_is_not_passed_over():
    same(
        "workout_app",
        "We are launching in Germany, so give me users with 3 workouts.",
        "Users in Germany with 3 workouts.",
    )


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("streaming", "Trailer lovers: those that watched a trailer in the last 3 days.",
         "Viewers that watched a trailer in the last 3 days."),
        ("workout_app", "the yoga crowd, i.e. people who did 5 or more yoga workouts",
         "people who did 5 or more yoga workouts"),
        ("workout_app", "Our high-value customers, so a lifetime value over 50, who opened the app "
         "today.", "Customers with a lifetime value over 50 who opened the app today."),
    ],
)  # fmt: skip
def test_a_name_that_is_explained_at_once_is_its_explanation(
    domain: str, prompt: str, plainly: str
):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt"),
    [
        ("workout_app", "Yoga fans: users with 3 workouts"),
        ("shop", "Gold customers. Exceptions: customers in Poland."),
        ("shop", "Gold customers. Nope: customers in Poland."),
    ],
)
def test_a_name_that_says_more_than_its_explanation_is_asked_back(domain: str, prompt: str):
    assert plan(domain, prompt).draft is None


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("workout_app", "Users who saved 3 workouts but completed fewer than 10.",
         "Users who saved 3 workouts but completed fewer than 10 workouts."),
        ("streaming", "Viewers who started 4 titles in the past 2 weeks and finished none in the "
         "past 2 weeks.", "Viewers who started 4 titles in the past 2 weeks and finished no titles "
         "in the past 2 weeks."),
        ("shop", "Customers who got 3 emails in the last 60 days and didn't open any of them.",
         "Customers who got 3 emails in the last 60 days but opened none of them."),
        ("workout_app", "Users with more than one ticket, none of them open.",
         "Users with more than one ticket and no open ticket."),
        ("projects", "Users who exported a CSV report this month but no PDF report this month.",
         "Users who exported a CSV report this month and exported no PDF report this month."),
    ],
)  # fmt: skip
def test_what_was_named_before_need_not_be_named_again(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


@pytest.mark.parametrize(
    ("domain", "prompt", "plainly"),
    [
        ("workout_app", "People who made it through onboarding.",
         "People who completed onboarding."),
        ("projects", "Users who took part in a webinar.", "Users who attended a webinar."),
        ("projects", "Users who hooked up Slack.", "Users who connected Slack."),
        ("workout_app", "Users whom we haven't messaged in the last 10 days.",
         "Users who have not received any message in the last 10 days."),
        ("shop", "Customers who wrote a one-star review.", "Customers who wrote a 1-star review."),
        ("projects", "Guests shouldn't be included. Everybody else who signed in this week.",
         "Everybody who signed in this week, excluding guests."),
        ("shop", "Newsletter subscribers. Please don't touch gold customers.",
         "Newsletter subscribers, excluding gold customers."),
        ("projects", "Decision makers in companies with more than 20 seats in use.",
         "Decision makers with more than 20 seats in use."),
    ],
)  # fmt: skip
def test_other_words_for_what_the_catalog_has(domain: str, prompt: str, plainly: str):
    same(domain, prompt, plainly)


def test_another_verb_is_read_only_where_its_object_is_the_catalogs():
    assert plan("workout_app", "Users who wrapped up their homework.").draft is None


@pytest.mark.parametrize(
    ("domain", "prompt"),
    [
        ("workout_app", "Users who were on a trial but never subscribed."),
        ("shop", "Customers who viewed the cart this week without ordering."),
        ("streaming", "Everyone who's rented something and hasn't watched it."),
        ("projects", "Users whose account renews before the end of May."),
    ],
)
def test_what_may_be_meant_in_two_ways_is_asked_back(domain: str, prompt: str):
    assert plan(domain, prompt).draft is None


def test_one_order_only_is_exactly_one():
    same("shop", "Customers with one order only.", "Customers with exactly one order.")


def test_a_gerund_tells_what_happened_and_not_what_people_have():
    said = "Viewers who opened the app this month without starting a subscription in that time."
    events = leaves(rule("streaming", said).condition)

    assert [one.event for one in events if isinstance(one, EventCount)] == [
        "app_opened", "subscription_started",
    ]  # fmt: skip


def test_today_or_yesterday_is_either_of_the_two_days():
    same(
        "workout_app",
        "People who opened the app today or yesterday.",
        "People who opened the app yesterday or today.",
    )
