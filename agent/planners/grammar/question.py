"""Questions: how many users meet a condition, and whatever can be counted, measured and split."""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, refused
from agent.planners.grammar.questions import NothingNamed, asks_more, read_question
from agent.planners.grammar.reading import Reader
from agent.planners.grammar.words import Text
from agent.planners.port import CountQuestion, Plan
from core.conditions import EVERYONE
from core.errors import Code
from core.questions import Count, MetricQuestion

_LEADS = (
    ("how", "many"), ("count", "the", "number", "of"), ("count", "of"), ("count", "the"),
    ("count",), ("what", "number", "of"), ("the", "number", "of"), ("number", "of"),
)  # fmt: skip


def plan_question(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The question of a text; raises Unclear with the words that nothing could read."""
    start = next((len(words) for words in _LEADS if text.has(0, *words)), None)
    if start is None or asks_more(text):
        try:
            return _metric(text, lexicon, as_of, notes)
        except NothingNamed as unclear:
            raise unclear if start is not None else out_of_scope(text, lexicon) from unclear
    try:
        return _count(text, start, lexicon, as_of, notes)
    except Unclear as unclear:
        if _names_people(text, lexicon):
            raise
        try:
            return _metric(text, lexicon, as_of, notes)
        except Unclear as other:
            raise other from unclear


def plan_anything_else(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """A prompt of which nothing tells the kind: numbers that are asked for without a question
    ("tickets by reason"); raises Unclear with what is understood."""
    try:
        plan = _metric(text, lexicon, as_of, notes)
    except Unclear as unclear:
        if unclear.question is not None and not isinstance(unclear, NothingNamed):
            raise
        raise out_of_scope(text, lexicon) from unclear
    if not _asks_for_numbers(plan):
        raise out_of_scope(text, lexicon)
    return plan


def _asks_for_numbers(plan: Plan) -> bool:
    """Split, in a period, or measured: what users did in so many words may as well be a rule."""
    question = plan.draft
    if not isinstance(question, MetricQuestion):
        return False
    measured = not isinstance(question.measure, Count)
    return bool(question.by or question.period or measured)


def _names_people(text: Text, lexicon: Lexicon) -> bool:
    return any(lexicon.is_person(text, i) for i in range(min(len(text), 6)))


def _metric(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    question, told = read_question(text, lexicon, as_of)
    assumptions = tuple(dict.fromkeys([*notes, *told]))
    problem = contradiction(question.who, lexicon.catalog, text.source)
    if problem is not None:
        raise Unclear(refusal=problem)
    if _counts_users(question):
        count = CountQuestion(population=EVERYONE, condition=question.who)
        return Plan(intent="question", draft=count, assumptions=assumptions)
    return Plan(intent="question", draft=question, assumptions=assumptions)


def _counts_users(question: MetricQuestion) -> bool:
    """Whether it asks no more than how many users there are: that has an answer of its own."""
    measure = question.measure
    plain = isinstance(measure, Count) and measure.rows.of == "users" and not measure.rows.time
    return plain and not question.by and question.period is None


def _count(text: Text, start: int, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
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
        "change' and questions about numbers.",
        span=text.words(0, min(len(text), 12)),
        fix=f"For example: 'Create eligibility rules for the {name} that targets users who …', "
        f"'Define a priority order for …', 'Why did {metric} drop this week?', "
        f"'How many users …?', 'Which country has the highest {metric}?'.",
    )
