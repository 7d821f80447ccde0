"""How long it takes until something happens, where not everybody was watched to the end."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from measure.outcomes.result import Interval
from measure.statistics import Z95


class Watched(NamedTuple):
    """At each time, ascending: to how many it happened then, and how many were not watched on."""

    times: np.ndarray
    happened: np.ndarray
    censored: np.ndarray


class Step(NamedTuple):
    """The share to whom it has not happened after a time, with its 95 % interval."""

    time: float
    share: float
    low: float
    high: float


def kaplan_meier(seen: Watched) -> list[Step]:
    """Kaplan and Meier (1958); intervals on log(-log), with Greenwood's variance (Kalbfleisch and
    Prentice 2002). Who was not watched on counts as watched up to and with that time."""
    leaving = seen.happened + seen.censored
    at_risk = leaving.sum() - np.cumsum(leaving) + leaving
    steps, share, variance = [], 1.0, 0.0
    for time, happened, risk in zip(seen.times, seen.happened, at_risk, strict=True):
        if happened == 0:
            continue
        share *= 1 - happened / risk
        if risk > happened:
            variance += happened / (risk * (risk - happened))
        steps.append(Step(float(time), float(share), *_bounds(float(share), float(variance))))
    return steps


def _bounds(share: float, variance: float) -> tuple[float, float]:
    if share <= 0:
        return 0.0, 0.0
    error = Z95 * sqrt(variance) / log(share) if share < 1 else 0.0
    low, high = share ** exp(-error), share ** exp(error)
    return min(low, high), max(low, high)


def median(steps: list[Step]) -> tuple[float | None, Interval]:
    """The first time by which it has happened to half, and its 95 % interval (Brookmeyer and
    Crowley 1982); None, or an open side: not within the time that was watched."""
    middle = _first(steps, [one.share for one in steps])
    low = _first(steps, [one.low for one in steps])
    high = _first(steps, [one.high for one in steps])
    return middle, Interval(low=low, high=high)


def _first(steps: list[Step], shares: list[float]) -> float | None:
    return next((s.time for s, share in zip(steps, shares, strict=True) if share <= 0.5), None)
