"""What an entry of a policy asks of a user, and what holds it back, each as one condition."""

from __future__ import annotations

from core.conditions import EVERYONE, And, Condition, Not, Or, with_defaults
from core.rules import DecisionPolicy, Entry

NOBODY = Not(of=EVERYONE)


def eligible(entry: Entry) -> Condition:
    """Eligibility and applicability of an entry."""
    if entry.applicability is None:
        return entry.eligibility
    return And(of=(entry.eligibility, entry.applicability))


def stopped(entry: Entry, policy: DecisionPolicy) -> Condition:
    """Any stop condition that concerns an entry."""
    return _any_of([stop.when for stop in policy.stops_of(entry)])


def held_back(entry: Entry, policy: DecisionPolicy) -> Condition:
    """Any suppression in state form, or any stop condition, that concerns an entry."""
    parts = [one.when for one in policy.suppressions_of(entry) if one.when is not None]
    return _any_of([*parts, *(stop.when for stop in policy.stops_of(entry))])


def takes(entry: Entry, policy: DecisionPolicy) -> Condition:
    """Whom an entry takes as far as conditions go: eligible, and known not to be held back."""
    return And(of=(eligible(entry), Not(of=held_back(entry, policy))))


def in_order(policy: DecisionPolicy) -> tuple[Entry, ...]:
    """The entries as they win: by tier, then by place. Scores order within a tier by user."""
    return tuple(sorted(policy.entries, key=lambda entry: entry.tier))


def _any_of(parts: list[Condition]) -> Condition:
    if not parts:
        return NOBODY
    # They exclude: what they read and do not know holds back too.
    return Or(of=tuple(with_defaults(part, excluding=True) for part in parts))
