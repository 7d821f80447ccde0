"""The planner that a workspace's settings choose, with its budget and what it compares on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Planner
from control import versions
from core.conditions import Condition

if TYPE_CHECKING:
    from agent.planners.measuring import Overlap
    from agent.planners.openai import OpenAIPlanner
    from ui.workspace import Workspace


def planner_of(workspace: Workspace) -> Planner:
    """The planner that the settings choose."""
    grammar = GrammarPlanner(workspace.catalog)
    match workspace.settings.planner_in_use:
        case "grammar":
            return grammar
        case "openai":
            return _model(workspace, grammar)
        case "hybrid":
            return _hybrid(workspace, grammar)


def _model(workspace: Workspace, grammar: GrammarPlanner) -> OpenAIPlanner:
    from agent.planners.openai import OpenAIPlanner
    from agent.planners.openai.spending import Ledger

    ledger = Ledger(workspace.store, workspace.now)
    model = workspace.settings.model
    return OpenAIPlanner(model, workspace.catalog, fallback=grammar, ledger=ledger)


def _hybrid(workspace: Workspace, grammar: GrammarPlanner) -> Planner:
    from agent.planners.hybrid import HybridPlanner
    from agent.planners.measuring import measured

    def overlap(one: Condition, other: Condition, as_of: datetime) -> Overlap | None:
        audiences = versions.audiences(workspace.store)
        return measured(workspace.runner(), audiences, one, other, as_of)

    return HybridPlanner(grammar, _model(workspace, grammar), workspace.catalog, overlap)
