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


def always_first(one: Entry, other: Entry) -> bool:
    """Whether an entry goes before a later one for every user: scores differ by user."""
    return one.tier < other.tier or (one.score is None and other.score is None)


def shadowed_by(entry: Entry, above: list[Entry], policy: DecisionPolicy) -> list[str]:
    """The entries that take everybody whom an entry would take; none where somebody is left."""
    ours = And(of=(policy.population, takes(entry, policy)))
    rivals = [one for one in above if _goes_where(one, entry, policy)]
    if not rivals or never(ours):
        return []
    taken = [takes(one, policy) for one in rivals]
    each = [one for one, whom in zip(rivals, taken, strict=True) if _follows(ours, whom)]
    if len(each) >= policy.k:
        return [one.action.name for one in each[: policy.k]]
    together = _bound(ours, taken)
    if policy.k == 1 and together and implies(ours, Or(of=tuple(together))):
        return [one.action.name for one in rivals]
    return []


def _follows(premise: Condition, conclusion: Condition) -> bool:
    """``implies`` for a premise that somebody can meet, without a proof where there can be none."""
    about = topics(premise)
    apart = (one for one in parts(conclusion) if not topics(one) & about)
    return all(_always(one) for one in apart) and implies(premise, conclusion)


def _bound(ours: Condition, taken: list[Condition]) -> list[Condition]:
    """Those that could only together cover whom we mean: left out is what may fail by itself."""
    mine, left = topics(ours), [_Fallible.of(one) for one in taken]
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
    ours = {one.action.key: (*everybody, *_about(eligible(one))) for one in policy.entries}
    held = {one.action.key: held_back(one, policy) for one in policy.entries}
    bearing = {key: _bearing(ours[key], held[key]) for key in ours}

    def is_held_back(one: Entry, other: Entry) -> bool:
        key, theirs = one.action.key, ours[other.action.key]
        if not any(about & bearing[key] for _, about in theirs[len(everybody) :]):
            return False
        together = (*ours[key], *theirs[len(everybody) :])
        relevant = _bearing(together, held[key])
        asked = And(of=tuple(part for part, about in together if about & relevant))
        return (
            _implied(asked, held[key])
            and not never(policy.population, eligible(one), eligible(other))
            and not never(policy.population, takes(one, policy))
        )

    return is_held_back


Parts = tuple[tuple[Condition, Topics], ...]


def _about(condition: Condition) -> Parts:
    """The parts of a condition that all hold, each with what it is about."""
    return tuple((part, topics(part)) for part in parts(condition))


def _bearing(given: Parts, held: Condition) -> Topics:
    """What has to do with what holds back, through what is given: the rest has no say in it."""
    about = [topics(part) for part in parts(held, negated=True)]
    return reached(about, [topic for _, topic in given])


def waits_for(one: Entry, other: Entry) -> bool:
    """Whether an entry is only for people who got the message of another."""
    got = [leaf for leaf in leaves(eligible(one)) if _is_message(leaf, other.action.key)]
    return any(implies(eligible(one), leaf.model_copy(update=_AT_LEAST_ONE)) for leaf in got)


_AT_LEAST_ONE = {"op": Op.GE, "n": 1}


def _is_message(leaf: Condition, action: str) -> bool:
    wanted = Filter(column="action_key", value=action)
    return isinstance(leaf, Related) and wanted in leaf.where
