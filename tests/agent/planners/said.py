"""What the embedded planner makes of a prompt over the domains of the evals."""

from __future__ import annotations

from functools import cache

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Plan, PlanRequest
from core.rules import EligibilityRule
from evals.domains import domain_catalog
from tests.agent.planners.prompts import AS_OF


@cache
def planner(domain: str) -> GrammarPlanner:
    """One for every test: it keeps nothing between prompts."""
    return GrammarPlanner(domain_catalog(domain))


def plan(domain: str, prompt: str) -> Plan:
    """What it makes of a prompt."""
    return planner(domain).plan(PlanRequest(prompt=prompt, as_of=AS_OF))


def rule(domain: str, prompt: str) -> EligibilityRule:
    """The eligibility rule that it drafts."""
    said = plan(domain, prompt)
    assert isinstance(said.draft, EligibilityRule), (prompt, said.questions, said.refusals)
    return said.draft


def same(domain: str, prompt: str, plainly: str) -> None:
    """Both prompts draft one condition."""
    one, other = rule(domain, prompt), rule(domain, plainly)
    assert (one.population, one.condition) == (other.population, other.condition)
