"""Whether two readings of one request mean the same: in their form, or by the users they select."""

from __future__ import annotations

from datetime import datetime

from agent.planners.canonical import canonical, same_draft
from agent.planners.measuring import Measure
from agent.planners.port import CountQuestion, Drafted
from core.conditions import And, Condition, Not, Or
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry


def agree(one: Drafted, other: Drafted, measure: Measure, as_of: datetime) -> bool:
    """Whether both drafts do the same: the same users get the same by the same channels."""
    if same_draft(one, other):
        return True
    if isinstance(one, EligibilityRule) and isinstance(other, EligibilityRule):
        return _sent_alike(one, other) and _same(one.members, other.members, measure, as_of)
    if isinstance(one, CountQuestion) and isinstance(other, CountQuestion):
        return _same(_counted(one), _counted(other), measure, as_of)
    if isinstance(one, DecisionPolicy) and isinstance(other, DecisionPolicy):
        return _policies_agree(one, other, measure, as_of)
    return False


def _same(one: Condition, other: Condition, measure: Measure, as_of: datetime) -> bool:
    if canonical(one) == canonical(other):
        return True
    overlap = measure(one, other, as_of)
    return overlap is not None and overlap.is_same


def _counted(question: CountQuestion) -> Condition:
    return And(of=(question.population, question.condition))


def _sent_alike(one: EligibilityRule, other: EligibilityRule) -> bool:
    return _action(one.action) == _action(other.action) and _held_out(one) == _held_out(other)


def _action(action: Action | None) -> tuple[object, ...]:
    return () if action is None else (action.key, action.channels, action.expires_after_seconds)


def _held_out(draft: EligibilityRule | DecisionPolicy) -> float:
    return draft.holdout.share if draft.holdout else 0.0


def _policies_agree(
    one: DecisionPolicy, other: DecisionPolicy, measure: Measure, as_of: datetime
) -> bool:
    """The same actions in the same order, each for the same users once all that holds back did."""
    frames = [
        (
            [(entry.tier, _action(entry.action), entry.score) for entry in each.entries],
            each.k,
            each.cooldown_seconds,
            _held_out(each),
            sorted((repr(o.outcome), o.actions) for o in each.suppressions if o.outcome),
        )
        for each in (one, other)
    ]
    if frames[0] != frames[1]:
        return False
    pairs = zip(one.entries, other.entries, strict=True)
    return all(
        _same(_selecting(one, first), _selecting(other, second), measure, as_of)
        for first, second in pairs
    )


def _selecting(policy: DecisionPolicy, entry: Entry) -> Condition:
    """Who is left for an entry: in the population, eligible, not held back, not stopped."""
    held = [one.when for one in policy.suppressions_of(entry) if one.when is not None]
    against = (*held, *(stop.when for stop in policy.stops_of(entry)))
    parts = [policy.population, entry.eligibility]
    return And(of=(*parts, Not(of=Or(of=against))) if against else tuple(parts))
