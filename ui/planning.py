"""The planner that a workspace's settings choose, with its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Planner

if TYPE_CHECKING:
    from ui.workspace import Workspace


def planner_of(workspace: Workspace) -> Planner:
    """The planner that the settings choose."""
    settings, catalog = workspace.settings, workspace.catalog
    grammar = GrammarPlanner(catalog)
    if settings.planner_in_use == "grammar":
        return grammar
    from agent.planners.openai import OpenAIPlanner
    from agent.planners.openai.spending import Ledger

    ledger = Ledger(workspace.store, workspace.now)
    return OpenAIPlanner(settings.model, catalog, fallback=grammar, ledger=ledger)
