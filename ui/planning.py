"""The planner that a workspace's settings choose, with its budget and what it compares on."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Planner
from control import versions
from core.conditions import Condition
from ui import remembering

if TYPE_CHECKING:
    from agent.planners.measuring import Overlap
    from agent.planners.openai import OpenAIPlanner
    from agent.planners.openai.asking import Example
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

    return OpenAIPlanner(
        workspace.settings.model,
        workspace.catalog,
        fallback=grammar,
        ledger=Ledger(workspace.store, workspace.now),
        nearest=partial(_examples, workspace),
    )


def _examples(workspace: Workspace, prompt: str, limit: int) -> list[Example]:
    """What people verified, nearest to a prompt first."""
    from agent.planners.openai.asking import Example
    from agent.retrieval import Remembered

    known = {one.id: one.recalled for one in remembering.verified(workspace)}
    if not known:
        return []
    texts = [Remembered(key, one.prompt) for key, one in known.items()]
    near = workspace.asking.memory.nearest(prompt, texts, limit)
    return [Example(known[key].prompt, known[key].draft) for key in near]


def _hybrid(workspace: Workspace, grammar: GrammarPlanner) -> Planner:
    from agent.planners.hybrid import HybridPlanner
    from agent.planners.measuring import measured

    def overlap(one: Condition, other: Condition, as_of: datetime) -> Overlap | None:
        audiences = versions.audiences(workspace.store)
        return measured(workspace.runner(), audiences, one, other, as_of)

    return HybridPlanner(grammar, _model(workspace, grammar), workspace.catalog, overlap)
