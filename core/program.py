"""Conditions made ready for evaluation: each distinct leaf and reading once, trees over numbers.

The online evaluator and the batch engine both work from a ``Program``, so that
what counts as the same leaf, and what unknown counts as, is decided in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.conditions import (
    And,
    AnyLeaf,
    Bucket,
    Condition,
    EventCount,
    EventSequence,
    Not,
    Or,
    Related,
    WhenUnknown,
    unknown_as,
)
from core.readings import Reading, reading


@dataclass(frozen=True, slots=True)
class Every:
    """All of them; empty is true."""

    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Any of them."""

    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """The opposite; the opposite of unknown is unknown."""

    of: Node


Node = int | Every | Some | Opposite
"""A tree whose leaves are numbers of a program's leaves."""


@dataclass
class Program:
    """Named conditions over shared, numbered leaves; each leaf says what unknown counts as."""

    leaves: list[AnyLeaf] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    """Leaf → the number of what it reads."""
    trees: dict[str, Node] = field(default_factory=dict)
    _leaf_numbers: dict[AnyLeaf, int] = field(default_factory=dict)
    _reading_numbers: dict[Reading, int] = field(default_factory=dict)

    def add(self, name: str, condition: Condition) -> None:
        """Number an expanded condition's leaves and keep its tree under a name."""
        self.trees[name] = self._node(condition, excluding=False)

    def _node(self, condition: Condition, *, excluding: bool) -> Node:
        match condition:
            case And():
                return Every(tuple(self._node(one, excluding=excluding) for one in condition.of))
            case Or():
                return Some(tuple(self._node(one, excluding=excluding) for one in condition.of))
            case Not():
                return Opposite(self._node(condition.of, excluding=not excluding))
            case _:
                return self._leaf(condition, excluding=excluding)

    def _leaf(self, leaf: AnyLeaf, *, excluding: bool) -> int:
        # What is never unknown is the same leaf whatever unknown would count as.
        always_known = isinstance(leaf, EventCount | EventSequence | Related | Bucket)
        rule = WhenUnknown.NO_MATCH if always_known else unknown_as(leaf, excluding=excluding)
        if leaf.when_unknown is not rule:
            leaf = leaf.model_copy(update={"when_unknown": rule})
        number = self._leaf_numbers.setdefault(leaf, len(self.leaves))
        if number == len(self.leaves):
            self.leaves.append(leaf)
            self.reads.append(self._reading(reading(leaf)))
        return number

    def _reading(self, read: Reading) -> int:
        number = self._reading_numbers.setdefault(read, len(self.readings))
        if number == len(self.readings):
            self.readings.append(read)
        return number

    def number_of(self, read: Reading) -> int:
        """The number of a reading, new or known: windows start at columns that no leaf reads."""
        return self._reading(read)


def program(conditions: Mapping[str, Condition]) -> Program:
    """A program of named conditions, all expanded and checked."""
    made = Program()
    for name, condition in conditions.items():
        made.add(name, condition)
    return made
