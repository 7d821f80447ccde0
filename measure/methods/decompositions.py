"""What a difference is made of: parts of a whole, groups, and a confounder that turns it round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np

from measure.methods.arms import require

Cells = Mapping[str, tuple[float, float]]
"""Each value's forecast and actual number."""


def explanatory_power(total: tuple[float, float], cells: Cells) -> dict[str, float]:
    """The share of the whole change that each value makes (Adtributor, Bhagwan et al. 2014)."""
    forecast, actual = total
    require(forecast != actual, "the whole changed", "total")
    return {key: (now - was) / (actual - forecast) for key, (was, now) in cells.items()}


def surprise(total: tuple[float, float], cells: Cells) -> float:
    """How far a dimension's shares moved: the Jensen-Shannon divergence of its values, in nats."""
    forecast, actual = total
    require(forecast > 0 and actual > 0, "both totals are above 0", "total")
    return sum(_divergence(was / forecast, now / actual) for was, now in cells.values())


def _divergence(p: float, q: float) -> float:
    middle = (p + q) / 2
    parts = (one * log(one / middle) for one in (p, q) if one > 0)
    return sum(parts) / 2


class Oaxaca(NamedTuple):
    """A gap of two groups' means in three parts, and in two against a pooled regression."""

    gap: float
    endowments: float
    coefficients: float
    interaction: float
    pooled_explained: float
    pooled_unexplained: float


def oaxaca_blinder(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray]) -> Oaxaca:
    """How much of ``a``'s mean above ``b``'s is what they have, and how much what it is worth.

    Each group is (y, X) without a constant. The pooled regression tells the groups apart by a
    dummy, as Jann (2008) recommends.
    """
    (y_a, x_a), (y_b, x_b) = ((y, _constant(x)) for y, x in (a, b))
    beta_a, beta_b = _fitted(y_a, x_a), _fitted(y_b, x_b)
    have = x_a.mean(axis=0) - x_b.mean(axis=0)
    gap = float(y_a.mean() - y_b.mean())
    dummy = np.concatenate([np.ones(len(y_a)), np.zeros(len(y_b))])
    both = np.column_stack([np.vstack([x_a, x_b]), dummy])
    pooled = _fitted(np.concatenate([y_a, y_b]), both)[:-1]
    explained = float(have @ pooled)
    return Oaxaca(
        gap,
        float(have @ beta_b),
        float(x_b.mean(axis=0) @ (beta_a - beta_b)),
        float(have @ (beta_a - beta_b)),
        explained,
        gap - explained,
    )


def _constant(x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, np.ones(len(x))])


def _fitted(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    require(len(y) > x.shape[1], "a group has more rows than columns", "y")
    return np.linalg.lstsq(x, y, rcond=None)[0]


class Share(NamedTuple):
    """Converted, of how many entered."""

    converted: float
    entered: float

    def joined(self, other: Share) -> Share:
        """Both together."""
        return Share(self.converted + other.converted, self.entered + other.entered)

    @property
    def rate(self) -> float:
        """The share."""
        return self.converted / self.entered


class Reversal(NamedTuple):
    """Two groups' rates overall, and where the one behind overall is ahead."""

    first: float
    second: float
    second_ahead_in: list[str]


def simpson(rows: Sequence[tuple[str, float, float, float, float]]) -> Reversal:
    """Rows: stratum, converted and entered of the first group, and of the second."""
    first, second = (Share(0, 0), Share(0, 0))
    ahead = []
    for stratum, *numbers in rows:
        one, other = Share(*numbers[:2]), Share(*numbers[2:])
        first, second = first.joined(one), second.joined(other)
        if one.entered and other.entered and other.rate > one.rate:
            ahead.append(stratum)
    require(min(first.entered, second.entered) > 0, "both groups have somebody", "data")
    return Reversal(first.rate, second.rate, ahead)
