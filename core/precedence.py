"""How the entries of a policy stand to each other: who goes first, who waits for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from core.conditions import And, Condition, Filter, Op, Or, Related, leaves
from core.implication import always, implies, never
from core.pursuit import eligible, held_back, takes
from core.rules import DecisionPolicy, Entry
from core.topics import Topics, parts, reached, topics

Relation = Callable[[Entry, Entry], bool]
"""Of one entry to another of the same policy."""
Parts = tuple[tuple[Condition, Topics], ...]
"""Conditions that all hold, each with what it is about."""


def always_first(one: Entry, other: Entry) -> bool:
    """Whether an entry goes before a later one for every user: scores differ by user."""
    return one.tier < other.tier or (one.score is None and other.score is None)


def shadowed_by(entry: Entry, above: list[Entry], policy: DecisionPolicy) -> list[str]:
    """The entries that take everybody whom an entry would take; none where somebody is left."""
    rivals = [one for one in above if _goes_where(one, entry, policy)]
    found = _covering(entry, rivals, policy)
    # Where nobody is left to be taken, something else is wrong.
    if found and never(policy.population, takes(entry, policy)):
        return []
    return [one.action.name for one in found]


def _covering(entry: Entry, rivals: list[Entry], policy: DecisionPolicy) -> list[Entry]:
    ours = _about(And(of=(policy.population, takes(entry, policy))))
    taken = [takes(one, policy) for one in rivals]
    each = [one for one, whom in zip(rivals, taken, strict=True) if _follows(ours, whom)]
    if len(each) >= policy.k:
        return each[: policy.k]
    together = _bound(ours, taken)
    if policy.k == 1 and together and _implied(_bearing(ours, together), Or(of=tuple(together))):
        return rivals
    return []


def _follows(premise: Parts, conclusion: Condition) -> bool:
    """``implies`` for a premise that somebody can meet, part by part and by what bears on it."""
    return all(_implied(_bearing(premise, [part]), part) for part in parts(conclusion))


def _bound(ours: Parts, taken: list[Condition]) -> list[Condition]:
    """Those that could only together cover whom we mean: left out is what may fail by itself."""
    mine = frozenset[str]().union(*(about for _, about in ours))
    left = [_Fallible.of(one) for one in taken]
    while True:
        read = Counter(name for one in left for name in one.about)
        kept = [one for one in left if not one.fails_alone(mine, read)]
        if len(kept) == len(left):
            return [one.condition for one in kept]
        left = kept


class _Fallible(NamedTuple):
    """A condition that is true only where all of its parts are."""

    condition: Condition
    about: Topics
    parts: Parts

    @classmethod
    def of(cls, condition: Condition) -> _Fallible:
        return cls(condition, topics(condition), _about(condition))

    def fails_alone(self, ours: Topics, read: Mapping[str, int]) -> bool:
        """Whether a part may be untrue whatever is the case elsewhere: nobody else reads it."""
        return any(
            not about & ours and all(read[name] == 1 for name in about) and not _always(part)
            for part, about in self.parts
        )


@lru_cache(maxsize=1_024)
def _always(condition: Condition) -> bool:
    return always(condition)


@lru_cache(maxsize=4_096)
def _implied(premise: Condition, conclusion: Condition) -> bool:
    return implies(premise, conclusion)


def _goes_where(rival: Entry, entry: Entry, policy: DecisionPolicy) -> bool:
    """Whether a rival can be sent to whomever an entry can be sent to."""
    if rival.action.offer is not None:
        # It goes nowhere before its offer begins, after it, or where another offer stands.
        return False
    paused = [one for one in policy.suppressions_of(rival) if one.outcome is not None]
    if any(one not in policy.suppressions_of(entry) for one in paused):
        return False
    needs_more = rival.action.message_class == "marketing" != entry.action.message_class
    return not needs_more and set(entry.action.channels) <= set(rival.action.channels)


def circle(policy: DecisionPolicy, relation: Relation) -> list[str]:
    """Names of entries each of which stands in a relation to the next, and the last to the first.

    Entries that nobody can be eligible for together are no circle.
    """
    follows = {
        one.action.key: [
            other for other in policy.entries if other is not one and relation(one, other)
        ]
        for one in policy.entries
    }
    for start in policy.entries:
        found = _way_back(start, (start,), follows)
        if found and not never(policy.population, *(eligible(one) for one in found)):
            return [one.action.name for one in found]
    return []


def _way_back(
    start: Entry, way: tuple[Entry, ...], follows: Mapping[str, list[Entry]]
) -> tuple[Entry, ...]:
    for after in follows[way[-1].action.key]:
        if after == start:
            return way
        if after not in way and (found := _way_back(start, (*way, after), follows)):
            return found
    return ()


def gives_way(policy: DecisionPolicy) -> Relation:
    """Whether an entry is held back for whoever is eligible for another."""
    everybody = _about(policy.population)
    for_whom = {one.action.key: _about(eligible(one)) for one in policy.entries}
    held = {one.action.key: held_back(one, policy) for one in policy.entries}
    bears = {
        key: _reached((*everybody, *for_whom[key]), parts(one, negated=True))
        for key, one in held.items()
    }

    def is_held_back(one: Entry, other: Entry) -> bool:
        key, theirs = one.action.key, for_whom[other.action.key]
        if not any(about & bears[key] for _, about in theirs):
            return False
        together = (*everybody, *for_whom[key], *theirs)
        return (
            _implied(_bearing(together, parts(held[key], negated=True)), held[key])
            and not never(policy.population, eligible(one), eligible(other))
            and not never(policy.population, takes(one, policy))
        )

    return is_held_back


def _about(condition: Condition) -> Parts:
    """The parts of a condition that all hold, each with what it is about."""
    return tuple((part, topics(part)) for part in parts(condition))


def _bearing(given: Parts, asked: list[Condition]) -> Condition:
    """What is given and has to do with what is asked: the rest has no say in it."""
    bears = _reached(given, asked)
    return And(of=tuple(part for part, about in given if about & bears))


def _reached(given: Parts, asked: list[Condition]) -> Topics:
    return reached([topics(one) for one in asked], [about for _, about in given])


def waits_for(one: Entry, other: Entry) -> bool:
    """Whether an entry is only for people who got the message of another."""
    got = [leaf for leaf in leaves(eligible(one)) if _is_message(leaf, other.action.key)]
    return any(implies(eligible(one), leaf.model_copy(update=_AT_LEAST_ONE)) for leaf in got)


_AT_LEAST_ONE = {"op": Op.GE, "n": 1}


def _is_message(leaf: Condition, action: str) -> bool:
    wanted = Filter(column="action_key", value=action)
    return isinstance(leaf, Related) and wanted in leaf.where
