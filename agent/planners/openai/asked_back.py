"""What goes back to the person instead of a draft: words and actions that nothing stands for."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.openai.clauses import WireCondition
from agent.planners.openai.conditions import unknown_words
from agent.planners.openai.schema import OTHER
from agent.planners.openai.wire import (
    Reply,
    WireAction,
    WireCountQuestion,
    WirePlan,
    WirePolicy,
    WireRule,
    WireSuppression,
)
from agent.planners.port import PlanRequest
from core.errors import Code, Refusal
from warehouse.catalog import Catalog, nearest, unknown_name

SAYABLE = ("event", "trait", "entity", "audience", "metric", "action")
"""The kinds of things that a person may have meant."""


def not_understood(reply: Reply, request: PlanRequest) -> tuple[Refusal, ...]:
    """One refusal for each of the words that the model could not express."""
    found = (*reply.not_understood, *_unknown_in(reply.plan))
    return tuple(_refused(words, request) for words in dict.fromkeys(found))


def unknown_actions(plan: WirePlan, catalog: Catalog) -> tuple[Refusal, ...]:
    """One refusal for each action that neither the catalog lists nor the reply names."""
    return tuple(_unknown_actions(plan, catalog))


def _unknown_actions(plan: WirePlan, catalog: Catalog) -> Iterator[Refusal]:
    for wire in _actions_in(plan):
        if wire.action == OTHER and wire.name:
            continue
        if wire.action not in catalog.actions:
            yield unknown_name(Code.UNKNOWN_KEY, "action", wire.action, [*catalog.actions])


def _actions_in(plan: WirePlan) -> Iterator[WireAction]:
    if isinstance(plan, WireRule) and plan.action:
        yield plan.action
    elif isinstance(plan, WirePolicy):
        yield from (entry.action for entry in plan.entries)


def _unknown_in(plan: WirePlan | None) -> Iterator[str]:
    for condition in _conditions_in(plan):
        yield from unknown_words(condition)


def _conditions_in(plan: WirePlan | None) -> Iterator[WireCondition | None]:
    if isinstance(plan, WireRule | WireCountQuestion):
        yield from (plan.population, plan.condition)
    elif isinstance(plan, WirePolicy):
        yield plan.population
        yield from (entry.eligibility for entry in plan.entries)
        yield from (one.when for one in plan.suppressions if isinstance(one, WireSuppression))
        yield from (stop.when for stop in plan.stop_conditions)


def _refused(words: str, request: PlanRequest) -> Refusal:
    known = [term.name for term in request.grounding if term.kind in SAYABLE]
    near = nearest(words, known) or known[:3]
    fix = f"The nearest things in the catalog are {', '.join(near)}." if near else None
    return Refusal(
        code=Code.NOT_UNDERSTOOD,
        message=f"Nothing in the catalog stands for '{words}'.",
        span=words,
        fix=fix or "Say it with events, traits or columns of the catalog.",
    )
