"""Whose a conversion is: by rules over the path, by Markov chains, by Shapley values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import factorial
from typing import NamedTuple

import numpy as np

from measure.methods.arms import require


class Path(NamedTuple):
    """The channels that touched somebody, in order, with how many converted and how many not."""

    channels: tuple[str, ...]
    converted: float
    lost: float = 0.0


Credit = dict[str, float]


def last_touch(paths: Sequence[Path]) -> Credit:
    """All to the last channel."""
    return _by_weights(paths, lambda n: [0.0] * (n - 1) + [1.0])


def first_touch(paths: Sequence[Path]) -> Credit:
    """All to the first channel."""
    return _by_weights(paths, lambda n: [1.0] + [0.0] * (n - 1))


def linear(paths: Sequence[Path]) -> Credit:
    """The same to each."""
    return _by_weights(paths, lambda n: [1 / n] * n)


def position(paths: Sequence[Path], ends: float = 0.4) -> Credit:
    """A share to the first and to the last, the rest to those between."""

    def weights(n: int) -> list[float]:
        if n <= 2:
            return [1 / n] * n
        return [ends] + [(1 - 2 * ends) / (n - 2)] * (n - 2) + [ends]

    return _by_weights(paths, weights)


def _by_weights(paths: Sequence[Path], weights: Callable[[int], list[float]]) -> Credit:
    credit: Credit = defaultdict(float)
    for path in paths:
        for channel, weight in zip(path.channels, weights(len(path.channels)), strict=True):
            credit[channel] += weight * path.converted
    return dict(credit)


class Markov(NamedTuple):
    """Removal effects of a first-order chain, and the conversions shared out by them."""

    conversion: float
    removal: Credit
    attributed: Credit


def markov(paths: Sequence[Path]) -> Markov:
    """Anderl, Becker, von Wangenheim and Schumann (2016): what is lost without a channel."""
    moves = _moves(paths)
    whole = _reaching(moves, None)
    require(whole > 0, "somebody converted", "paths")
    channels = sorted({one for path in paths for one in path.channels})
    removal = {one: 1 - _reaching(moves, one) / whole for one in channels}
    total = sum(path.converted for path in paths)
    lost = sum(removal.values())
    shares = {one: effect / lost for one, effect in removal.items()}
    return Markov(whole, removal, {one: share * total for one, share in shares.items()})


_START, _SALE, _LOST = "(start)", "(sale)", "(lost)"


def _moves(paths: Sequence[Path]) -> dict[str, Credit]:
    """The probability of each step from one state to the next."""
    counts: dict[str, Credit] = defaultdict(lambda: defaultdict(float))
    for path in paths:
        for end, weight in ((_SALE, path.converted), (_LOST, path.lost)):
            for one, other in pairwise((_START, *path.channels, end)):
                counts[one][other] += weight
    return {
        one: {other: n / sum(to.values()) for other, n in to.items()}
        for one, to in counts.items()
        if sum(to.values()) > 0
    }


def _reaching(moves: Mapping[str, Credit], removed: str | None) -> float:
    """The chance to get from the start to a sale, were a channel a dead end (a linear solve)."""
    states = [one for one in moves if one != removed]
    place = {one: k for k, one in enumerate(states)}
    matrix, sale = np.eye(len(states)), np.zeros(len(states))
    for one in states:
        for other, chance in moves[one].items():
            if other == _SALE:
                sale[place[one]] += chance
            elif other in place:
                matrix[place[one], place[other]] -= chance
    return float(np.linalg.solve(matrix, sale)[place[_START]])


def shapley(paths: Sequence[Path]) -> Credit:
    """Each channel's mean contribution over all orders of joining, order of touches aside.

    A set of channels is worth the conversions of the paths that it covers. Up to 12 channels.
    """
    channels = sorted({one for path in paths for one in path.channels})
    n = len(channels)
    require(n <= 12, "at most 12 channels can be shared out exactly", "paths")
    bit = {one: 1 << k for k, one in enumerate(channels)}
    worth = np.zeros(1 << n)
    for path in paths:
        worth[sum(bit[one] for one in {*path.channels})] += path.converted
    for k in range(n):
        for subset in range(1 << n):
            if subset >> k & 1:
                worth[subset] += worth[subset ^ (1 << k)]
    return {one: _contribution(worth, n, bit[one]) for one in channels}


def _contribution(worth: np.ndarray, n: int, own: int) -> float:
    total = 0.0
    for subset in range(1 << n):
        if not subset & own:
            size = subset.bit_count()
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            total += weight * float(worth[subset | own] - worth[subset])
    return total
