"""All leaves of one reading at once: where a value lies among their constants says all of them.

The constants of a reading's leaves, sorted, cut the line of values into slots:
slot ``2i`` is strictly before constant ``i``, slot ``2i + 1`` is that constant.
Each slot knows which leaves are true and which are false there, so that one
search decides them all.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from core.conditions import (
    AnyLeaf,
    AsOf,
    Attribute,
    Bucket,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Op,
    Related,
    Scalar,
    Trait,
    WhenUnknown,
)
from core.kinds import Kinds, Known, Plain
from core.moments import SECOND, instant, micros
from core.program import Program
from core.readings import BucketOf, RowsOf, Times

Literals = int
"""Bit ``i``: leaf ``i`` is true; bit ``n + i``, of ``n`` leaves: it is false; neither: unknown."""
SMALL = 100
"""Up to which constant counts are looked up in a table rather than searched for."""


class _Step(NamedTuple):
    """One search: the value of a reading among constants."""

    read: int
    relative: bool
    """Whether the constants are counted from the moment of decision."""
    constants: list[Known]
    """Sorted."""
    slots: list[Literals]
    missing: Literals
    """What holds where the value is missing."""


class Test(NamedTuple):
    """What a leaf or a filter asks of a value that is there."""

    relative: bool
    """Whether the constants are counted from the moment of decision."""
    op: Op | None
    """None: in the half-open range of two constants."""
    constants: tuple[Known, ...]


_SLOTS: dict[Op | None, Callable[[int, tuple[int, ...]], bool]] = {
    Op.EQ: lambda slot, at: slot == at[0],
    Op.NE: lambda slot, at: slot != at[0],
    Op.LT: lambda slot, at: slot < at[0],
    Op.LE: lambda slot, at: slot <= at[0],
    Op.GT: lambda slot, at: slot > at[0],
    Op.GE: lambda slot, at: slot >= at[0],
    Op.IN: lambda slot, at: slot in at,
    Op.NOT_IN: lambda slot, at: slot not in at,
    Op.IS_NULL: lambda slot, at: False,
    Op.IS_NOT_NULL: lambda slot, at: True,
    None: lambda slot, at: at[0] <= slot < at[1],
}
"""Whether a slot is met, given the slots of a test's constants."""
OF_TIME = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}
"""How to compare a time with a moment instead of its age with seconds: older is earlier."""


class Lookups:
    """The searches that decide every leaf of a program."""

    def __init__(self, program: Program, kinds: Kinds) -> None:
        self._counts: list[tuple[int, list[Literals], int]] = []
        """Small whole numbers that are never missing: reading, table, the last place of it."""
        self._words: list[tuple[int, dict[Plain, Literals], Literals]] = []
        """What is only compared for equality: reading, table, what holds for other values."""
        self._lines: list[tuple[int, bool, list[Known], int, list[Literals], Literals]] = []
        """All others: reading, relative, constants with one that equals nothing, how many they
        are without it, slots, what holds when it is missing."""
        for step in _steps(program, kinds):
            read = program.readings[step.read]
            highest = step.constants[-1] if isinstance(read, Times | RowsOf) else None
            if isinstance(highest, int) and highest <= SMALL:
                self._counts.append(_count_table(step, highest))
            elif kinds.of(read) in ("string", "boolean") and not isinstance(read, BucketOf):
                self._words.append(_word_table(step))
            else:
                constants = [*step.constants, math.nan]
                self._lines.append(
                    (step.read, step.relative, constants, len(step.constants), *step[3:])
                )

    def literals(self, values: Sequence[Plain], now: int) -> Literals:
        """The truth of every leaf, from the values of all readings at a moment."""
        found = 0
        for read, table, last in self._counts:
            value = values[read]
            # A count is a whole number; to ask for that would cost more than to look it up.
            found |= table[value if value < last else last]  # type: ignore[operator, index]
        for read, known, other in self._words:
            found |= known.get(values[read], other)
        for read, relative, constants, many, slots, missing in self._lines:
            value = values[read]
            if value is None:
                found |= missing
                continue
            if relative:
                # Only moments are compared with the moment of decision.
                value -= now  # type: ignore[operator]
            place = bisect_left(constants, value, 0, many)
            found |= slots[2 * place + (constants[place] == value)]
        return found


def _count_table(step: _Step, highest: int) -> tuple[int, list[Literals], int]:
    table = [step.slots[slot(step.constants, count)] for count in range(highest + 2)]
    return step.read, table, len(table) - 1


