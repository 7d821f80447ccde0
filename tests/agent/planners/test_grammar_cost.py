"""What a prompt costs to read, however odd it is."""

from __future__ import annotations

from datetime import datetime
from time import thread_time

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from tests.agent.planners.domains import catalog

WORDS = 50


def seconds(planner: GrammarPlanner, prompt: str) -> float:
    """CPU of this thread, the less of two readings; nothing may be made of the prompt."""
    spent = []
    for _ in range(2):
        started = thread_time()
        plan = planner.plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 6, 29)))
        spent.append(thread_time() - started)
        assert plan.draft is None
    return min(spent)


@pytest.mark.parametrize("word", ["a ", "workout ", "at least ", "in the last 7 days ", "not "])
def test_a_prompt_of_one_word_over_and_over_costs_no_more_than_the_square_of_its_length(word: str):
    planner = GrammarPlanner(catalog("saas"))

    once, four_times = (seconds(planner, word * many) for many in (WORDS, 4 * WORDS))

    assert four_times < 4**2 * once * 1.5
