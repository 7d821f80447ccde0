"""What a run is given and never remembers: the planner, the tools, the person, the clock.

LangGraph does not checkpoint the context, so whoever wakes a run brings their
own: identity never comes from stored state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from langchain_core.tools import BaseTool

from agent.conversation.amending import Amendment
from agent.conversation.held import NOTHING, Conversation
from agent.conversation.turn import Recall
from agent.planners.port import Planner
from control.requests import ChangeRequest
from control.store import Store
from core.artifacts import SqlText
from warehouse.catalog import Catalog

OnStep = Callable[[str, str], None]
"""Told of every node as it starts: its name and what it is about to do."""


@dataclass(frozen=True)
class AskContext:
    """One run's surroundings."""

    planner: Planner
    tools: dict[str, BaseTool]
    catalog: Catalog
    store: Store
    as_of: datetime
    now: datetime
    fingerprints: Mapping[str, str]
    """Of each trait's model: what an approval stands on."""
    require_unmoved: Callable[[ChangeRequest], None]
    """Refuses a rule whose effect is no longer what people approved."""
    ran: list[SqlText]
    """The queries that the tools ran, in order; the answer lists them."""
    on_step: OnStep
    reader: Planner
    """Reads what follow-ups name: the grammar, whoever drafts."""
    under: Callable[[Catalog], dict[str, BaseTool]]
    """The tools, were the catalog's limits others: for questions of what would be."""
    recall: Recall
    conversation: Conversation = NOTHING
    """What the thread holds so far."""
    amendment: Amendment | None = None
    """What somebody set of the pending draft by hand, which the prompt then only tells."""
