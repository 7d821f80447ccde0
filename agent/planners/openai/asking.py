"""The words that a model is given for a request: catalog, examples, feedback and the prompt."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agent.planners.openai.shown import shown
from agent.planners.openai.vocabulary import found, vocabulary
from agent.planners.port import Drafted, PlanRequest
from core.errors import Refusal
from prompts import Rendered, load
from warehouse.catalog import Catalog

if TYPE_CHECKING:
    from agent.planners.openai.client import Message

PROMPT = "plan"
MOST_EXAMPLES = 3
FIRST_DRAFT = "- none: this is the first draft"
ALONE = "- none: it stands alone"


class Example(NamedTuple):
    """A prompt that people had approved, with what it became."""

    prompt: str
    draft: Drafted


Nearest = Callable[[str, int], Sequence[Example]]
"""The verified examples nearest to a prompt, at most so many."""


def none_known(_prompt: str, _limit: int) -> Sequence[Example]:
    """No examples: nothing was verified yet."""
    return ()


def rendered(request: PlanRequest, catalog: Catalog, nearest: Nearest) -> Rendered:
    """The prompt of a request, with everything that helps to read it."""
    return load(PROMPT).render(
        vocabulary=vocabulary(catalog, request.grounding),
        as_of=request.as_of.isoformat(sep=" ", timespec="minutes"),
        grounding=found(request.grounding),
        examples=_examples(request.prompt, catalog, nearest),
        pending=_pending(request, catalog),
        feedback=_feedback(request.refusals),
        prompt=request.prompt,
    )


def messages(said: Rendered) -> tuple[Message, ...]:
    """A rendered prompt as messages."""
    from agent.planners.openai.client import Message

    return (
        Message(role="system", content=said.system),
        Message(role="user", content=said.user),
    )


def retry(flaw: str) -> tuple[Message, ...]:
    """What is added when the last reply was no use."""
    return messages(load("retry").render(flaw=flaw))[1:]


def _examples(prompt: str, catalog: Catalog, nearest: Nearest) -> str:
    """One line an example; whatever else stands in a verified prompt stays data in quotes."""
    lines = []
    for example in nearest(prompt, 2 * MOST_EXAMPLES):
        plan = shown(example.draft, catalog)
        if plan is not None and example.prompt != prompt:
            lines.append(f"- {json.dumps(example.prompt, ensure_ascii=False)}\n  {plan}")
    return "\n".join(lines[:MOST_EXAMPLES]) or "- none"


def _pending(request: PlanRequest, catalog: Catalog) -> str:
    if request.pending is None:
        return ALONE
    return shown(request.pending, catalog) or request.pending.model_dump_json(exclude_defaults=True)


def _feedback(refusals: tuple[Refusal, ...]) -> str:
    return "\n".join(f"- {one.code}: {one}" for one in refusals) or FIRST_DRAFT
