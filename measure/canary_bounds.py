"""Bounds of a rate that hold at every look at once, however often somebody looks.

The likelihood of the events so far is held against a mixture of higher rates. Were the true rate no
higher than the one in question, that ratio would be a supermartingale, and by Ville's inequality it
would ever reach 1 / alpha with a probability of at most alpha (Ville 1939; mixtures: Robbins 1970,
"Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41; Howard,
Ramdas, McAuliffe and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence
sequences", Ann. Statist. 49). The mixture is Jeffreys' Beta(1/2, 1/2), cut off at the rate.

An event that is told late only keeps the ratio too low for a while, so bounds hold then too.
"""

from __future__ import annotations

from math import log

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc, betaln, xlog1py, xlogy

Counts = int | npt.NDArray[np.int64]
Rates = float | npt.NDArray[np.float64]
_PRIOR = 0.5
_PLACES, _ROUNDS = 65, 5
"""A bound is looked for at so many places at once, and so often in between two of them."""


def evidence(events: Counts, trials: Counts, rate: Rates) -> npt.NDArray[np.float64]:
    """The logarithm of the ratio against a rate of at most ``rate`` (above 0, below 1).

    Arrays must have one shape.
    """
    hit, miss = np.asarray(events) + _PRIOR, np.asarray(trials) - np.asarray(events) + _PRIOR
    with np.errstate(divide="ignore"):
        higher = betaln(hit, miss) + np.log(betaincc(hit, miss, rate))
        mixture = betaln(_PRIOR, _PRIOR) + np.log(betaincc(_PRIOR, _PRIOR, rate))
    likelihood = xlogy(hit - _PRIOR, rate) + xlog1py(miss - _PRIOR, -rate)
    return np.asarray(higher - mixture - likelihood, dtype=np.float64)


def lower_bound(events: int, trials: int, alpha: float) -> float:
    """The rate lies below it at any look with a probability of at most ``alpha``; 0 of nothing."""
    if events == 0:
        return 0.0
    low, high = 0.0, events / trials
    for _ in range(_ROUNDS):
        places = np.linspace(low, high, _PLACES)
        enough = evidence(events, trials, places[1:-1]) >= -log(alpha)
        last = int(np.count_nonzero(enough))
        low, high = float(places[last]), float(places[last + 1])
    return low


def upper_bound(events: int, trials: int, alpha: float) -> float:
    """The rate lies above it at any look with a probability of at most ``alpha``; 1 of nothing."""
    return 1.0 - lower_bound(trials - events, trials, alpha)
