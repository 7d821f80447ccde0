"""Questions: how many users meet a condition. Everything else says what is understood."""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, refused
from agent.planners.grammar.reading import Reader
from agent.planners.grammar.words import Text
from agent.planners.port import CountQuestion, Plan
from core.conditions import EVERYONE
from core.errors import Code

_LEADS = (
    ("how", "many"), ("count", "the", "number", "of"), ("count", "of"), ("count", "the"),
    ("count",), ("what", "number", "of"), ("the", "number", "of"), ("number", "of"),
)  # fmt: skip


def plan_question(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """A count question; raises Unclear with what can be asked for every other question."""
    start = next((len(words) for words in _LEADS if text.has(0, *words)), None)
    if start is None:
        raise out_of_scope(text, lexicon)
    inner = text.slice(start, _end(text))
    reading = Reader(inner, lexicon, as_of).read()
    condition = reading.condition(inner)
    if reading.questions:
        raise Unclear(question=reading.questions[0])
    population = all_of(reading.population) if reading.population else EVERYONE
    problem = contradiction(all_of([population, condition]), lexicon.catalog, text.source)
    if problem is not None:
        raise Unclear(refusal=problem)
    assumptions = tuple(dict.fromkeys([*notes, *reading.notes]))
    draft = CountQuestion(population=population, condition=condition)
    return Plan(intent="question", draft=draft, assumptions=assumptions)


def _end(text: Text) -> int:
    """Where the question ends, without "are there" and its mark, which ask for nothing more."""
    end = len(text)
    while end and text.low(end - 1) in ("?", ".", "!"):
        end -= 1
    return end - 2 if end >= 2 and text.has(end - 2, "are", "there") else len(text)


def out_of_scope(text: Text, lexicon: Lexicon) -> Unclear:
    """What this planner understands, with an example of each."""
    action = next(iter(lexicon.catalog.actions.values()), None)
    name = action.name.lower() if action else "message"
    metric = next(iter(lexicon.catalog.metrics), "conversion")
    return refused(
        Code.OUT_OF_SCOPE,
        "I understand eligibility rules, priority orders, 'why did a metric "
        "change' and 'how many users'.",
        span=text.words(0, min(len(text), 12)),
        fix=f"For example: 'Create eligibility rules for the {name} that targets users who …', "
        f"'Define a priority order for …', 'Why did {metric} drop this week?', "
        f"'How many users …?'.",
    )
