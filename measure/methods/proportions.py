"""Tests of proportions: of counts (converted, of how many) in a control and a treatment."""

from __future__ import annotations

from math import sqrt
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats
from scipy.special import chdtrc, ndtr, ndtri

from measure.methods.arms import require
from measure.methods.means import Tested


class Share(NamedTuple):
    """Some of how many."""

    converted: int
    entered: int

    @property
    def rate(self) -> float:
        """The share."""
        require(self.entered > 0, "somebody entered each arm", "entered")
        require(0 <= self.converted <= self.entered, "as many convert as entered, or fewer", "sum")
        return self.converted / self.entered

    @property
    def error(self) -> float:
        """The variance of the share."""
        return self.rate * (1 - self.rate) / self.entered


def two_proportions(
    control: Share,
    treatment: Share,
    *,
    pooled: bool = True,
    correction: bool = False,
    pooled_interval: bool | None = None,
    alpha: float = 0.05,
) -> Tested:
    """The z-test of two proportions; the interval uses the same error unless it is said."""
    effect = treatment.rate - control.rate
    error = _error(control, treatment, pooled=pooled)
    shift = (1 / control.entered + 1 / treatment.entered) / 2 if correction else 0.0
    p = 2 * float(ndtr(-max(0.0, abs(effect) - shift) / error))
    own = pooled if pooled_interval is None else pooled_interval
    half = float(ndtri(1 - alpha / 2)) * _error(control, treatment, pooled=own) + shift
    return Tested(effect, effect - half, effect + half, error, min(1.0, p))


def p_of_two(control: Share, treatment: Share) -> float:
    """Its p alone; 1 where everybody, or nobody, converts in both."""
    converted = control.converted + treatment.converted
    if converted in (0, control.entered + treatment.entered):
        return 1.0
    return two_proportions(control, treatment).p


def _error(control: Share, treatment: Share, *, pooled: bool) -> float:
    variance = control.error + treatment.error
    if pooled:
        whole = control.entered + treatment.entered
        rate = (control.converted + treatment.converted) / whole
        variance = rate * (1 - rate) * (1 / control.entered + 1 / treatment.entered)
    require(variance > 0, "not everybody, and not nobody, converts in both arms", "converted")
    return sqrt(variance)


def _table(control: Share, treatment: Share) -> np.ndarray:
    return np.array(
        [
            [treatment.converted, control.converted],
            [
                treatment.entered - treatment.converted,
                control.entered - control.converted,
            ],
        ]
    )


def fisher_exact(control: Share, treatment: Share) -> float:
    """Fisher's exact p, two-sided."""
    return float(stats.fisher_exact(_table(control, treatment))[1])


def barnard_exact(control: Share, treatment: Share, *, pooled: bool = True) -> float:
    """Barnard's exact p, two-sided."""
    return float(stats.barnard_exact(_table(control, treatment), pooled=pooled).pvalue)


def boschloo_exact(control: Share, treatment: Share) -> float:
    """Boschloo's exact p, two-sided: never less powerful than Fisher's."""
    return float(stats.boschloo_exact(_table(control, treatment)).pvalue)


def g_test(control: Share, treatment: Share, *, correction: bool = True) -> float:
    """The p of the log-likelihood ratio, with Yates' correction unless it is left out."""
    return _contingency(control, treatment, "log-likelihood", correction)


def pearson(control: Share, treatment: Share, *, correction: bool = True) -> float:
    """Pearson's chi-squared p, with Yates' correction unless it is left out."""
    return _contingency(control, treatment, "pearson", correction)


def _contingency(
    control: Share, treatment: Share, kind: Literal["pearson", "log-likelihood"], correction: bool
) -> float:
    found = stats.chi2_contingency(_table(control, treatment), correction=correction, lambda_=kind)
    return float(found.pvalue)


class ChiSquared(NamedTuple):
    """A chi-squared statistic with its degrees of freedom and p."""

    chi2: float
    degrees: int
    p: float


def several_proportions(shares: list[Share]) -> ChiSquared:
    """Whether several proportions are one (R's ``prop.test``, no correction)."""
    require(len(shares) >= 2, "there are two arms or more", "n")
    whole = sum(one.entered for one in shares)
    rate = sum(one.converted for one in shares) / whole
    require(0 < rate < 1, "not everybody, and not nobody, converts", "x")
    chi2 = sum((one.rate - rate) ** 2 * one.entered for one in shares) / (rate * (1 - rate))
    return ChiSquared(chi2, len(shares) - 1, float(chdtrc(len(shares) - 1, chi2)))
