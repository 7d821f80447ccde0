"""What the embedded planner makes of an analyst's question: a typed question or a question back."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import CountQuestion, Plan, PlanRequest
from core.questions import MetricQuestion
from tests.agent.planners.prompts import plan
from warehouse.catalog import load_catalog

SHOP = Path("examples/shop/catalog")


@cache
def shop() -> GrammarPlanner:
    return GrammarPlanner(load_catalog(SHOP))


def asked(prompt: str) -> dict[str, Any]:
    """The question that was drafted, without what every question has."""
    draft = plan(prompt).draft
    assert isinstance(draft, MetricQuestion), plan(prompt)
    return draft.model_dump(mode="json", exclude_defaults=True)


def in_shop(prompt: str) -> Plan:
    return shop().plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 6, 29)))


def back(prompt: str) -> str:
    """What is asked or refused instead of an answer."""
    made = plan(prompt)
    assert made.draft is None, made.draft
    return " ".join([*made.questions, *map(str, made.refusals)])


# what is measured


@pytest.mark.parametrize(
    ("prompt", "measure"),
    [
        (
            "How many workouts were started per day?",
            {"rows": {"of": "event", "name": "workout_started"}},
        ),
        (
            "tickets closed per week",
            {"rows": {"of": "entity", "name": "ticket", "time": "closed_at"}},
        ),
        (
            "average csat by ticket reason",
            {
                "function": "avg",
                "column": "csat_score",
                "rows": {"of": "entity", "name": "ticket"},
            },
        ),
        (
            "median workout duration by type",
            {
                "function": "median",
                "column": "duration_seconds",
                "rows": {"of": "event", "name": "workout_completed"},
            },
        ),
        ("Which utm source has the highest conversion?", {"metric": "conversion"}),
        (
            "spend by utm source per month",
            {"function": "sum", "column": "spend", "rows": {"of": "table", "name": "fct_spend"}},
        ),
        (
            "how many users opened the app per day",
            {"rows": {"of": "event", "name": "app_opened"}, "users": True},
        ),
        (
            "how many workouts did iOS users complete per day",
            {"rows": {"of": "event", "name": "workout_completed"}},
        ),
        ("signups by country", {"rows": {"of": "users", "time": "signup_at"}}),
        ("average ltv by country", {"function": "avg", "column": "ltv", "rows": {"of": "users"}}),
    ],
)  # fmt: skip
def test_what_is_counted_or_measured_is_found_by_its_words(
    prompt: str, measure: dict[str, Any]
) -> None:
    assert asked(prompt)["measure"] == measure


def test_an_open_rate_is_the_share_of_messages_that_were_opened() -> None:
    question = asked("email open rate by country")

    whole = [{"column": "channel", "value": "email"}]
    assert question["measure"]["whole"]["rows"]["where"] == whole
    opened = {"column": "opened_at", "op": "is_not_null"}
    assert question["measure"]["part"]["rows"]["where"] == [*whole, opened]


def test_a_share_of_users_has_whom_it_is_of_and_who_of_them() -> None:
    question = asked("share of trial users with an open ticket")

    assert question["who"] == {"key": "trial_users"}
    part = question["measure"]["part"]["rows"]["who"]
    assert part == {"entity": "ticket", "where": [{"column": "status", "value": "open"}]}


def test_a_metric_is_named_with_its_definition() -> None:
    notes = plan("conversion by country last month").assumptions

    assert any(note.startswith("'conversion' is the catalog's metric: Share of") for note in notes)


def test_a_plain_count_of_users_stays_the_question_it_was() -> None:
    assert isinstance(plan("How many users are on iOS?").draft, CountQuestion)


# groups, order, comparison


@pytest.mark.parametrize(
    ("prompt", "by"),
    [
        ("app opens by platform", [{"kind": "user", "name": "device_os"}]),
        ("app opens per week", [{"kind": "time", "grain": "week"}]),
        (
            "revenue by plan per month",
            [{"kind": "time", "grain": "month"}, {"kind": "row", "name": "plan"}],
        ),
        ("users by activation state", [{"kind": "trait", "name": "activation_state"}]),
        ("decisions by outcome last week", [{"kind": "row", "name": "outcome"}]),
        (
            "app opens iOS vs Android",
            [{"kind": "user", "name": "device_os", "values": ["ios", "android"]}],
        ),
    ],
)  # fmt: skip
def test_groups_are_columns_of_rows_and_users_or_steps_of_time(
    prompt: str, by: list[dict[str, Any]]
) -> None:
    assert asked(prompt)["by"] == by


@pytest.mark.parametrize(
    ("prompt", "order", "limit"),
    [
        ("top 5 countries by signups", "desc", 5),
        ("bottom 3 countries by app opens", "asc", 3),
        ("Which ticket reason has the lowest average csat?", "asc", 1),
        ("what is the most common ticket reason", "desc", 1),
        ("Which day had the most app opens last week?", "desc", 1),
    ],
)
def test_the_first_and_the_last_are_as_many_as_were_asked_for(
    prompt: str, order: str, limit: int
) -> None:
    question = asked(prompt)

    assert (question["order"], question["limit"]) == (order, limit)


def test_two_periods_are_compared_not_read_as_limits_on_users() -> None:
    question = asked("how many users upgraded yesterday vs the day before")

    assert question["period"]["start"] == "2026-06-28T00:00:00"
    assert question["before"]["start"] == "2026-06-27T00:00:00"
    assert "who" not in question


def test_a_week_that_has_only_just_begun_is_the_one_that_has_just_ended() -> None:
    made = plan("app opens this week vs last week")
    question = asked("app opens this week vs last week")

    assert question["period"]["start"] == "2026-06-22T00:00:00"
    assert question["before"]["start"] == "2026-06-15T00:00:00"
    assert any("has only just begun" in note for note in made.assumptions)


def test_a_period_that_is_not_over_is_said_to_be_open() -> None:
    notes = plan("average csat this month").assumptions

    assert any(note.startswith("'this month' is not over: as of 2026-06-29") for note in notes)


def test_values_joined_by_and_are_counted_together_and_that_is_said() -> None:
    made = plan("workouts in Germany and France last week")

    assert any("counted together" in note for note in made.assumptions)


# nothing is guessed


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("gross margin by country", "gross margin"),
        ("revenue by moon phase", "moon phase"),
        ("daily active users", "'active'"),
        ("active users by country", "'active'"),
        ("average workouts per week", "average of which number"),
        ("top 5 countries by signups per month", "of each month"),
        ("how many trial users per day", "per day: by what"),
        ("csat by ticket reason", "the average, the median or the total"),
        ("users by churn risk", "which ranges"),
        ("app opens last week and yesterday", "Two periods"),
        ("average csat on iOS and Android", "all together, or each"),
        ("app opens by country and platform and utm source", "By which two"),
        ("how many subscriptions and tickets per week", "one at a time"),
    ],
)
def test_what_is_not_clear_is_asked_back_by_its_words(prompt: str, named: str) -> None:
    assert named in back(prompt)


def test_an_email_address_is_no_group() -> None:
    assert "email" not in asked("top 5 countries by signups").values()
    assert back("users by email address")


# any catalog


@pytest.mark.parametrize(
    ("prompt", "measure"),
    [
        ("orders per week", "order"),
        ("average order total by payment method", "order"),
        ("support cases by topic last month", "support_case"),
    ],
)
def test_another_catalog_is_asked_in_its_own_words(prompt: str, measure: str) -> None:
    draft = in_shop(prompt).draft

    assert isinstance(draft, MetricQuestion), in_shop(prompt)
    assert f'"name":"{measure}"' in draft.model_dump_json()


def test_words_of_one_catalog_mean_nothing_in_another() -> None:
    assert in_shop("workouts by type").draft is None
