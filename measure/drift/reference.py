"""What is normal for a day: a level, a trend and weekdays for amounts; other weeks for spreads.

Pure functions over daily numbers; no data access, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from warehouse.models.drift import stability

WEEKS, LEAST_WEEKS = 8, 4
LEAST_EVENTS = 50
"""A day with fewer, both counted and expected, says nothing."""
ALPHA_ALERT, ALPHA_WATCH = 0.001, 0.01
"""Over all series of a look together (Bonferroni)."""
LEAST_CHANGE, LEAST_NULLS = 0.2, 0.05
"""Smaller changes are no drift, however sure: of the amount; of the share without a value."""
NOISE = 0.03
"""Weeks differ by so much more than chance makes them, even where the reference is smooth."""
DRAWS = 400
MARGIN = 1.25
"""How far beyond what its own weeks reach a spread has to be: there are few of them."""


class Expected(NamedTuple):
    """What a day should be, and how sure it is that it is not."""

    value: float
    p: float


def amount(days: Sequence[int], counts: Sequence[int], day: int) -> Expected:
    """The amount of ``day`` against days before it: log counts on weekday and linear trend.

    ``days`` are ordinals of the reference days and, last, of the day itself; least squares with
    a prediction interval of the t distribution, its variance never below that of counting.
    """
    known = np.array(days[:-1], dtype=float)
    logs = np.log(np.array(counts, dtype=float) + 0.5)
    rows = _design(known, day)
    coefficients, *_ = np.linalg.lstsq(rows, logs[:-1], rcond=None)
    rest = logs[:-1] - rows @ coefficients
    freedom = max(1, len(known) - np.linalg.matrix_rank(rows))
    at = _design(np.array([float(day)]), day)[0]
    predicted = float(at @ coefficients)
    floor = NOISE**2 + 1 / max(1.0, np.exp(predicted))
    variance = max(float(rest @ rest) / freedom, floor)
    leverage = float(at @ np.linalg.pinv(rows.T @ rows) @ at)
    z = (float(logs[-1]) - predicted) / np.sqrt(variance * (1 + leverage))
    return Expected(float(np.exp(predicted)), float(2 * student.sf(abs(z), freedom)))


def _design(days: np.ndarray, origin: int) -> np.ndarray:
    weekdays = np.equal.outer(days % 7, np.arange(7)).astype(float)
    return np.column_stack([weekdays, (days - origin) / 56])


def share(missing: Sequence[int], totals: Sequence[int]) -> Expected:
    """The share without a value on the last day against the days before it.

    The variance is that of drawing so many and that of the days among themselves (t with
    one less than the days).
    """
    rates = (np.array(missing) + 0.5) / (np.array(totals) + 1.0)
    past = rates[:-1]
    mean = float(np.sum(np.array(missing[:-1]) + 0.5) / np.sum(np.array(totals[:-1]) + 1.0))
    drawn = mean * (1 - mean) / (totals[-1] + 1.0)
    error = np.sqrt(max(float(past.var(ddof=1)), drawn, 0.005**2))
    z = (float(rates[-1]) - mean) / error
    return Expected(mean, float(2 * student.sf(abs(z), len(past) - 1)))


Counts = Mapping[str | None, int]


def usual_instability(weeks: Sequence[Counts], seed: int) -> float:
    """The PSI that 1 in 100 weeks of the reference reaches against the others.

    A cluster bootstrap: one week is drawn as the day, and from the rest, with replacement, as
    many as there are as its reference; people of one week behave alike, so weeks are drawn,
    never rows.
    """
    keys = sorted({key for week in weeks for key in week}, key=str)
    table = np.array([[week.get(key, 0) for key in keys] for week in weeks], dtype=float)
    random = np.random.default_rng(seed)
    found = np.empty(DRAWS)
    for draw in range(DRAWS):
        held = int(random.integers(len(weeks)))
        others = [number for number in range(len(weeks)) if number != held]
        rest = table[random.choice(others, size=len(others))].sum(axis=0)
        found[draw] = _between(keys, rest, table[held])
    return float(np.quantile(found, 0.99))


def instability(weeks: Sequence[Counts], now: Counts) -> float:
    """The PSI of a day against all weeks of its reference."""
    keys = sorted({key for week in (*weeks, now) for key in week}, key=str)
    pooled = np.array([sum(week.get(key, 0) for week in weeks) for key in keys], dtype=float)
    return _between(keys, pooled, np.array([now.get(key, 0) for key in keys], dtype=float))


def _between(keys: Sequence[str | None], before: np.ndarray, now: np.ndarray) -> float:
    shares = [dict(zip(keys, one / max(1.0, one.sum()), strict=True)) for one in (before, now)]
    return stability(*shares)


def distance(weeks: Sequence[Counts], now: Counts) -> float:
    """The largest distance of the two distributions of numbers, on their bins."""
    keys = sorted({key for week in (*weeks, now) for key in week if key is not None}, key=float)
    pooled = np.array([sum(week.get(key, 0) for week in weeks) for key in keys], dtype=float)
    today = np.array([now.get(key, 0) for key in keys], dtype=float)
    if not pooled.sum() or not today.sum():
        return 0.0
    gap = np.cumsum(pooled) / pooled.sum() - np.cumsum(today) / today.sum()
    return float(np.abs(gap).max())


def tenths(weeks: Sequence[Counts]) -> list[float]:
    """Edges of ten bins of equal size of the reference, equal edges once."""
    pooled: dict[float, int] = {}
    for week in weeks:
        for key, count in week.items():
            if key is not None:
                pooled[float(key)] = pooled.get(float(key), 0) + count
    values = sorted(pooled)
    if not values:
        return []
    cumulated = np.cumsum([pooled[value] for value in values])
    places = np.searchsorted(cumulated, cumulated[-1] * np.arange(1, 10) / 10)
    return sorted({values[int(place)] for place in places})


def binned(counts: Counts, edges: Sequence[float]) -> dict[str | None, int]:
    """Counts of numbers by the bin that they fall into; the missing stay apart."""
    found: dict[str | None, int] = {}
    for key, count in counts.items():
        bin_ = None if key is None else str(int(np.searchsorted(edges, float(key))))
        found[bin_] = found.get(bin_, 0) + count
    return found
