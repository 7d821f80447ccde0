"""What is dropped of a draft: a condition, a value of a list, an entry, a suppression, a period."""

from __future__ import annotations

import re

from agent.conversation import amounts, ordering
from agent.conversation.changes import Edited, exchanged, made_known, without_notes
from agent.conversation.fragments import MOST_CHOICES, Fragments
from agent.conversation.parts import (
    Conditional,
    changed,
    clauses_in,
    content,
    names_of,
    refers,
    without,
)
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion
from core.artifacts import Choice
from core.conditions import EVERYONE, Attribute, Condition, Not, Op, Scalar
from core.errors import Code
from core.rules import Concerning, DecisionPolicy
from warehouse.wording import describe

_PERIOD_WORDS = re.compile(
    r"^(?:time )?(?:window|period|time ?frame|time limit|date range)s?\b", re.I
)
_CLAUSE_WORDS = re.compile(r"\b(?:conditions?|clauses?|requirements?|filters?|criteri\w+)\b", re.I)


def dropped(draft: Conditional, words: str, fragments: Fragments) -> Edited:
    """The draft without what words name; asks where several are called so."""
    if _PERIOD_WORDS.match(words):
        about = re.sub(r"^(?:of|for|on)\s+", "", _PERIOD_WORDS.sub("", words).strip())
        return made_known(amounts.no_period(draft, about, fragments), draft, fragments)
    if isinstance(draft, DecisionPolicy):
        gone = _held_gone(draft, words, fragments) or _entry_gone(draft, words, fragments)
        if gone is not None:
            return gone
    if (fewer := _value_gone(draft, words, fragments)) is not None:
        return fewer
    found = _clauses_called(draft, words, fragments)
    if not found:
        raise _no_clause(draft, words, fragments)
    if len(found) > 1:
        choices = tuple(
            Choice(label=f"Without: {text}", prompt=f"drop {text}")
            for text in (describe(one, fragments.catalog) for one in found[:MOST_CHOICES])
        )
        raise Unclear(question=f"Which condition is '{words}'?", choices=choices)
    return _clause_gone(draft, found[0], fragments)


def _clauses_called(draft: Conditional, words: str, fragments: Fragments) -> list[Condition]:
    """The requirements that words name, once each: by number, word for word, or by what"
    " they say."""
    each = [*dict.fromkeys(one.condition for one in clauses_in(draft) if one.condition != EVERYONE)]
    exact = [one for one in each if describe(one, fragments.catalog) == words]
    if exact:
        return exact
    number = re.fullmatch(r"(?:the )?(?:condition|clause|number|no\.?)\s*(\d)", words, re.I)
    if number and int(number[1]) <= len(each):
        return [each[int(number[1]) - 1]]
    return [one for one in each if refers(words, names_of(one, fragments.catalog))]


def _clause_gone(draft: Conditional, clause: Condition, fragments: Fragments) -> Edited:
    places = [one.where for one in clauses_in(draft) if one.condition == clause]
    if len(places) > 1 and isinstance(draft, DecisionPolicy):
        raise Unclear(
            question=f"'{describe(clause, fragments.catalog)}' holds for {', '.join(places)}. "
            "Ask for the priority order anew and say for which it is dropped."
        )
    made = changed(draft, without(clause))
    if _asks_nobody(made):
        raise refused(
            Code.EMPTY_CONDITION,
            "It is the last condition: the rule would be for everybody.",
            describe(clause, fragments.catalog),
            "Say who is meant instead, such as 'only iOS', or start over with 'all users'.",
        )
    said = f"dropped: {describe(clause, fragments.catalog)}"
    return Edited(without_notes(made, clause, fragments), (said,))


def _asks_nobody(draft: Conditional) -> bool:
    """Whether a rule, or an entry of an order, would be for everybody."""
    if isinstance(draft, DecisionPolicy):
        return any(one.eligibility == EVERYONE for one in draft.entries)
    everybody = not any(part.condition != EVERYONE for part in clauses_in(draft))
    return everybody and not isinstance(draft, CountQuestion)


