"""The choices of a question, each planned and counted, so that people see what they pick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.checking import check_draft
from agent.context import AskContext
from agent.conversation.comparing import preview_of
from agent.conversation.fragments import MOST_CHOICES
from agent.conversation.taking import following, fragments_of
from agent.planners.port import Plan
from core.artifacts import Choice, Preview


def offered(state: Mapping[str, Any], context: AskContext) -> tuple[Choice, ...]:
    """At most four choices with their audience sizes; one that only asks the same again is left
    out, one that cannot be counted has no size."""
    plan = Plan.model_validate(state["plan"]) if state.get("plan") else None
    if plan is None or plan.draft is not None:
        return ()
    counted = (_counted(one, plan, context) for one in plan.choices[:MOST_CHOICES])
    return tuple(one for one in counted if one is not None)


def _counted(choice: Choice, asked: Plan, context: AskContext) -> Choice | None:
    made = _made(choice.prompt, context)
    if made.draft is None:
        again = made.questions == asked.questions and made.refusals == asked.refusals
        return None if again else choice
    if check_draft(made.draft, context):
        return None
    preview = preview_of(made.draft, context.tools)
    size = preview.audience_size if isinstance(preview, Preview) else None
    return choice.model_copy(update={"audience_size": size})


def _made(prompt: str, context: AskContext) -> Plan:
    """What a choice would draft; read by the grammar, so that no model is asked for each."""
    taken = following(prompt, context)
    return taken.plan if taken is not None else fragments_of(context).plan(prompt)
