"""Prompts over five trades: who is meant exactly, or asked back, and never another audience."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.rules import EligibilityRule
from tests.agent.planners import gold
from tests.agent.planners.domains import catalog

AS_OF = datetime(2026, 6, 29)
SUITES = sorted(Path(__file__).parent.glob("dev*_eligibility.yaml"))
DOMAINS = ("demo", "finance", "media", "saas", "shop")
ENOUGH = 0.85


@cache
def _planner(domain: str) -> GrammarPlanner:
    return GrammarPlanner(catalog(domain))


@cache
def _cases(domain: str) -> tuple[dict[str, Any], ...]:
    found = (yaml.load(file.read_text(), yaml.CSafeLoader).get(domain, ()) for file in SUITES)
    return tuple(case for cases in found for case in cases)


def _verdict(case: dict[str, Any], domain: str) -> Literal["exact", "asked", "wrong"]:
    plan = _planner(domain).plan(PlanRequest(prompt=case["p"], as_of=AS_OF))
    if plan.draft is None:
        return "asked"
    meant = case.get("g")
    if not isinstance(plan.draft, EligibilityRule):
        return "asked" if meant is None else "wrong"  # the answer to a question reaches nobody
    if meant is None:
        return "wrong"
    wanted = gold.condition(meant, catalog(domain))
    same = gold.same(plan.draft.members, wanted, catalog(domain), AS_OF)
    return "exact" if same else "wrong"


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_prompt_of_a_trade_is_read_as_somebody_else(domain: str):
    wrong = [case["p"] for case in _cases(domain) if _verdict(case, domain) == "wrong"]

    assert wrong == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_most_prompts_of_a_trade_are_read_exactly(domain: str):
    clear = [case for case in _cases(domain) if case.get("g") and not case.get("ask")]

    exact = [case for case in clear if _verdict(case, domain) == "exact"]

    assert len(exact) / len(clear) >= ENOUGH


@pytest.mark.parametrize(
    ("domain", "prompt"),
    [
        ("media", "Members with 20 viewing hours on the basic plan"),
        ("demo", "Users who viewed pricing and started checkout in the last 7 days"),
    ],
)
def test_a_question_about_a_number_or_a_period_brings_answers_that_can_be_read(
    domain: str, prompt: str
):
    asked = _planner(domain).plan(PlanRequest(prompt=prompt, as_of=AS_OF))

    answered = [
        _planner(domain).plan(PlanRequest(prompt=choice.prompt, as_of=AS_OF)).draft
        for choice in asked.choices
    ]

    assert asked.questions
    assert len(answered) >= 2
    assert all(isinstance(draft, EligibilityRule) for draft in answered)
