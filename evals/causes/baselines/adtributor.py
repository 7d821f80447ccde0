"""Adtributor for a rate (Bhagwan et al., "Adtributor: Revenue Debugging in Advertising Systems",
USENIX NSDI 2014, section 4, with the thresholds of section 6).

The dimension whose distribution changed most surprisingly, and of its values the smallest set that
explains most of the change.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

from evals.causes.answers import Named
from evals.causes.baselines.before import DIMENSIONS, Before
from measure.funnel import NOBODY, Count

EACH = 0.1
"""A value must explain a tenth of the change (T_EEP)."""
TOGETHER = 0.67
"""The set must explain two thirds of it (T_EP)."""


class Element(NamedTuple):
    """A value: how much of the change it explains, and how surprising it is."""

    value: str
    power: float
    surprise: float


def adtributor(before: Before) -> list[Named]:
    """The values of the most surprising dimension that explains enough; none if none does."""
    candidates = []
    for dimension in DIMENSIONS:
        chosen = _explaining(_elements(before, dimension))
        if chosen:
            candidates.append((sum(e.surprise for e in chosen), dimension, chosen))
    if not candidates:
        return []
    _, dimension, chosen = max(candidates)
    return [
        Named(kind=None, dimension=dimension, value=e.value, told=f"{dimension} {e.value}")
        for e in sorted(chosen, key=lambda e: -e.power)
    ]


def _elements(before: Before, dimension: str) -> list[Element]:
    now, usual = before.by(dimension, now=True), before.by(dimension, now=False)
    whole, forecast = before.total(now=True), _mean(before.total(now=False), before.periods)
    parts = []
    for value in sorted({*now, *usual}):
        actual, expected = now.get(value, NOBODY), _mean(usual.get(value, NOBODY), before.periods)
        moved = _power(actual, expected, forecast)
        surprise = _surprise(actual.converted, expected[1], whole.converted, forecast[1])
        surprise += _surprise(actual.entered, expected[0], whole.entered, forecast[0])
        parts.append((value, moved, surprise))
    total = sum(moved for _, moved, _ in parts)
    return [Element(v, moved / total if total else 0.0, s) for v, moved, s in parts]


def _explaining(elements: list[Element]) -> list[Element]:
    chosen: list[Element] = []
    for element in sorted(elements, key=lambda e: -e.surprise):
        if element.power > EACH:
            chosen.append(element)
        if sum(e.power for e in chosen) > TOGETHER:
            return chosen
    return []


Mean = tuple[float, float]
"""(entered, converted)."""


def _mean(count: Count, periods: int) -> Mean:
    return count.entered / periods, count.converted / periods


def _power(actual: Count, expected: Mean, forecast: Mean) -> float:
    """What a value does to the rate, by partial derivatives of the quotient (equation 6)."""
    (usual_n, usual_x), (n, x) = expected, forecast
    more_n = actual.entered - usual_n
    return ((actual.converted - usual_x) * n - more_n * x) / (n * (n + more_n))


def _surprise(actual: float, expected: float, whole: float, forecast: float) -> float:
    """The value's term of the Jensen-Shannon divergence of the two distributions."""
    q, p = actual / max(whole, 1), expected / max(forecast, 1e-9)
    terms = (share * log(2 * share / (p + q)) for share in (p, q) if share > 0)
    return 0.5 * sum(terms)
