"""Short ways to ask the embedded planner over the demo's catalog."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Plan, PlanRequest
from core.conditions import Condition, EventCount, Filter, InAudience, Not, Op, Related, WhenUnknown
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.catalog import load_catalog

DAY = 86_400
AS_OF = datetime(2026, 6, 29)
OPEN = Related(entity="ticket", where=(Filter(column="status", value="open"),))
NO_OPEN_TICKET = OPEN.model_copy(update={"op": Op.EQ, "n": 0})
PRICING = EventCount(event="pricing_viewed")


@cache
def planner() -> GrammarPlanner:
    """One for every test: it keeps nothing between prompts."""
    return GrammarPlanner(load_catalog())


def plan(prompt: str) -> Plan:
    """What it makes of a prompt."""
    return planner().plan(PlanRequest(prompt=prompt, as_of=AS_OF))


def rule(prompt: str) -> EligibilityRule:
    """The eligibility rule that it drafts."""
    draft = plan(prompt).draft
    assert isinstance(draft, EligibilityRule), plan(prompt)
    return draft


def policy(prompt: str) -> DecisionPolicy:
    """The decision policy that it drafts."""
    draft = plan(prompt).draft
    assert isinstance(draft, DecisionPolicy), plan(prompt)
    return draft


def targeted(predicate: str) -> Condition:
    """Who is meant by the rest of a sentence: ``who viewed pricing``."""
    return rule(f"Target users {predicate}.").condition


def outside(audience: str) -> Condition:
    """Everyone who is not known to be in an audience."""
    return Not(of=InAudience(key=audience, when_unknown=WhenUnknown.NO_MATCH))


def workouts(op: Op, n: int, **changes: object) -> EventCount:
    """So many completed workouts."""
    return EventCount(event="workout_completed", op=op, n=n, **changes)