def _word_table(step: _Step) -> tuple[int, dict[Plain, Literals], Literals]:
    known: dict[Plain, Literals] = {
        word: step.slots[slot(step.constants, word)] for word in step.constants
    }
    return step.read, {**known, None: step.missing}, step.slots[0]


def slot(constants: list[Known], value: Known) -> int:
    """Where a value lies among sorted constants."""
    place = bisect_left(constants, value)
    return 2 * place + (place < len(constants) and constants[place] == value)


def _steps(program: Program, kinds: Kinds) -> list[_Step]:
    groups: dict[tuple[int, bool], list[tuple[int, Test]]] = {}
    for number, (leaf, read) in enumerate(zip(program.leaves, program.reads, strict=True)):
        test = leaf_test(leaf, kinds.of(program.readings[read]))
        groups.setdefault((read, test.relative), []).append((number, test))
    return [_step(*key, group, program.leaves) for key, group in groups.items()]


def _step(read: int, relative: bool, group: list[tuple[int, Test]], leaves: list[AnyLeaf]) -> _Step:
    many = len(leaves)
    constants = _sorted(one for _, test in group for one in test.constants)
    asked = [(number, _SLOTS[test.op], _places(test, constants)) for number, test in group]
    slots = [
        sum(literal(number, meets(place, at), many) for number, meets, at in asked)
        for place in range(2 * len(constants) + 1)
    ]
    missing = sum(literal(number, _when_missing(leaves[number]), many) for number, _ in group)
    return _Step(read, relative, constants, slots, missing)


def _places(test: Test, constants: list[Known]) -> tuple[int, ...]:
    """The slots of a test's own constants."""
    return tuple(2 * constants.index(one) + 1 for one in test.constants)


def literal(leaf: int, truth: bool | None, leaves: int) -> Literals:
    """The bit that says a leaf is true or false; none says unknown."""
    return 0 if truth is None else 1 << (leaf if truth else leaves + leaf)


def _when_missing(leaf: AnyLeaf) -> bool | None:
    if isinstance(leaf, Attribute | Trait) and leaf.op in (Op.IS_NULL, Op.IS_NOT_NULL):
        return leaf.op is Op.IS_NULL
    return (
        None if leaf.when_unknown is WhenUnknown.BLOCK else leaf.when_unknown is WhenUnknown.MATCH
    )


def leaf_test(leaf: AnyLeaf, kind: str) -> Test:
    """What a leaf asks of the value that it reads."""
    match leaf:
        case Attribute() | Trait():
            return _comparison(leaf, kind)
        case EventCount() | Related():
            return Test(False, leaf.op, (leaf.n,))
        case EventAge():
            return Test(True, OF_TIME[leaf.op], (-leaf.seconds * SECOND,))
        case EventSequence():
            return Test(False, Op.EQ, (True,))
        case ConsentIs():
            return Test(False, Op.EQ, (leaf.status,))
        case Bucket(high=str() as high):
            return Test(False, None, (leaf.low, high))
        case Bucket():
            return Test(False, Op.GE, (leaf.low,))
        case _:
            raise ValueError(f"{leaf.kind} is refused or expanded before it is evaluated")


def filter_test(one: Filter, kind: str) -> Callable[[Plain], bool]:
    """Whether a value meets a filter; one that is compared with the moment of decision is to be
    given as counted from there. A missing value meets nothing but ``is_null``."""
    test = _comparison(one, kind)
    constants = _sorted(test.constants)
    at = _places(test, constants)
    slots = [_SLOTS[test.op](place, at) for place in range(2 * len(constants) + 1)]
    if_missing = one.op is Op.IS_NULL
    return lambda value: if_missing if value is None else slots[slot(constants, value)]


def _sorted(constants: Iterable[Known]) -> list[Known]:
    # Constants of one reading are of one type: the catalog's check saw to that.
    return sorted(set(constants))


def _comparison(leaf: Attribute | Trait | Filter, kind: str) -> Test:
    match leaf.value:
        case None:
            return Test(False, leaf.op, ())
        case AsOf():
            return Test(True, leaf.op, (leaf.value.as_of_offset_seconds * SECOND,))
        case tuple():
            return Test(False, leaf.op, tuple(_constant(one, kind) for one in leaf.value))
        case _:
            return Test(False, leaf.op, (_constant(leaf.value, kind),))


def _constant(value: Scalar, kind: str) -> Known:
    if kind in ("timestamp", "date"):
        return micros(instant(str(value), kind))
    return value
