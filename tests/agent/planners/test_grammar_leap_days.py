"""29 February in other years: read as the 28th, never an error."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from agent.planners.grammar.spans import in_year
from agent.planners.port import PlanRequest
from tests.agent.planners.prompts import planner


def test_a_leap_day_is_the_28th_where_a_year_has_none():
    assert in_year(date(2028, 2, 29), 2027) == date(2027, 2, 28)
    assert in_year(datetime(2028, 2, 29, 12), 2032) == datetime(2032, 2, 29, 12)


@pytest.mark.parametrize(
    "prompt",
    [
        "Users who joined between February 29 and January 10.",
        "Users who joined from February 29 to March 3, 2027.",
        "Users whose trial ends on February 29.",
        "Users whose trial ends before February 29.",
        "Why did conversion drop on iOS on February 29?",
        "Users who signed up in February and March 2027.",
    ],
)
@pytest.mark.parametrize("as_of", [datetime(2028, 2, 29), datetime(2029, 3, 1)])
def test_a_leap_day_in_a_prompt_is_answered_or_asked_about(prompt: str, as_of: datetime):
    plan = planner().plan(PlanRequest(prompt=prompt, as_of=as_of))

    assert plan.draft is not None or plan.questions or plan.refusals
