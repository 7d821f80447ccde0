"""Two drafts side by side, in users: before and after a change, as it is and as it would be."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool
from pydantic import TypeAdapter

from agent.context import AskContext
from agent.conversation.turn import Turn
from agent.planners.port import CountQuestion, Drafted
from core.artifacts import Preview
from core.rules import ContactPolicy, DecisionPolicy, EligibilityRule
from tools.context import Refused
from warehouse.catalog import Catalog

WITHHELD = "Its numbers would tell of few users, and are not shown."
DRAFT: TypeAdapter[Any] = TypeAdapter(Drafted)


def compare(turn: dict[str, Any], drafted: Drafted, context: AskContext) -> dict[str, Any]:
    """Audience and reachable size of what the draft is compared with; empty where nothing is."""
    taken = Turn.model_validate(turn)
    other = taken.other if taken.other is not None else drafted
    if taken.other is None and taken.cap is None:
        return {}
    tools = context.tools
    if taken.cap is not None:
        tools = context.under(capped(context.catalog, taken.cap))
    found = preview_of(other, tools)
    if isinstance(found, Refused):
        return {"refused": str(found.refusals[0])}
    if found is None:
        return {"refused": WITHHELD} if isinstance(other, CountQuestion) else {}
    return sizes(found)


def preview_of(draft: Drafted, tools: dict[str, BaseTool]) -> Preview | Refused | None:
    """What a draft would do; None where it has no audience, or one of few whom nobody is told."""
    match draft:
        case EligibilityRule():
            result = tools["preview_audience"].invoke({"rule": draft})
        case DecisionPolicy():
            result = tools["simulate"].invoke({"policy": draft})
        case CountQuestion():
            asked = draft.model_dump(include={"population", "condition"})
            result = tools["count_users"].invoke(asked)
        case _:
            return None
    if isinstance(result, Refused):
        return result
    return None if result.preview is None else Preview.model_validate(result.preview)


def sizes(preview: Preview) -> dict[str, Any]:
    """The numbers that are compared."""
    return {
        "audience": preview.audience_size,
        "reachable": preview.reachable_size,
        "selected": {one.entry: one.selected for one in preview.winners},
    }


def capped(catalog: Catalog, n: int) -> Catalog:
    """The catalog, were every cap on marketing messages at most so many."""
    contact = catalog.defaults.contact_policy
    caps = tuple(one.model_copy(update={"n": n}) for one in contact.caps)
    changed = ContactPolicy.model_validate(dict(contact) | {"caps": caps})
    defaults = catalog.defaults.model_copy(update={"contact_policy": changed})
    return catalog.model_copy(update={"defaults": defaults})
