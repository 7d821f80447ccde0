"""Sample ratio mismatch: whether arms were filled by their weights."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

from scipy import stats
from scipy.special import chdtrc, gammaln, ndtr

from measure.methods.arms import require


def exact(first: int, second: int, ratio: float = 1.0) -> float:
    """The exact two-sided p of two arms, ``second`` to ``first`` in a ratio."""
    return float(stats.binomtest(second, first + second, ratio / (1 + ratio)).pvalue)


def normal(first: int, second: int, ratio: float = 1.0, *, correction: bool = True) -> float:
    """The same by the normal distribution, with the correction of half a unit or without."""
    share, whole = ratio / (1 + ratio), first + second
    require(whole > 0, "somebody is in the arms", "observed")
    apart = abs(second - whole * share) - (0.5 if correction else 0.0)
    return min(1.0, 2 * float(ndtr(-max(0.0, apart) / sqrt(whole * share * (1 - share)))))


SPREADS = (100.0, 1_000.0, 10_000.0)
"""How close to the weights other shares are looked for: far off, which few units tell, and near,
which takes many. The mean of mixtures is a mixture."""


def sequential(
    counts: Sequence[Sequence[int]],
    weights: Sequence[float],
    concentrations: Sequence[float] = SPREADS,
) -> list[float]:
    """A p for each look at cumulative counts that may be looked at as often as one likes.

    Dirichlet-multinomial mixtures (Lindon and Malek 2022), their priors around the weights; arms of
    weight 0 are left out. The p never rises from one look to the next.
    """
    kept = [k for k, weight in enumerate(weights) if weight > 0]
    whole = sum(weights[k] for k in kept)
    if len(kept) < 2:
        return [1.0] * len(counts)
    shares = [weights[k] / whole for k in kept]
    least, found = 1.0, []
    for look in counts:
        kept_counts = [look[k] for k in kept]
        odds = [_odds(kept_counts, shares, one) for one in concentrations]
        least = min(least, 1 / max(1.0, sum(odds) / len(odds)))
        found.append(least)
    return found


def _odds(counts: Sequence[int], shares: Sequence[float], concentration: float) -> float:
    """How much likelier the counts are under other shares than under the weights."""
    prior = [share * concentration for share in shares]
    n = sum(counts)
    log_mixture = float(gammaln(concentration) - gammaln(concentration + n)) + sum(
        float(gammaln(alpha + count) - gammaln(alpha))
        for alpha, count in zip(prior, counts, strict=True)
    )
    log_null = sum(count * log(share) for share, count in zip(shares, counts, strict=True))
    return exp(min(700.0, log_mixture - log_null))


def chi_squared(observed: Sequence[int], weights: Sequence[float]) -> float:
    """Pearson's p that arms were filled by these weights; arms of weight 0 are left out."""
    kept = [(count, weight) for count, weight in zip(observed, weights, strict=True) if weight > 0]
    total, whole = sum(count for count, _ in kept), sum(weight for _, weight in kept)
    if len(kept) < 2 or total == 0:
        return 1.0
    expected = [total * weight / whole for _, weight in kept]
    statistic = sum((c - e) ** 2 / e for (c, _), e in zip(kept, expected, strict=True))
    return float(chdtrc(len(kept) - 1, statistic))
