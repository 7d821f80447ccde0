"""How the entries of a policy stand to each other: who goes first, who waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.conditions import And, Condition, Filter, Op, Or, Related, leaves
from core.implication import implies, never
from core.pursuit import eligible, held_back, takes
from core.rules import DecisionPolicy, Entry

Relation = Callable[[Entry, Entry, DecisionPolicy], bool]


def always_first(one: Entry, other: Entry) -> bool:
    """Whether an entry goes before a later one for every user: scores differ by user."""
    return one.tier < other.tier or (one.score is None and other.score is None)


def shadowed_by(entry: Entry, above: list[Entry], policy: DecisionPolicy) -> list[str]:
    """The entries that take everybody whom an entry would take; none where somebody is left."""
    ours = And(of=(policy.population, takes(entry, policy)))
    rivals = [one for one in above if _goes_where(one, entry, policy)]
    if not rivals or never(ours):
        return []
    each = [one for one in rivals if implies(ours, takes(one, policy))]
    if len(each) >= policy.k:
        return [one.action.name for one in each[: policy.k]]
    together = Or(of=tuple(takes(one, policy) for one in rivals))
    if policy.k == 1 and implies(ours, together):
        return [one.action.name for one in rivals]
    return []


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
            other for other in policy.entries if other != one and relation(one, other, policy)
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


def gives_way(one: Entry, other: Entry, policy: DecisionPolicy) -> bool:
    """Whether an entry is held back for whoever is eligible for another."""
    theirs = And(of=(policy.population, eligible(one), eligible(other)))
    if never(theirs) or never(policy.population, takes(one, policy)):
        return False
    return implies(theirs, held_back(one, policy))


def waits_for(one: Entry, other: Entry, policy: DecisionPolicy) -> bool:
    """Whether an entry is only for people who got the message of another."""
    got = [leaf for leaf in leaves(eligible(one)) if _is_message(leaf, other.action.key)]
    return any(implies(eligible(one), leaf.model_copy(update=_AT_LEAST_ONE)) for leaf in got)


_AT_LEAST_ONE = {"op": Op.GE, "n": 1}


def _is_message(leaf: Condition, action: str) -> bool:
    wanted = Filter(column="action_key", value=action)
    return isinstance(leaf, Related) and wanted in leaf.where
