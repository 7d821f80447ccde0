"""What the parser has understood so far: pieces of meaning, and how to turn them round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agent.planners.grammar.spans import Span
from core.artifacts import Choice
from core.conditions import (
    And,
    Attribute,
    Condition,
    EventCount,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Trait,
    WhenUnknown,
    Window,
)
from core.errors import Code, Refusal

Form = Literal["verb", "noun", "state"]
Sep = Literal["first", "and", "or", "comma", "strong_and", "strong_or", "but", "sentence", "rel"]

OPPOSITE: dict[Op, Op] = {
    Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT, Op.LT: Op.GE, Op.EQ: Op.NE, Op.NE: Op.EQ,
}  # fmt: skip

_KNOWN = {Op.IS_NULL: Op.IS_NOT_NULL, Op.IS_NOT_NULL: Op.IS_NULL}


class Unclear(Exception):
    """Understanding stopped: a question to ask or a refusal to give. Caught by the planner."""

    def __init__(
        self,
        *,
        question: str | None = None,
        refusal: Refusal | None = None,
        choices: tuple[Choice, ...] = (),
    ) -> None:
        super().__init__(question or str(refusal))
        self.question = question
        self.refusal = refusal
        self.choices = choices
        """The likeliest answers, the likeliest first, each with the whole prompt it makes."""


def refused(
    code: Code,
    message: str,
    span: str | None = None,
    fix: str | None = None,
    choices: tuple[Choice, ...] = (),
) -> Unclear:
    """Understanding that ends in a refusal."""
    refusal = Refusal(code=code, message=message, span=span, fix=fix)
    return Unclear(refusal=refusal, choices=choices)


@dataclass(frozen=True, slots=True)
class Found:
    """A leaf or a group that was read, said positively; ``negated`` turns it round."""

    end: int
    condition: Condition
    form: Form = "state"
    negated: bool = False
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    span: Span | None = None
    counts_events: bool = False
    stated: str = ""
    bare_verb: bool = False
    """Said in the base form, without anything that makes it a predicate."""
    plain: bool = False
    """An event with neither quantity, filters nor window: may be part of a sequence."""
    nominal: bool = False
    """Counted as a thing, without a verb of its own: 'fewer than 2 workouts'."""
    adjacent: bool = False
    """The verb stands right before its object, so that it reads as an adjective as well."""
    told: str = ""
    """The moment of a row that a verb names: received, opened."""
    counted: bool = False
    """Said with a number or a comparison of its own."""
    start: int = 0
    """Where an event that is counted begins."""
    one_verb: bool = False
    """Counted beside the event before it, with the verb and the period of both."""
    elliptic: bool = False
    """An event whose object was named before it."""

    def asking(self, question: str) -> Found:
        """The same with one more question."""
        return replace(self, questions=(*self.questions, question))


@dataclass(frozen=True, slots=True)
class Item:
    """One predicate of a sequence, with what stood before it."""

    found: Found
    sep: Sep
    negated: bool
    marked: bool
    """Had its own relative pronoun, auxiliary or preposition: starts afresh."""
    lead: Span | None = None
    determiner: bool = False
    article: bool = False
    """Begins with nothing but an article: a negation before still reaches it."""
    own_verb: bool = False
    """Has its own have, do or with: nothing of a verb before holds for it."""


def negate(condition: Condition) -> Condition:
    """The opposite, said as a person would: no tickets instead of not at least one."""
    if isinstance(condition, EventCount | Related):
        if condition.op is Op.GE and condition.n == 1:
            return condition.model_copy(update={"op": Op.EQ, "n": 0})
        if condition.op is Op.EQ and condition.n == 0:
            return condition.model_copy(update={"op": Op.GE, "n": 1})
        return condition.model_copy(update={"op": OPPOSITE[condition.op]})
    if isinstance(condition, Not):
        return condition.of
    if isinstance(condition, Attribute | Trait) and condition.op in _KNOWN:
        return condition.model_copy(update={"op": _KNOWN[condition.op]})
    return Not(of=_known_members(condition))


def _known_members(condition: Condition) -> Condition:
    """Who is not known to be in an audience is not in it: 'not on trial' keeps those without."""
    if isinstance(condition, And | Or):
        parts = tuple(_known_members(part) for part in condition.of)
        return condition.model_copy(update={"of": parts})
    if isinstance(condition, InAudience) and condition.when_unknown is None:
        return condition.model_copy(update={"when_unknown": WhenUnknown.NO_MATCH})
    return condition


def all_of(parts: list[Condition] | tuple[Condition, ...]) -> Condition:
    """All of them, flat; one alone stands for itself."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.of if isinstance(part, And) else (part,))
    unique = [part for k, part in enumerate(flat) if part not in flat[:k]]
    return unique[0] if len(unique) == 1 else And(of=tuple(unique))


def any_of(parts: list[Condition] | tuple[Condition, ...]) -> Condition:
    """Any of them; one alone stands for itself."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.of if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(of=tuple(flat))


def with_window(condition: Condition, window: Window) -> Condition:
    """The same counts, within a window."""
    if isinstance(condition, EventCount) and condition.window is None:
        return condition.model_copy(update={"window": window})
    if isinstance(condition, And | Or):
        parts = tuple(with_window(part, window) for part in condition.of)
        return condition.model_copy(update={"of": parts})
    return condition
