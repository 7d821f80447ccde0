"""Rows of factors: every pair of levels that can occur together occurs, then chance adds more."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import combinations

Row = dict[str, str]
Pairs = frozenset[tuple[str, str, str, str]]

_TRIED = 4_000
"""So many random rows show which pairs can occur."""
_CANDIDATES = 40


def rows(
    levels: dict[str, tuple[str, ...]], normal: Callable[[Row], Row], rng: random.Random
) -> Iterator[Row]:
    """Rows without end: first those that cover all pairs, then random ones.

    ``normal`` puts '-' where a level does not apply beside the others.
    """
    left = set().union(*(_pairs(normal(_any(levels, rng))) for _ in range(_TRIED)))
    while left:
        candidates = [normal(_any(levels, rng)) for _ in range(_CANDIDATES)]
        best = max(candidates, key=lambda row: len(_pairs(row) & left))
        new = _pairs(best) & left
        left -= new
        if new:
            yield best
    while True:
        yield normal(_any(levels, rng))


def _any(levels: dict[str, tuple[str, ...]], rng: random.Random) -> Row:
    return {factor: rng.choice(choices) for factor, choices in levels.items()}


def _pairs(row: Row) -> Pairs:
    named = [(factor, level) for factor, level in sorted(row.items()) if level != "-"]
    return frozenset((*one, *other) for one, other in combinations(named, 2))
