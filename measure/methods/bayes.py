"""Effects with a normal posterior: chance to win and what a wrong choice costs (gbstats)."""

from __future__ import annotations

from math import exp, pi, sqrt
from typing import NamedTuple

from scipy.special import ndtr, ndtri

from measure.methods.arms import Arm, difference, require


class Normal(NamedTuple):
    """A normal distribution."""

    mean: float
    variance: float


class Posterior(NamedTuple):
    """What is believed of an effect."""

    effect: float
    low: float
    high: float
    chance_to_win: float
    risk: tuple[float, float]
    """What is lost on average by staying with ``a``, and by going with ``b``."""


def posterior(
    a: Arm, b: Arm, *, relative: bool = False, prior: Normal | None = None, alpha: float = 0.05
) -> Posterior:
    """The effect given the data and a prior of relative effects; without one, the data alone."""
    found = difference(a, b, relative=relative)
    belief = Normal(found.effect, found.se**2)
    if prior is not None:
        require(prior.variance > 0, "a prior has a variance above 0", "prior")
        if not relative:
            base = a.unadjusted
            require(base != 0, "a prior of relative effects needs a control that is not 0", "a")
            prior = Normal(prior.mean * abs(base), prior.variance * base**2)
        precision = 1 / prior.variance + 1 / belief.variance
        mean = (prior.mean / prior.variance + belief.mean / belief.variance) / precision
        belief = Normal(mean, 1 / precision)
    sigma = sqrt(belief.variance)
    half = float(ndtri(1 - alpha / 2)) * sigma
    wins = float(ndtr(belief.mean / sigma))
    low, high = belief.mean - half, belief.mean + half
    return Posterior(belief.mean, low, high, wins, normal_risk(belief.mean, sigma))


def normal_risk(mean: float, sigma: float) -> tuple[float, float]:
    """The mean of what is above 0, and of what is below it, each as a positive number."""
    require(sigma > 0, "sigma is above 0", "sigma")
    z = mean / sigma
    density = sigma * exp(-(z**2) / 2) / sqrt(2 * pi)
    # Each side by its own tail: no difference of two numbers that are almost equal.
    return mean * float(ndtr(z)) + density, density - mean * float(ndtr(-z))
