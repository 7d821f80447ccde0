"""Conditions that can never be true: found before they reach data, with the words to mend them."""

from __future__ import annotations

from collections.abc import Iterator

from core.conditions import AnyLeaf, Condition, Or, clauses, leaves
from core.errors import Code, Refusal
from core.implication import never


def contradictions(condition: Condition) -> tuple[Refusal, ...]:
    """Requirements that exclude each other, in any conjunction: one refusal for each that does."""
    found = list(_in_conjunction(clauses(condition)))
    for clause in clauses(condition):
        if isinstance(clause, Or):
            found += [refusal for part in clause.of for refusal in contradictions(part)]
    return tuple(found)


def _in_conjunction(parts: tuple[Condition, ...]) -> Iterator[Refusal]:
    kept: list[Condition] = []
    for part in parts:
        # Alternatives that are impossible one by one are named one by one.
        if isinstance(part, Or) and never(part):
            continue
        if not never(*kept, part):
            kept.append(part)
        elif leaf := next(leaves(part), None):
            yield _refusal(leaf)


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
