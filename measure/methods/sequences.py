"""Looking as often as one likes: confidence sequences, and bounds for a few planned looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from measure.methods.arms import Difference, require
from measure.methods.means import Tested

PLANNED = 5_000
"""Units for which a sequence is tightest, where nobody planned any."""


def tuned(alpha: float, planned: float) -> float:
    """The rho that makes a sequence tightest at a planned number of units.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), equation 161.
    """
    require(planned > 0, "the planned number of units is above 0", "tuning")
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned)


def half_width(variance: float, n: float, alpha: float, planned: float) -> float:
    """Half the asymptotic confidence sequence after ``n`` units (ibid., equation 9).

    ``variance``: of the effect as estimated so far.
    """
    spread = n * tuned(alpha, planned) ** 2
    return sqrt(variance * 2 * (spread + 1) / spread * log(sqrt(spread + 1) / alpha))


def one_sided_half_width(
    variance: float, n: float, alpha: float, planned: float, tuned_for: float | None = None
) -> float:
    """The same for one side (ibid., equation 134); ``tuned_for``: the alpha that rho is for."""
    spread = n * tuned(2 * (tuned_for or alpha), planned) ** 2
    return sqrt(variance * 2 * (spread + 1) / spread * log(1 + sqrt(spread + 1) / (2 * alpha)))


def sequence(found: Difference, n: float, *, alpha: float = 0.05, planned: float) -> Tested:
    """An interval and a p that hold at every look; ``n`` units in both arms so far."""
    half = half_width(found.se**2, n, alpha, planned)
    spread = n * tuned(alpha, planned) ** 2
    # The mixture's odds against no effect: their inverse is an always-valid p.
    grown = found.effect**2 / found.se**2 * spread / (2 * (1 + spread))
    p = min(1.0, sqrt(spread + 1) * exp(-min(700.0, grown)))
    return Tested(found.effect, found.effect - half, found.effect + half, found.se, p)


def one_sided_sequence(
    found: Difference, n: float, *, greater: bool, alpha: float = 0.05, planned: float
) -> Tested:
    """The same against one side: that ``b`` is greater, or that it is less."""
    half = one_sided_half_width(found.se**2, n, alpha, planned)
    towards = found.effect if greater else -found.effect
    p = _least_alpha(
        towards,
        lambda level: one_sided_half_width(found.se**2, n, level, planned, tuned_for=alpha),
    )
    low = found.effect - half if greater else None
    high = None if greater else found.effect + half
    return Tested(found.effect, low, high, found.se, p)


HALVINGS = 11
"""As many as gbstats makes: its p-values of one side are right to 1 in 4,000, and ours equal."""


def _least_alpha(towards: float, width: Callable[[float], float]) -> float:
    """The smallest alpha between 0.00001 and 0.4999 whose bound excludes 0."""
    least, most = 1e-5, 0.4999
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        least, most = (least, middle) if towards > width(middle) else (middle, most)
    return (least + most) / 2


def obrien_fleming_spending(t: float, alpha: float) -> float:
    """How much of a one-sided alpha is spent at a share of the information (Lan, DeMets 1983)."""
    return 2 * float(ndtr(-ndtri(1 - alpha / 2) / sqrt(t)))


def power_spending(t: float, alpha: float, exponent: float = 2.0) -> float:
    """The power family of Kim and DeMets (1987)."""
    return alpha * t**exponent


def group_sequential_bounds(
    t: Sequence[float],
    alpha: float = 0.05,
    *,
    sides: int = 2,
    spending: Callable[[float, float], float] = obrien_fleming_spending,
) -> list[float]:
    """The z that each planned look must pass; ``t``: shares of the whole information, rising.

    The recursion of Armitage, McPherson and Rowe (1969) over a Gauss-Legendre grid.
    """
    require(all(0 < one <= 1 for one in t), "shares of information lie in (0, 1]", "t")
    require(all(one < two for one, two in pairwise(t)), "looks come in order", "t")
    side = alpha / sides
    bounds: list[float] = []
    spent, grid, density = 0.0, np.array([0.0]), np.array([1.0])
    before = 0.0
    for share in t:
        step = sqrt(share - before)
        target = spending(share, side) - spent
        bound = _bound(grid, density, step, sqrt(share), target)
        bounds.append(bound)
        spent, before = spending(share, side), share
        lowest = -bound if sides == 2 else -8.0
        grid, density = _carried(grid, density, step, sqrt(share), (lowest, bound))
    return bounds


def _bound(
    grid: np.ndarray, density: np.ndarray, step: float, scale: float, target: float
) -> float:
    """The z beyond which exactly ``target`` of the paths that go on are found."""
    if target <= 0:
        return float("inf")

    def beyond(z: float) -> float:
        return float(np.sum(density * ndtr((grid - z * scale) / step))) - target

    return float(brentq(beyond, -8.0, 12.0, xtol=1e-10))


def _carried(
    grid: np.ndarray, density: np.ndarray, step: float, scale: float, within: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """The paths between the bounds at this look, as points with weights."""
    low, high = (min(8.0, max(-8.0, end)) * scale for end in within)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    points = (high - low) / 2 * nodes + (high + low) / 2
    kernel = np.exp(-(((points[:, None] - grid[None, :]) / step) ** 2) / 2)
    found = kernel @ density / (step * sqrt(2 * np.pi))
    return points, found * weights * (high - low) / 2


def tail(z: float) -> float:
    """The chance of a standard normal above ``z``."""
    return float(ndtr(-z))