def _held_gone(policy: DecisionPolicy, words: str, fragments: Fragments) -> Edited | None:
    """A suppression or a stop condition, by its name or by what it says."""

    def named(one: Concerning) -> bool:
        when = getattr(one, "when", None)
        read = names_of(when, fragments.catalog) if when is not None else frozenset()
        return refers(words, frozenset(content(one.name)) | read)

    only = re.search(r"\b(suppressions?|stop conditions?)\b", words, re.I)
    held = [one for one in policy.suppressions if named(one)]
    stops = [one for one in policy.stop_conditions if named(one)]
    kind = only[1].lower() if only else ""
    if kind and not content(words):
        return _all_gone(policy, kind)
    found = [
        *([] if kind.startswith("stop") else held),
        *([] if kind.startswith("supp") else stops),
    ]
    if not found or (not kind and len(found) > 1):
        return None
    if len({one.name for one in found}) > 1:
        names = ", ".join(f"'{one.name}'" for one in found)
        raise Unclear(question=f"Which of these is dropped: {names}? Say its name.")
    keys = {one.key for one in found}
    made = DecisionPolicy.model_validate(
        dict(policy)
        | {
            "suppressions": tuple(one for one in policy.suppressions if one.key not in keys),
            "stop_conditions": tuple(one for one in policy.stop_conditions if one.key not in keys),
        }
    )
    return Edited(made, (f"dropped: {found[0].name}",))


def _all_gone(policy: DecisionPolicy, kind: str) -> Edited:
    """'drop the suppressions': every one of them."""
    field = "stop_conditions" if kind.startswith("stop") else "suppressions"
    names = ", ".join(f"'{one.name}'" for one in getattr(policy, field)) or "none"
    made = DecisionPolicy.model_validate(dict(policy) | {field: ()})
    return Edited(made, (f"dropped: {names}",))


def _value_gone(draft: Conditional, words: str, fragments: Fragments) -> Edited | None:
    """'drop Brazil' of a list of countries: the others stay."""
    for clause in clauses_in(draft):
        leaf = clause.condition.of if isinstance(clause.condition, Not) else clause.condition
        if not isinstance(leaf, Attribute) or not isinstance(leaf.value, tuple):
            continue
        gone = [value for value in leaf.value if _is_called(leaf, value, words, fragments)]
        kept = tuple(value for value in leaf.value if value not in gone)
        if gone and kept:
            one = {"op": Op.EQ if leaf.op is Op.IN else Op.NE, "value": kept[0]}
            fewer = leaf.model_copy(update={"value": kept} if len(kept) > 1 else one)
            return exchanged(draft, leaf, fewer, fragments)
    return None


def _is_called(leaf: Attribute, value: Scalar, words: str, fragments: Fragments) -> bool:
    """Whether words name one value of a list, and not the column, which is all of it."""
    of_column = names_of(Attribute(column=leaf.column, op=Op.IS_NOT_NULL), fragments.catalog)
    alone = Attribute(column=leaf.column, value=value)
    return refers(words, names_of(alone, fragments.catalog)) and not refers(words, of_column)


def _entry_gone(policy: DecisionPolicy, words: str, fragments: Fragments) -> Edited | None:
    """An entry by its name, unless a condition is named, or neither is."""
    if _CLAUSE_WORDS.search(words):
        return None
    called = ordering.entries_called(policy, words, fragments.catalog)
    if not called and _clauses_called(policy, words, fragments):
        return None
    place = ordering.entry_called(policy, words, fragments.catalog)
    name = policy.entries[place].action.name
    made = ordering.dropped(policy, place)
    return Edited(made, (f"dropped: {name}; the order is {ordering.order(made)}",))


def _no_clause(draft: Conditional, words: str, fragments: Fragments) -> Unclear:
    each = [describe(one.condition, fragments.catalog) for one in clauses_in(draft)]
    listed = "; ".join(f"'{one}'" for one in dict.fromkeys(each) if one != "everyone")
    return refused(
        Code.NOT_UNDERSTOOD, f"The draft has no condition '{words}'.", words,
        f"Its conditions: {listed}.",
    )  # fmt: skip
