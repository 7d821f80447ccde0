"""Eligibility: exactly the users of the reference; channels and action where a case names them."""

from __future__ import annotations

from pydantic import model_validator

from agent.planners.port import Plan
from core.rules import EligibilityRule
from evals.bench import Bench
from evals.cases import Case
from evals.graders.grader import Graded, Grader, compared, uncalled_for, without_answer


class EligibilityCase(Case):
    """Who is meant, as SQL by hand."""

    where: str | None = None
    """A condition over the users ``u``."""
    reference_sql: str | None = None
    """Or a whole query that gives the ids of users."""
    action: str | None = None
    channels: list[str] | None = None

    @model_validator(mode="after")
    def _says_who_is_meant(self) -> EligibilityCase:
        if self.expect == "understood" and (self.where is None) == (self.reference_sql is None):
            raise ValueError("say who is meant: 'where' or 'reference_sql', one of the two")
        return self

    @property
    def conditions(self) -> tuple[str, ...]:
        """Its ``where``."""
        return () if self.where is None else (self.where,)

    @property
    def queries(self) -> tuple[str, ...]:
        """Its ``reference_sql``."""
        return () if self.reference_sql is None else (self.reference_sql,)

    @property
    def expected(self) -> str:
        """The SQL, with action and channels."""
        parts = [self.where or self.reference_sql or super().expected]
        if self.action:
            parts.append(f"action: {self.action}")
        if self.channels:
            parts.append(f"channels: {', '.join(self.channels)}")
        return "\n".join(parts)


def grade(case: EligibilityCase, plan: Plan, bench: Bench) -> Graded:
    """The same audience, then the same action and channels."""
    rule = plan.draft
    if rule is None:
        return without_answer(case, plan)
    if not isinstance(rule, EligibilityRule) or case.expect != "understood":
        return uncalled_for(plan)
    wanted = (
        bench.selected(case.reference_sql) if case.reference_sql else bench.meant(case.where or "")
    )
    verdict = compared(bench.audience(rule.members), wanted)
    return verdict if verdict.verdict != "exact" else _fields(case, rule) or verdict


def _fields(case: EligibilityCase, rule: EligibilityRule) -> Graded | None:
    action = rule.action.key if rule.action else None
    if case.action is not None and action != case.action:
        return Graded("failed", f"the action is {action}, not {case.action}")
    channels = [*rule.action.channels] if rule.action else []
    if case.channels is not None and channels != case.channels:
        return Graded("failed", f"the channels are {channels}, not {case.channels}")
    return None


GRADER = Grader(EligibilityCase, grade)
