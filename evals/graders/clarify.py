"""Clarify: no draft, and the question or refusal names the words."""

from __future__ import annotations

from agent.planners.port import Plan
from evals.bench import Bench
from evals.cases import Case
from evals.graders.grader import Graded, Grader, asked, uncalled_for


class ClarifyCase(Case):
    """A prompt that nobody could carry out without asking."""

    mentions: str | None = None
    """A word that the question or refusal must hold."""

    @property
    def expected(self) -> str:
        """What is asked about."""
        return f"a question about '{self.mentions}'" if self.mentions else "a question"


def grade(case: ClarifyCase, plan: Plan, bench: Bench) -> Graded:
    """Exact where it asks, about the right words."""
    if plan.draft is not None:
        return uncalled_for(plan)
    said = asked(plan)
    if case.mentions and case.mentions.lower() not in said.lower():
        return Graded("failed", f"'{case.mentions}' is not named: {said}")
    return Graded("exact", said)


GRADER = Grader(ClarifyCase, grade)
