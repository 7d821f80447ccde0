"""Many p-values at once: adjusted so that the share, or the chance, of false ones is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from measure.methods.arms import require

Adjust = Callable[[float, int, int], float]
"""From a p, its rank from 1 for the smallest, and how many there are."""


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Holds the expected share of false discoveries (1995)."""
    return _step_up(p, lambda one, rank, m: one * m / rank)


def benjamini_yekutieli(p: Sequence[float]) -> list[float]:
    """The same under any dependence (2001)."""
    harmonic = sum(1 / k for k in range(1, len(p) + 1))
    return _step_up(p, lambda one, rank, m: one * m * harmonic / rank)


def hochberg(p: Sequence[float], *, sidak: bool = False) -> list[float]:
    """Holds the chance of any false one, stepping up (1988); ``sidak`` for independent tests."""
    return _step_up(p, _sidak if sidak else _bonferroni)


def holm(p: Sequence[float], *, sidak: bool = False) -> list[float]:
    """Holds the chance of any false one, stepping down, under any dependence (1979)."""
    order = _order(p)
    adjust = _sidak if sidak else _bonferroni
    adjusted, most = [0.0] * len(p), 0.0
    for rank, k in enumerate(order, start=1):
        most = max(most, min(1.0, adjust(p[k], rank, len(p))))
        adjusted[k] = most
    return adjusted


def _bonferroni(p: float, rank: int, m: int) -> float:
    return p * (m - rank + 1)


def _sidak(p: float, rank: int, m: int) -> float:
    return 1 - (1 - p) ** (m - rank + 1)


def _step_up(p: Sequence[float], adjust: Adjust) -> list[float]:
    order = _order(p)
    adjusted, least = [0.0] * len(p), 1.0
    for rank, k in reversed(list(enumerate(order, start=1))):
        least = min(least, adjust(p[k], rank, len(p)))
        adjusted[k] = least
    return adjusted


def _order(p: Sequence[float]) -> list[int]:
    require(all(0 <= one <= 1 for one in p), "every p lies between 0 and 1", "p")
    return sorted(range(len(p)), key=lambda k: p[k])
