"""Which planners can be scored: made anew for each domain, because a planner knows one catalog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Plan, Planner, PlanRequest
from core.conditions import Condition
from core.errors import Code, PilothouseError, refuse
from core.settings import ModelSettings
from evals.bench import Bench

if TYPE_CHECKING:
    from agent.planners.measuring import Overlap
    from agent.planners.openai import OpenAIPlanner

MakePlanner = Callable[[Bench], Planner]
NAMES = ("grammar", "openai", "hybrid")


def maker(name: str, model: ModelSettings | None = None) -> MakePlanner:
    """What makes a planner for a domain; raises a refusal where it needs a model and has none."""
    if name == "grammar":
        return lambda bench: GrammarPlanner(bench.catalog)
    if model is None or not model.configured:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The planner '{name}' needs a model, and none is configured.",
            span=name,
            fix="Use the planner 'grammar', or configure a model endpoint.",
        )
    if name == "openai":
        # Scored alone: an answer of the grammar in its place would be counted as the model's.
        return _openai(model.model_copy(update={"when_unusable": "refuse"}))
    return _hybrid(model)


class Nobody:
    """Answers in the place of a model whose replies are no use, when the model is scored alone."""

    name: Literal["grammar"] = "grammar"

    def plan(self, request: PlanRequest) -> Plan:
        """Nothing."""
        return Plan(intent="refused")


def _openai(model: ModelSettings) -> Callable[[Bench], OpenAIPlanner]:
    from agent.planners.openai import OpenAIPlanner

    def make(bench: Bench) -> OpenAIPlanner:
        return OpenAIPlanner(model, bench.catalog, fallback=Nobody())

    return make


def _hybrid(model: ModelSettings) -> MakePlanner:
    from agent.planners.hybrid import HybridPlanner
    from agent.planners.measuring import Overlap

    speaker = _openai(model)

    def make(bench: Bench) -> Planner:
        def overlap(one: Condition, other: Condition, _as_of: datetime) -> Overlap | None:
            try:
                first, second = bench.audience(one), bench.audience(other)
            except PilothouseError:
                return None
            return Overlap(one=len(first), other=len(second), both=len(first & second))

        grammar = GrammarPlanner(bench.catalog)
        return HybridPlanner(grammar, speaker(bench), bench.catalog, overlap)

    return make
