"""What earlier periods lead one to expect of this one: their level, their trend, last year's turn.

The level is a weighted mean whose noise is learnt from the periods themselves. A trend that the
periods already had, or what the same period did a year ago, only ever explains a change away:
neither can turn an ordinary period into a drop or a rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from measure.statistics import Estimate, Surprise, between_variance, student_p, surprise
from measure.thresholds import CLEAR_SEASON, CLEAR_TREND

LEAST_FOR_TREND = 5
"""Fewer periods than this have no trend to speak of."""


class Expectation(NamedTuple):
    """How far a period lies from what was expected, and what the expectation took into account."""

    surprise: Surprise
    trend: float | None
    """The change from one period to the next that earlier periods had; None: no clear one."""
    season: float | None
    """What the same period of last year did against those before it; None: not used."""


def expectation(
    now: Estimate,
    history: Sequence[Estimate],
    floor: float,
    last_year: Sequence[Estimate] = (),
) -> Expectation:
    """Judges a period against earlier ones, the newest first.

    ``last_year`` is the same period a year ago and those before it, newest first; ``floor`` is the
    least standard deviation between periods. Needs two earlier periods or more.
    """
    level = surprise(now, history, floor)
    trend = _trend(now, history, floor)
    found, slope = level, None
    if trend is not None and abs(trend.surprise.change) < abs(level.change):
        found, slope = trend.surprise, trend.trend
    season = _season(last_year, floor)
    if season is None or season.value * found.change <= 0:
        return Expectation(found, slope, None)
    error = sqrt(found.error**2 + season.variance)
    shifted = found._replace(
        change=found.change - season.value, error=error, expected=found.expected + season.value
    )
    return Expectation(shifted, slope, season.value)


def _trend(now: Estimate, history: Sequence[Estimate], floor: float) -> Expectation | None:
    """The line through earlier periods, where they clearly lie on one, and how far now is off."""
    if len(history) < LEAST_FOR_TREND:
        return None
    values, variances = [h.value for h in history], [h.variance for h in history]
    line = _line(values, [1 / (v + floor * floor) for v in variances])
    residuals = [value - line.at(place) for place, value in enumerate(values, start=1)]
    # Two numbers were fitted where the estimate of the noise allows for one.
    spare = (len(values) - 1) / (len(values) - 2)
    tau2 = max(between_variance(residuals, variances) * spare, floor * floor)
    line = _line(values, [1 / (v + tau2) for v in variances])
    degrees = len(values) - 2
    if student_p(line.slope / sqrt(line.slope_variance), degrees) > CLEAR_TREND:
        return None
    expected = line.at(0)
    variance = now.variance + tau2 + line.variance_at(0)
    return Expectation(
        Surprise(now.value - expected, sqrt(variance), float(degrees), expected), -line.slope, None
    )


class _Line(NamedTuple):
    slope: float
    slope_variance: float
    middle: float
    """Where the periods have their weighted middle; 0 is now, 1 the period before."""
    level: float
    level_variance: float

    def at(self, place: float) -> float:
        return self.level + self.slope * (place - self.middle)

    def variance_at(self, place: float) -> float:
        return self.level_variance + self.slope_variance * (place - self.middle) ** 2


def _line(values: Sequence[float], weights: Sequence[float]) -> _Line:
    """Weighted least squares over places 1, 2, ... back in time."""
    total = sum(weights)
    places = range(1, len(values) + 1)
    middle = sum(w * x for w, x in zip(weights, places, strict=True)) / total
    level = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    spread = sum(w * (x - middle) ** 2 for w, x in zip(weights, places, strict=True))
    joint = sum(
        w * (x - middle) * (y - level) for w, x, y in zip(weights, places, values, strict=True)
    )
    return _Line(joint / spread, 1 / spread, middle, level, 1 / total)


def _season(last_year: Sequence[Estimate], floor: float) -> Estimate | None:
    """What the same period of last year did against those before it, where that is clear."""
    if len(last_year) < 3:
        return None
    then, *before = last_year
    moved = surprise(then, before, floor)
    if abs(moved.change) < CLEAR_SEASON * moved.error:
        return None
    return Estimate(moved.change, moved.error**2)
