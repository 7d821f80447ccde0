"""A planner that says what a test wrote down: a model that learns, or one that is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agent.planners.port import Drafted, Plan, PlanRequest
from core.artifacts import Intent, Usage
from core.rules import DecisionPolicy, EligibilityRule


class ScriptedPlanner:
    """Gives its drafts one after the other, then the last one again and again."""

    name: Literal["grammar", "openai"] = "openai"

    def __init__(self, *drafts: Drafted) -> None:
        self.drafts: Sequence[Drafted] = drafts
        self.asked: list[PlanRequest] = []

    def plan(self, request: PlanRequest) -> Plan:
        """The next draft, whatever was asked."""
        self.asked.append(request)
        draft = self.drafts[min(len(self.asked), len(self.drafts)) - 1]
        return Plan(
            intent=_intent(draft),
            draft=draft,
            usage=Usage(model="scripted", prompt_tokens=100, completion_tokens=10, cost_usd=0.001),
        )


def _intent(draft: Drafted) -> Intent:
    if isinstance(draft, EligibilityRule):
        return "eligibility"
    return "decision" if isinstance(draft, DecisionPolicy) else "question"
