"""Prompts that no planner gets to see: empty or endless ones, ways around approval, orders."""

from __future__ import annotations

from agent.bypass import Bypass, bypass
from agent.explaining import is_explanation
from agent.folding import folded, visible
from agent.orders import ordered
from core.errors import Code, Refusal

MAX_CHARACTERS = 4_000
LONGEST_EXPLANATION = 20_000
"""A policy of many entries takes more words than a prompt, and every one of them is read."""


def guard(prompt: str) -> tuple[Refusal, ...]:
    """Why a prompt is not worked on at all; empty when it may go to a planner."""
    text = prompt.strip()
    if not text:
        return (
            Refusal(
                code=Code.NOT_UNDERSTOOD,
                message="The prompt is empty.",
                fix="Ask for a rule, a priority order or a diagnosis.",
            ),
        )
    most = LONGEST_EXPLANATION if is_explanation(text) else MAX_CHARACTERS
    if len(text) > most:
        return (
            Refusal(
                code=Code.NOT_UNDERSTOOD,
                message=f"The prompt has {len(text):,} characters; at most {most:,} are read.",
                fix="Say in a few sentences who should get what.",
            ),
        )
    seen = folded(text)
    if (asked := bypass(seen)) is not None:
        return (_refused(asked, text),)
    order = ordered(visible(text))
    return () if order is None else (order,)


def _refused(asked: Bypass, prompt: str) -> Refusal:
    """The refusal, pointing at words of the prompt even where they were disguised."""
    words = asked.words.strip(" \n.,;:!?")
    return Refusal(
        code=Code.BYPASS_REQUESTED,
        message=asked.message,
        span=words if words in prompt else visible(prompt)[:80],
        fix=asked.fix,
    )
