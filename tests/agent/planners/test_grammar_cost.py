"""What a prompt costs to read, however odd it is."""

from __future__ import annotations

from datetime import datetime
from time import process_time

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from tests.agent.planners.domains import catalog


@pytest.mark.parametrize("word", ["a ", "workout ", "at least ", "in the last 7 days ", "not "])
def test_a_prompt_of_one_word_over_and_over_is_answered_in_less_than_a_second(word: str):
    planner = GrammarPlanner(catalog("saas"))
    prompt = (word * 240)[:3_900]

    started = process_time()
    plan = planner.plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 6, 29)))

    assert plan.draft is None
    assert process_time() - started < 1
