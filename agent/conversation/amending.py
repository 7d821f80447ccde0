"""Conditions of a draft that somebody set by hand, instead of saying what to change.

It is one more kind of change of the pending draft: what it makes passes the same checks, is
simulated and told as a change in words is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from agent.conversation.changes import without_notes
from agent.conversation.fragments import Fragments
from agent.conversation.held import Conversation, Kept
from agent.conversation.parts import Conditional
from agent.conversation.plans import asked_back, planned
from agent.conversation.turn import RULES, Taken, Turn, name_of
from agent.planners.grammar.meaning import Unclear, refused
from agent.redaction import redact
from core.conditions import Condition, Frozen, clauses
from core.errors import Code, refuse
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.catalog import Catalog
from warehouse.wording import describe

Rule = EligibilityRule | DecisionPolicy
POPULATION, CONDITION, ENTRY = "population", "condition", "entry:"
LONGEST_PROMPT = 2_000
BY_HAND = "Conditions set by hand: "
"""How a prompt begins that tells an amendment."""


class Amended(Frozen):
    """One condition, as it was when somebody began to change it and as they left it."""

    place: str
    """Where it stands, as ``audiences_of`` names it."""
    before: Condition
    after: Condition


class Amendment(Frozen):
    """What somebody changed of a draft by hand."""

    of: tuple[Amended, ...] = Field(min_length=1)


def audiences_of(rule: Rule) -> dict[str, Condition]:
    """The conditions on people that can be set by hand, by where they stand."""
    if isinstance(rule, EligibilityRule):
        return {POPULATION: rule.population, CONDITION: rule.condition}
    entries = {f"{ENTRY}{one.action.key}": one.eligibility for one in rule.entries}
    return {POPULATION: rule.population, **entries}


def with_audiences(rule: Rule, conditions: Mapping[str, Condition]) -> Rule:
    """The rule with these conditions where they stand."""
    population = conditions.get(POPULATION, rule.population)
    if isinstance(rule, EligibilityRule):
        condition = conditions.get(CONDITION, rule.condition)
        return rule.model_copy(update={"population": population, "condition": condition})
    entries = tuple(
        one.model_copy(
            update={"eligibility": conditions.get(f"{ENTRY}{one.action.key}", one.eligibility)}
        )
        for one in rule.entries
    )
    return rule.model_copy(update={"population": population, "entries": entries})


def said(amendment: Amendment, catalog: Catalog) -> str:
    """The amendment as a prompt of the conversation, for those who read how a draft came about.

    Raises a refusal for a value that is a secret or of one person: rules are kept and read.
    """
    words = "; ".join(_changes(amendment, None, catalog))
    if kinds := redact(words).kinds:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"A condition holds what looks like this: {', '.join(kinds)}.",
            fix="Take the value out: a rule is kept, and others read it.",
        )
    text = f"{BY_HAND}{words}"
    return text if len(text) <= LONGEST_PROMPT else f"{text[: LONGEST_PROMPT - 1]}…"


def amended(
    amendment: Amendment, prompt: str, conversation: Conversation, fragments: Fragments
) -> Taken:
    """The turn that an amendment makes of the pending draft, or why it makes none."""
    try:
        kept, rule = _pending(conversation)
        _require_unmoved(amendment, rule)
        made = _made(amendment, rule, fragments)
    except Unclear as unclear:
        return Taken(Turn(kind="edit"), asked_back(unclear))
    changes = tuple(_changes(amendment, rule, fragments.catalog))
    turn = Turn(kind="edit", changes=changes, other=rule, prompt=kept.then(prompt))
    return Taken(turn, planned(made))


def _pending(conversation: Conversation) -> tuple[Kept, Rule]:
    kept = conversation.pending
    if kept is None or not isinstance(kept.draft, RULES):
        gone = f" '{name_of(kept.draft)}' took its place." if kept and kept.draft else ""
        raise refused(
            Code.OUT_OF_SCOPE,
            f"The draft whose conditions these are is no longer the one in work.{gone}",
            fix="Say 'undo' until it is back, then change it.",
        )
    return kept, kept.draft


def _require_unmoved(amendment: Amendment, rule: Rule) -> None:
    """What was changed meanwhile, in another window perhaps, is not written over."""
    now = audiences_of(rule)
    for one in amendment.of:
        if now.get(one.place) != one.before:
            raise refused(
                Code.OUT_OF_SCOPE,
                "The draft was changed meanwhile, so that this change was not made.",
                fix="Open its conditions again: they are now as they were left there.",
            )


def _made(amendment: Amendment, rule: Rule, fragments: Fragments) -> Conditional:
    made: Conditional = with_audiences(rule, {one.place: one.after for one in amendment.of})
    if made == rule:
        raise refused(
            Code.CONTRADICTION, "These are the conditions that the draft has.",
            fix="Nothing was changed.",
        )  # fmt: skip
    for one in amendment.of:
        for gone in _missing(one.before, one.after):
            made = without_notes(made, gone, fragments)
    return made


def _changes(amendment: Amendment, rule: Rule | None, catalog: Catalog) -> Iterator[str]:
    """Each change in words, as changes that are said are told."""
    for one in amendment.of:
        where = _where(one.place, rule)
        gone, new = _missing(one.before, one.after), _missing(one.after, one.before)
        if len(gone) == len(new):
            for old, other in zip(gone, new, strict=True):
                yield f"{where}{describe(old, catalog)} → {describe(other, catalog)}"
        else:
            yield from (f"{where}dropped: {describe(old, catalog)}" for old in gone)
            yield from (f"{where}added: {describe(other, catalog)}" for other in new)


def _missing(of: Condition, there: Condition) -> tuple[Condition, ...]:
    """The clauses of one condition that another lacks."""
    known = clauses(there)
    return tuple(one for one in clauses(of) if one not in known)


def _where(place: str, rule: Rule | None) -> str:
    if place == CONDITION:
        return ""
    if place == POPULATION:
        return "of those considered: "
    key = place.removeprefix(ENTRY)
    entries = rule.entries if isinstance(rule, DecisionPolicy) else ()
    name = next((one.action.name for one in entries if one.action.key == key), None)
    return f"{name or key.replace('_', ' ')}: "
