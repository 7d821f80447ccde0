"""Whether one condition follows from another, or can never be true: proved without any data.

A condition is turned into what must hold of what it reads (``Facts``), and those
are split into cases until a case stands or all fall. Sound, not complete: True is
a proof; False only says that none was found within the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.conditions import And, AnyLeaf, Condition, Not, Or, WhenUnknown, unknown_as
from core.subjects import Subject, Subjects

BUDGET = 2_000
"""Cases that are looked at before a proof is given up."""

Wanted = Literal["true", "not true", "false", "not false"]
OF_PARTS: dict[Wanted, tuple[bool, bool]] = {
    # Whether And, and whether Or, needs it of all of its parts rather than of any.
    "true": (True, False),
    "not true": (False, True),
    "false": (False, True),
    "not false": (True, False),
}
OF_NEGATED: dict[Wanted, Wanted] = {
    "true": "false",
    "not true": "not false",
    "false": "true",
    "not false": "not true",
}


@dataclass(frozen=True)
class Fact:
    """A reading lies in a set of values."""

    subject: Subject
    values: int


@dataclass(frozen=True)
class Every:
    """All of them hold."""

    of: tuple[Formula, ...]


@dataclass(frozen=True)
class Either:
    """At least one of them holds."""

    of: tuple[Formula, ...]


Formula = Fact | Every | Either


def implies(premise: Condition, conclusion: Condition) -> bool:
    """Whether it is certain that the conclusion is true for whomever the premise is true for."""
    subjects = Subjects((premise, conclusion))
    counterexample = Every(
        (_formula(premise, "true", subjects), _formula(conclusion, "not true", subjects))
    )
    return not _Cases(subjects).possible(counterexample)


def never(*conditions: Condition, wanted: Wanted = "true") -> bool:
    """Whether it is certain that no user makes all of the conditions true."""
    subjects = Subjects(conditions)
    return not _Cases(subjects).possible(
        Every(tuple(_formula(one, wanted, subjects) for one in conditions))
    )


def always(condition: Condition) -> bool:
    """Whether it is certain that a condition is true for every user."""
    return never(condition, wanted="not true")


def _formula(
    condition: Condition, wanted: Wanted, subjects: Subjects, *, excluding: bool = False
) -> Formula:
    if isinstance(condition, Not):
        return _formula(condition.of, OF_NEGATED[wanted], subjects, excluding=not excluding)
    if isinstance(condition, And | Or):
        parts = tuple(_formula(one, wanted, subjects, excluding=excluding) for one in condition.of)
        is_all = OF_PARTS[wanted][isinstance(condition, Or)]
        return Every(parts) if is_all else Either(parts)
    return _fact(condition, wanted, subjects, excluding)


def _fact(leaf: AnyLeaf, wanted: Wanted, subjects: Subjects, excluding: bool) -> Fact:
    subject = subjects.of(leaf)
    axis, raw = subjects.axes[subject], subjects.true_values(leaf)
    unknown = 0 if subjects.asks_if_missing(leaf) else axis.missing
    rule = unknown_as(leaf, excluding=excluding)
    true = raw | unknown if rule is WhenUnknown.MATCH else raw
    false = axis.everything & ~raw & ~unknown
    if rule is WhenUnknown.NO_MATCH:
        false |= unknown
    values = {"true": true, "not true": ~true, "false": false, "not false": ~false}[wanted]
    return Fact(subject, axis.everything & values)


class _Cases:
    """Looks for one case in which everything holds."""

    def __init__(self, subjects: Subjects) -> None:
        self.subjects = subjects
        self.left = BUDGET

    def possible(self, formula: Formula) -> bool:
        """Whether some case was found, or might have been with a larger budget."""
        everything = {name: axis.everything for name, axis in self.subjects.axes.items()}
        return self._stands([formula], (), everything)

    def _stands(
        self, facts: list[Formula], choices: Sequence[Either], found: dict[Subject, int]
    ) -> bool:
        self.left -= 1
        if self.left < 0:
            return True
        found, waiting = dict(found), list(choices)
        while facts:
            match facts.pop():
                case Fact(subject, values):
                    found[subject] &= values
                    if not found[subject]:
                        return False
                case Every(of):
                    facts += of
                case Either() as choice:
                    waiting.append(choice)
        if not self.subjects.agree(found):
            return False
        if not waiting:
            return True
        waiting.sort(key=lambda choice: len(choice.of))
        first, *rest = waiting
        return any(self._stands([one], rest, found) for one in first.of)
