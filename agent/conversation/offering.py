"""The choices of a question, each planned and counted, so that people see what they pick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.checking import check_draft
from agent.context import AskContext
from agent.conversation.comparing import preview_of
from agent.conversation.fragments import MOST_CHOICES
from agent.conversation.rewriting import mended, rewritten
from agent.conversation.taking import following, fragments_of
from agent.guard import guard
from agent.planners.port import Drafted, Plan
from core.artifacts import Choice, Preview
from core.errors import Refusal
from warehouse.catalog import Catalog

MOST_TRIED = 24
"""Prompts that are read to find the likeliest answers."""


def offered(state: Mapping[str, Any], context: AskContext) -> tuple[Choice, ...]:
    """At most four choices with their audience sizes: those that the planner gives, else likely
    ones that read. What only asks again is left out; what cannot be counted has no size."""
    plan = Plan.model_validate(state["plan"]) if state.get("plan") else Plan(intent="refused")
    is_read = plan.draft is not None and not state.get("refusals")
    if is_read or context.amendment is not None:
        return ()
    refusals = tuple(Refusal.model_validate(one) for one in state.get("refusals") or ())
    if plan.choices:
        found = (_given(one, plan, context) for one in plan.choices[:MOST_CHOICES])
        return tuple(one for one in found if one is not None)
    return likely(state["prompt"], plan.model_copy(update={"refusals": refusals}), context)


def likely(prompt: str, asked: Plan, context: AskContext) -> tuple[Choice, ...]:
    """Rewritten prompts that read completely and mean different things, counted."""
    kept: dict[str, Choice] = {}
    drafts: list[Drafted] = []
    for tried, choice in enumerate(candidates(prompt, asked, context.catalog)):
        if len(kept) == MOST_CHOICES or tried == MOST_TRIED:
            break
        if choice.label in kept or choice.prompt == prompt:
            continue
        draft = _draft(choice.prompt, context)
        if draft is not None and draft not in drafts:
            drafts.append(draft)
            kept[choice.label] = _counted(choice, draft, context)
    return tuple(kept.values())


def candidates(prompt: str, asked: Plan, catalog: Catalog) -> Iterator[Choice]:
    """What may be meant: answers to the question, or what stands near what was refused."""
    for question in asked.questions[:1]:
        yield from rewritten(prompt, question, catalog)
    for refusal in asked.refusals[:1]:
        yield from mended(prompt, refusal)


def _given(choice: Choice, asked: Plan, context: AskContext) -> Choice | None:
    made = _made(choice.prompt, context)
    if made.draft is None:
        again = made.questions == asked.questions and made.refusals == asked.refusals
        return None if again else choice
    if check_draft(made.draft, context):
        return None
    return _counted(choice, made.draft, context)


def _counted(choice: Choice, draft: Drafted, context: AskContext) -> Choice:
    preview = preview_of(draft, context.tools)
    size = preview.audience_size if isinstance(preview, Preview) else None
    return choice.model_copy(update={"audience_size": size})


def _draft(prompt: str, context: AskContext) -> Drafted | None:
    draft = _made(prompt, context).draft
    return draft if draft is not None and not check_draft(draft, context) else None


def _made(prompt: str, context: AskContext) -> Plan:
    """What a choice would draft; read by the grammar, so that no model is asked for each."""
    if refusals := guard(prompt):
        return Plan(intent="refused", refusals=refusals)
    taken = following(prompt, context)
    return taken.plan if taken is not None else fragments_of(context).plan(prompt)
