"""Conditions that can never be true: found before they reach data, with the words to mend them."""

from __future__ import annotations

from datetime import UTC, datetime

from core.conditions import (
    And,
    AnyLeaf,
    AsOf,
    Attribute,
    Condition,
    EventCount,
    Not,
    Op,
    Or,
    Related,
    Trait,
    Value,
    WhenUnknown,
    clauses,
)
from core.errors import Code, Refusal

INFINITE = float("inf")


def contradictions(condition: Condition) -> tuple[Refusal, ...]:
    """Pairs of requirements on the same value that exclude each other, in any conjunction."""
    found = list(_in_conjunction(clauses(condition)))
    for clause in clauses(condition):
        if isinstance(clause, Or):
            found += [refusal for part in clause.of for refusal in contradictions(part)]
    return tuple(found)


def _in_conjunction(parts: tuple[Condition, ...]) -> list[Refusal]:
    ranges: dict[str, tuple[float, float]] = {}
    members: dict[str, frozenset[object]] = {}
    excluded: dict[str, frozenset[object]] = {}
    found = []
    for part in parts:
        leaf, negated = _unwrap(part)
        # A missing value that counts as a match meets requirements that exclude each other.
        if leaf is None or leaf.when_unknown is WhenUnknown.MATCH:
            continue
        subject = _subject(leaf)
        bounds = _bounds(leaf, negated)
        if bounds is not None:
            low, high = ranges.get(subject, (-INFINITE, INFINITE))
            ranges[subject] = (max(low, bounds[0]), min(high, bounds[1]))
            if ranges[subject][0] > ranges[subject][1]:
                found.append(_refusal(leaf))
        allowed, banned = _members(leaf, negated)
        if allowed is not None:
            members[subject] = members.get(subject, allowed) & allowed
        excluded[subject] = excluded.get(subject, frozenset()) | banned
        if subject in members and not members[subject] - excluded[subject]:
            found.append(_refusal(leaf))
    return found


def _unwrap(part: Condition) -> tuple[AnyLeaf | None, bool]:
    if isinstance(part, Not):
        leaf, negated = _unwrap(part.of)
        return leaf, not negated
    if isinstance(part, And | Or):
        return None, False
    return part, False


def _subject(leaf: AnyLeaf) -> str:
    free = {"op", "n", "value", "when_unknown"}
    return leaf.model_dump_json(exclude=free)


NEGATED = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


def _bounds(leaf: AnyLeaf, negated: bool) -> tuple[float, float] | None:
    """The closed range of numbers that satisfy a numeric leaf; None when it is no range."""
    counts = isinstance(leaf, EventCount | Related)
    if isinstance(leaf, EventCount | Related):
        value: object = leaf.n
    elif isinstance(leaf, Trait | Attribute):
        value = leaf.value
    else:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    op = NEGATED.get(leaf.op, leaf.op) if negated else leaf.op
    lowest = 0.0 if counts else -INFINITE
    # An open end of a count is the next whole number; of a measure, nearly the number itself.
    step = 1.0 if counts else abs(float(value)) * 1e-12 + 1e-12
    match op:
        case Op.EQ:
            return (float(value), float(value))
        case Op.LT:
            return (lowest, value - step)
        case Op.LE:
            return (lowest, float(value))
        case Op.GT:
            return (value + step, INFINITE)
        case Op.GE:
            return (float(value), INFINITE)
        case _:
            return None


def _members(leaf: AnyLeaf, negated: bool) -> tuple[frozenset[object] | None, frozenset[object]]:
    """The values that a leaf allows (None: any) and those that it bans."""
    # What moves with the clock is not compared with what stands still.
    if not isinstance(leaf, Attribute | Trait) or isinstance(leaf.value, AsOf | None):
        return None, frozenset()
    listed = _distinct(leaf.value)
    includes = leaf.op in (Op.EQ, Op.IN)
    excludes = leaf.op in (Op.NE, Op.NOT_IN)
    if not includes and not excludes:
        return None, frozenset()
    if includes != negated:
        return listed, frozenset()
    return None, listed


def _distinct(value: Value) -> frozenset[object]:
    """The values, each written in one way: an instant is the same with or without its time."""
    return frozenset(_instant(one) for one in (value if isinstance(value, tuple) else (value,)))


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refusal(leaf: AnyLeaf) -> Refusal:
    name = (
        getattr(leaf, "column", None)
        or getattr(leaf, "name", None)
        or getattr(leaf, "event", None)
        or getattr(leaf, "entity", "")
    )
    return Refusal(
        code=Code.CONTRADICTION,
        message=f"Nobody can meet these requirements on '{name}': they exclude each other.",
        span=str(name),
        fix="Change or drop one of them.",
    )
