"""One form for every way to write the same condition, so that two readings can be compared.

Order, nesting and repetition do not count, a negated count is the opposite
count, and ``> n`` is ``>= n + 1``. Equal forms mean the same users on any data;
different forms may still mean the same.
"""

from __future__ import annotations

from typing import Any

from agent.planners.port import CountQuestion, DebugQuestion, Drafted
from core.conditions import (
    And,
    Condition,
    EventCount,
    Not,
    Op,
    Or,
    Related,
    with_defaults,
)
from core.rules import Action, DecisionPolicy, EligibilityRule

OPPOSITE = {
    Op.GE: Op.LT, Op.LT: Op.GE, Op.GT: Op.LE, Op.LE: Op.GT, Op.EQ: Op.NE, Op.NE: Op.EQ,
}  # fmt: skip


Form = tuple[str, ...] | tuple[str, tuple[Any, ...]]


def canonical(condition: Condition) -> str:
    """The form of a condition as text: equal for all ways to write it that this knows."""
    return repr(_form(with_defaults(condition), negated=False))


def _form(condition: Condition, *, negated: bool) -> Form:
    if isinstance(condition, Not):
        return _form(condition.of, negated=not negated)
    if isinstance(condition, And | Or):
        return _joined(condition, negated=negated)
    if isinstance(condition, EventCount | Related):
        return _counted(condition, negated=negated)
    return ("not" if negated else "is", condition.model_dump_json())


def _joined(condition: And | Or, *, negated: bool) -> Form:
    """Parts in one order, without repetition; a negated 'and' is an 'or' of the opposites."""
    word = "and" if isinstance(condition, And) != negated else "or"
    parts: list[Any] = []
    for child in condition.of:
        form = _form(child, negated=negated)
        parts.extend(form[1] if form[0] == word else (form,))
    unique = sorted(dict.fromkeys(parts), key=repr)
    return unique[0] if len(unique) == 1 else (word, tuple(unique))


def _counted(condition: EventCount | Related, *, negated: bool) -> Form:
    op, n = OPPOSITE[condition.op] if negated else condition.op, condition.n
    if op is Op.GT:
        op, n = Op.GE, n + 1
    if op is Op.LT:
        op, n = Op.LE, n - 1
    if (op, n) == (Op.LE, 0):
        op = Op.EQ
    if (op, n) == (Op.NE, 0):
        op, n = Op.GE, 1
    bare = condition.model_dump(mode="json", exclude={"op", "n", "when_unknown"})
    bare["where"] = sorted(bare["where"], key=str)
    return ("count", f"{op} {n} of {bare}")


def same_draft(one: Drafted, other: Drafted) -> bool:
    """Whether two drafts mean the same, whatever they are called and assume."""
    return type(one) is type(other) and _meaning(one) == _meaning(other)


def meaning_of(draft: Drafted) -> str:
    """What a draft means as text: equal for drafts that differ only in names and wording."""
    return repr(_meaning(draft))


def _meaning(draft: Drafted) -> Any:
    match draft:
        case EligibilityRule():
            sent = None if draft.action is None else _sent(draft.action)
            return canonical(draft.members), sent, draft.holdout and draft.holdout.share
        case DecisionPolicy():
            return _ordered(draft)
        case CountQuestion():
            return canonical(draft.population), canonical(draft.condition)
        case DebugQuestion():
            segments = [one and (one.column, one.value) for one in (draft.segment, draft.control)]
            return draft.metric, segments, draft.direction, draft.start, draft.end
    return draft.model_dump_json()


def _sent(action: Action) -> tuple[object, ...]:
    return action.key, action.channels, action.message_class, action.expires_after_seconds


def _ordered(policy: DecisionPolicy) -> Any:
    entries = [
        (one.tier, _sent(one.action), canonical(one.eligibility), one.score)
        for one in policy.entries
    ]
    held = sorted(
        (canonical(one.when) if one.when is not None else "", repr(one.outcome), one.actions)
        for one in policy.suppressions
    )
    stops = sorted((canonical(one.when), one.actions) for one in policy.stop_conditions)
    limits = (policy.hit_policy, policy.k, policy.cooldown_seconds, policy.reentry)
    share = policy.holdout and policy.holdout.share
    return canonical(policy.population), entries, held, stops, limits, share
