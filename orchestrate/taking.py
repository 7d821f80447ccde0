"""Who wins under a decision policy, as sets of users: tier, score, place, up to k a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from core.pursuit import in_order
from core.readings import Reading, TraitValue
from core.rules import DecisionPolicy, Entry
from warehouse.batch.bits import Bits, Bools, nobody, pack
from warehouse.batch.columns import Column

Floats = npt.NDArray[np.float64]


def scores_of(policy: DecisionPolicy) -> tuple[TraitValue, ...]:
    """The traits by which entries rank."""
    return tuple(TraitValue(entry.score) for entry in policy.entries if entry.score)


def winning(
    policy: DecisionPolicy, taken: Sequence[Bits], scores: Mapping[Reading, Column], users: int
) -> list[Bits]:
    """Entry → the users it wins: it takes them, and fewer than k entries before it do.

    ``taken``: entry → whom it would take, were it alone.
    """
    won = list(taken)
    before = [nobody(users) for _ in range(policy.k)]
    for _, level in groupby(in_order(policy), key=lambda entry: entry.tier):
        members = [policy.entries.index(entry) for entry in level]
        ranks = {number: _Rank(policy.entries[number], scores, users) for number in members}
        for number in members:
            ahead = before
            for other in members:
                if other != number:
                    first = taken[other] & ranks[other].beats(ranks[number], other < number)
                    ahead = _one_more(ahead, first)
            won[number] = taken[number] & ~ahead[-1]
        for number in members:
            before = _one_more(before, taken[number])
    return won


def _one_more(taken: Sequence[Bits], by: Bits) -> list[Bits]:
    """Place n: who is taken by more than n entries; after one more entry took its users."""
    return [
        bits | (by if place == 0 else taken[place - 1] & by) for place, bits in enumerate(taken)
    ]


class _Rank:
    """How an entry ranks its users within its tier; a missing score is lower than any."""

    def __init__(self, entry: Entry, scores: Mapping[Reading, Column], users: int) -> None:
        self.users = users
        self.values = _finite(scores[TraitValue(entry.score)]) if entry.score else None

    def beats(self, other: _Rank, comes_first: bool) -> Bits:
        """Whom this entry has before another one; ``comes_first``: it does where both tie."""
        if self.values is None and other.values is None:
            return pack(np.full(self.users, comes_first))
        ours, theirs = self._known(), other._known()
        higher = (ours > theirs) | (~np.isnan(ours) & np.isnan(theirs))
        ties = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        found: Bools = higher | ties if comes_first else higher
        return pack(found)

    def _known(self) -> Floats:
        return np.full(self.users, np.nan) if self.values is None else self.values


def _finite(column: Column) -> Floats:
    """Scores as numbers, NaN where there is none: what is not finite cannot be compared."""
    values = column.values.astype(np.float64)
    usable = np.isfinite(values)
    if column.missing is not None:
        usable &= ~column.missing
    return np.where(usable, values, np.nan)
