"""The conditions of a draft: where they stand, what they are called, and how to exchange one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from agent.planners.grammar.words import same_word
from agent.planners.port import CountQuestion, Drafted
from core.conditions import EVERYONE, And, AnyLeaf, Condition, Not, Or, clauses, leaves
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.catalog import Catalog
from warehouse.wording import describe

Conditional = EligibilityRule | DecisionPolicy | CountQuestion
Changed = Callable[[Condition], Condition]

_NO_NAME = frozenset(
    "a an the of in on for from with without who that which are is was were be not no and or"
    " to at by it"
    " one than least most more less fewer times time users user people condition conditions"
    " clause clauses"
    " requirement requirements filter filters criterion criteria restriction restrictions"
    " limit limits part"
    " parts bit bits exclusion exclusions rule threshold number count minimum maximum only"
    " level has have had"
    " been did do does suppression suppressions stop entry entries step message"
    " their they only".split()
)


class Clause(NamedTuple):
    """One requirement of a draft, and whom it concerns: everybody, or an entry."""

    condition: Condition
    where: str


def conditions_in(draft: Conditional) -> tuple[Clause, ...]:
    """Every condition of a draft, whole, with where it stands."""
    if not isinstance(draft, DecisionPolicy):
        return (Clause(draft.population, "everybody"), Clause(draft.condition, "everybody"))
    found = [Clause(draft.population, "everybody")]
    for entry in draft.entries:
        found.append(Clause(entry.eligibility, entry.action.key))
        if entry.applicability is not None:
            found.append(Clause(entry.applicability, entry.action.key))
    found += [Clause(one.when, one.key) for one in draft.suppressions if one.when is not None]
    return (*found, *(Clause(one.when, one.key) for one in draft.stop_conditions))


def clauses_in(draft: Conditional) -> tuple[Clause, ...]:
    """The requirements on people that may be changed or dropped one by one."""
    if isinstance(draft, DecisionPolicy):
        whole = [Clause(draft.population, "everybody")]
        whole += [Clause(one.eligibility, one.action.key) for one in draft.entries]
    else:
        whole = [*conditions_in(draft)]
    return tuple(Clause(part, one.where) for one in whole for part in clauses(one.condition))


def leaves_in(draft: Conditional) -> tuple[AnyLeaf, ...]:
    """The leaves of the requirements, once each."""
    return tuple(dict.fromkeys(leaf for one in clauses_in(draft) for leaf in leaves(one.condition)))


def changed(draft: Conditional, change: Changed) -> Conditional:
    """The draft with every requirement on people passed through ``change``."""
    if isinstance(draft, DecisionPolicy):
        entries = tuple(
            one.model_copy(update={"eligibility": change(one.eligibility)}) for one in draft.entries
        )
        return _valid(draft, population=change(draft.population), entries=entries)
    population, condition = change(draft.population), change(draft.condition)
    return _valid(draft, population=population, condition=condition)


def _valid(draft: Conditional, **update: object) -> Conditional:
    """A copy that is checked as a new one is."""
    made = type(draft).model_validate(dict(draft) | update)
    assert isinstance(made, EligibilityRule | DecisionPolicy | CountQuestion)
    return made


def exchange(old: Condition, new: Condition) -> Changed:
    """Puts one condition in the place of an equal one, wherever it stands."""

    def change(condition: Condition) -> Condition:
        if condition == old:
            return new
        if isinstance(condition, And | Or):
            return condition.model_copy(update={"of": tuple(change(one) for one in condition.of)})
        if isinstance(condition, Not):
            return Not(of=change(condition.of))
        return condition

    return change


def without(old: Condition) -> Changed:
    """Leaves a clause out; what then holds nothing is everyone."""

    def change(condition: Condition) -> Condition:
        if condition == old:
            return EVERYONE
        if isinstance(condition, And):
            kept = tuple(
                change(one) if isinstance(one, And) else one for one in condition.of if one != old
            )
            return kept[0] if len(kept) == 1 else And(of=kept)
        return condition

    return change


def and_also(draft: Conditional, added: Condition) -> Conditional:
    """The draft with one more requirement on everybody."""
    if isinstance(draft, DecisionPolicy):
        return _valid(draft, population=_both(draft.population, added))
    return _valid(draft, condition=_both(draft.condition, added))


def or_also(draft: EligibilityRule | CountQuestion, added: Condition) -> Conditional:
    """The draft with these people let in as well."""
    either = draft.condition.of if isinstance(draft.condition, Or) else (draft.condition,)
    return _valid(draft, condition=Or(of=(*either, added)))


def _both(one: Condition, other: Condition) -> Condition:
    parts = tuple(dict.fromkeys((*clauses(one), *clauses(other))))
    return parts[0] if len(parts) == 1 else And(of=parts)


def content(words: str) -> tuple[str, ...]:
    """The words of a reference that name something."""
    found = re.findall(r"[a-z0-9]+", words.lower().replace("_", " "))
    return tuple(one for one in found if one not in _NO_NAME)


def names_of(condition: Condition, catalog: Catalog) -> frozenset[str]:
    """Every word by which people may refer to a condition."""
    found = {*content(describe(condition, catalog))}
    for leaf in leaves(condition):
        for phrase in _phrases(leaf, catalog):
            found.update(content(phrase))
    return frozenset(found)


def _phrases(leaf: AnyLeaf, catalog: Catalog) -> Iterator[str]:
    for attribute in ("event", "first", "then", "name", "trait", "entity", "column", "key"):
        name = getattr(leaf, attribute, None)
        if not isinstance(name, str):
            continue
        yield name
        for section in (catalog.events, catalog.traits, catalog.entities, catalog.audiences):
            if name in section:
                yield from section[name].phrases
        column = catalog.user_columns().get(name)
        if column is not None:
            yield from column.phrases
            for value in _values(getattr(leaf, "value", None)):
                yield from (value, *(column.values or {}).get(value, ()))


def _values(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(str(one) for one in value)
    return (value,) if isinstance(value, str) else ()


def refers(words: str, names: frozenset[str]) -> bool:
    """Whether every word of a reference is one of the names, whatever its form."""
    named = content(words)
    return bool(named) and all(any(same_word(one, name) for name in names) for one in named)


def as_conditional(draft: Drafted | None) -> Conditional | None:
    """The draft, where it has conditions on people."""
    return draft if isinstance(draft, EligibilityRule | DecisionPolicy | CountQuestion) else None
