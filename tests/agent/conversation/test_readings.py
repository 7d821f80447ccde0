"""What a draft takes for granted is read otherwise at one click."""

from __future__ import annotations

import pytest

from agent.conversation.amending import Amendment
from agent.conversation.readings import MOST, Reading, other_readings
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.conditions import EventCount, Op, Rolling, clauses
from core.rules import DecisionPolicy, EligibilityRule
from tests.tools.demo import DECISION, ELIGIBILITY
from warehouse.catalog import load_catalog
from warehouse.demo.generate import AS_OF

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def grammar() -> GrammarPlanner:
    return GrammarPlanner(CATALOG)


def readings(grammar: GrammarPlanner, prompt: str) -> dict[str, Reading]:
    rule = grammar.plan(PlanRequest(prompt=prompt, as_of=AS_OF)).draft
    assert isinstance(rule, EligibilityRule | DecisionPolicy)
    return {one.label: one for one in other_readings(rule, rule.assumptions, CATALOG)}


def changed(reading: Reading) -> EventCount:
    """The one clause that a reading sets."""
    assert isinstance(reading.asks, Amendment)
    (change,) = reading.asks.of
    (new,) = {*clauses(change.after)} - {*clauses(change.before)}
    assert isinstance(new, EventCount)
    return new


def test_a_count_without_a_window_is_read_in_one_and_a_bare_number_exactly(
    grammar: GrammarPlanner,
) -> None:
    found = readings(grammar, ELIGIBILITY)

    recent = found["workout completed at least 3 times in the last 30 days"]
    assert changed(recent).window == Rolling(seconds=30 * 86_400)
    assert changed(found["workout completed exactly 3 times"]).op is Op.EQ
    assert found["Hold nobody out"].asks == "no holdout"
    assert found["By push only"].asks == "by push only"
    assert len(found) <= MOST


def test_a_calendar_week_is_read_as_the_last_seven_days(grammar: GrammarPlanner) -> None:
    found = readings(grammar, "Target users who completed 3 workouts this week")

    week = found["workout completed at least 3 times in the last 7 days"]
    assert changed(week).window == Rolling(seconds=7 * 86_400)


def test_what_was_said_is_not_read_otherwise(grammar: GrammarPlanner) -> None:
    prompt = (
        "Send the upgrade nudge by email to users who completed at least 3 workouts in the last "
        "14 days, with a holdout of 20 %."
    )

    assert readings(grammar, prompt) == {}


def test_a_policy_is_read_otherwise_too(grammar: GrammarPlanner) -> None:
    assert "Hold nobody out" in readings(grammar, DECISION)
