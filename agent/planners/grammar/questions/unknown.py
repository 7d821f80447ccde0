"""What to say of words that no part of a question could read."""

from __future__ import annotations

from agent.planners.grammar.asking import ACTIVITY, AMOUNT
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.grammar.questions.world import World
from agent.planners.grammar.words import Text
from core.errors import Code
from warehouse.catalog import nearest

_KINDS = ("event", "entity", "column", "metric", "trait", "audience")


class NothingNamed(Unclear):
    """Nothing of the catalog is named, or nothing of it that could be counted."""


def not_known(text: Text, world: World, start: int, end: int) -> Unclear:
    """The question or refusal for the words between two tokens."""
    words = text.words(start, end)
    for k in range(start, end):
        if text.low(k) in ACTIVITY | AMOUNT:
            return vague(text[k].text, world)
    known = {
        entry.phrase: entry.phrase
        for entry in world.lexicon.entries
        if entry.sense.kind in _KINDS and entry.sense.value is None
    }
    near = nearest(words.lower(), [*known], limit=3)
    metrics = ", ".join(sorted(world.lexicon.catalog.metrics))
    fix = f"Did you mean {_either(near)}?" if near else f"Metrics: {metrics or 'none yet'}."
    return refused(Code.NOT_UNDERSTOOD, f"I do not understand '{words}'.", span=words, fix=fix)


def vague(word: str, world: World) -> Unclear:
    """The question for a word that needs a number or an event: active, recent, high."""
    event = next(iter(world.lexicon.catalog.events.values()), None)
    said = event.phrases[0] if event is not None and event.phrases else "something"
    return Unclear(
        question=f"What does '{word}' mean here? Say it with an event, a number or a period, for "
        f"example 'users who did {said} in the last 7 days'."
    )


def _either(names: list[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
