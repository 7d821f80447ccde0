"""Three-valued logic on sets of users: who is true, and who is false.

Two sets a node, and nothing else, give exact Kleene logic: the opposite swaps
them. Where nothing is unknown the second set is the rest, and is not computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.program import Every, Node, Opposite, Some
from warehouse.batch.bits import Bits, everybody, opposite


class Truth(NamedTuple):
    """Who a condition is true for, and who it is false for; None: for everybody else."""

    true: Bits
    false: Bits | None


def truth(node: Node, leaves: Sequence[Truth], users: int) -> Truth:
    """The truth of a tree, from those of its leaves."""
    match node:
        case Every():
            parts = [truth(one, leaves, users) for one in node.of]
            return _all(parts, users) if parts else Truth(everybody(users), None)
        case Some():
            return _any([truth(one, leaves, users) for one in node.of], users)
        case Opposite():
            return _not(truth(node.of, leaves, users), users)
        case _:
            return leaves[node]


def unknown(one: Truth, users: int) -> Bits | None:
    """Who it is neither true nor false for; None when that is nobody by construction."""
    return None if one.false is None else opposite(one.true | one.false, users)


def _all(parts: Sequence[Truth], users: int) -> Truth:
    true = _fold(np.bitwise_and, [part.true for part in parts])
    if all(part.false is None for part in parts):
        return Truth(true, None)
    return Truth(true, _fold(np.bitwise_or, [false_of(part, users) for part in parts]))


def _any(parts: Sequence[Truth], users: int) -> Truth:
    true = _fold(np.bitwise_or, [part.true for part in parts])
    if all(part.false is None for part in parts):
        return Truth(true, None)
    return Truth(true, _fold(np.bitwise_and, [false_of(part, users) for part in parts]))


def _not(part: Truth, users: int) -> Truth:
    if part.false is None:
        return Truth(opposite(part.true, users), None)
    return Truth(part.false, part.true)


def false_of(part: Truth, users: int) -> Bits:
    """Who it is false for."""
    return opposite(part.true, users) if part.false is None else part.false


def _fold(combine: np.ufunc, sets: Sequence[Bits]) -> Bits:
    if len(sets) == 1:
        return sets[0]
    made: Bits = combine(sets[0], sets[1])
    for one in sets[2:]:
        combine(made, one, out=made)
    return made
