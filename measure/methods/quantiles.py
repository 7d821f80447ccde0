"""Quantiles and their intervals: of independent units, and of units with several values each."""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from measure.methods.arms import require


class Quantile(NamedTuple):
    """A quantile with its interval."""

    value: float
    low: float
    high: float


def of_values(values: np.ndarray, share: float, alpha: float = 0.05) -> Quantile:
    """From order statistics: no shape of the values is assumed (Woodruff 1952)."""
    return _ranked(np.sort(values), share, sqrt(share * (1 - share) / len(values)), alpha)


def of_clusters(
    values: np.ndarray, clusters: np.ndarray, share: float, alpha: float = 0.05
) -> Quantile:
    """The same where one unit brings several values, which go together.

    ``clusters`` numbers the unit of each value. The variance of the share below the quantile is
    that of a ratio over units (Deng, Knoblich and Lu 2018).
    """
    require(len(values) == len(clusters), "every value has its unit", "clusters")
    ordered = np.sort(values)
    at = float(np.quantile(ordered, share, method="inverted_cdf"))
    _, unit = np.unique(clusters, return_inverse=True)
    below = np.bincount(unit, weights=values <= at)
    count = np.bincount(unit).astype(float)
    n = len(count)
    require(n >= 2, "there are 2 units or more", "clusters")
    left = below - share * count
    error = sqrt(float(np.var(left, ddof=1)) / n) / float(count.mean())
    return _ranked(ordered, share, error, alpha)


def _ranked(ordered: np.ndarray, share: float, error: float, alpha: float) -> Quantile:
    require(0 < share < 1, "a quantile lies between 0 and 1", "share")
    n = len(ordered)
    require(n >= 2, "there are 2 values or more", "n")
    half = float(ndtri(1 - alpha / 2)) * error
    low = max(0, floor((share - half) * n) - 1)
    high = min(n - 1, ceil((share + half) * n))
    middle = min(n - 1, max(0, ceil(share * n) - 1))
    return Quantile(float(ordered[middle]), float(ordered[low]), float(ordered[high]))
