"""An answer says nothing that no result holds."""

from __future__ import annotations

import pytest

from agent.answer import compose, phrases, unsupported_numbers
from agent.planners.port import CountQuestion, Plan
from agent.state import AskState
from core.artifacts import Preview
from core.conditions import EVERYONE, EventCount, Rolling
from core.errors import Code, Refusal
from tools.small_groups import told_count
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
TRAINED = EventCount(event="workout_completed", n=3, window=Rolling(seconds=14 * 86_400))
COUNT = CountQuestion(population=EVERYONE, condition=TRAINED)


def state(plan: Plan | None, *refusals: Refusal, size: int = 120) -> AskState:
    preview = Preview(
        population="all users",
        population_size=1_900,
        audience_size=size,
        reachable_size=size,
        as_of="2026-06-29",
    )
    return {
        "plan": plan.model_dump(mode="json") if plan else {},
        "refusals": [one.model_dump(mode="json") for one in refusals],
        "simulated": told_count(preview, 5)._asdict()
        | {"preview": preview.model_dump(mode="json")},
    }


@pytest.mark.parametrize(
    ("text", "results", "wrong"),
    [
        ("1,234 of 5,000 users", [{"a": 1234, "b": 5000}], []),
        ("1,235 of 5,000 users", [{"a": 1234, "b": 5000}], ["1,235"]),
        ("a rate of 69.5 %", [{"rate": 69.50}], []),
        ("a rate of 69.6 %", [{"rate": 69.5}], ["69.6"]),
        ("10.0 users", [{"n": 10}], []),
        ("no number at all", [], []),
        ("3 users", [None, {}], ["3"]),
        ("2026-06-29", [{"as_of": "2026-06-29T00:00:00"}], []),
    ],
)
def test_a_number_that_no_result_holds_is_found(
    text: str, results: list[object], wrong: list[str]
) -> None:
    assert unsupported_numbers(text, results) == wrong


def test_a_count_is_said_with_its_conditions_in_words() -> None:
    found = compose(state(Plan(intent="question", draft=COUNT)), CATALOG)

    assert found["status"] == "answered"
    assert found["answer"] == (
        "**120** of 1,900 users meet this: workout completed at least 3 times in the last 14 days."
    )


def test_seconds_of_a_plan_may_be_said_in_days() -> None:
    assert "14 days" in phrases(COUNT, CATALOG)[1]


def test_unknown_names_are_asked_back_and_everything_else_is_refused() -> None:
    unknown = Refusal(code=Code.UNKNOWN_EVENT, message="No event 'swim'.", fix="Did you mean x?")
    bypass = Refusal(code=Code.BYPASS_REQUESTED, message="No.")

    asked = compose(state(None, unknown), CATALOG)
    refused = compose(state(None, unknown, bypass), CATALOG)

    assert (asked["intent"], asked["status"]) == ("clarify", "needs_clarification")
    assert "Did you mean x?" in asked["answer"]
    assert (refused["intent"], refused["status"]) == ("refused", "refused")
    assert len(refused["refusals"]) == 2


def test_questions_of_a_planner_are_passed_on() -> None:
    plan = Plan(intent="clarify", questions=("Which channel?", "Which window?"))

    found = compose(state(plan), CATALOG)

    assert found["status"] == "needs_clarification"
    assert found["answer"] == "Which channel?\nWhich window?"
