"""Statistics over counts and sums: pure functions, no data access, no clock.

Each takes sufficient statistics that one SQL aggregate can give, so that no
row of a person ever leaves the warehouse. Rates are fractions; intervals are
95 % unless a ``z`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import asin, exp, log, sqrt
from typing import NamedTuple

from scipy.special import ndtr, stdtr, stdtrit

Z95 = 1.959963984540054


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float


def wilson(converted: int, entered: int, z: float = Z95) -> Interval:
    """Wilson's score interval of a proportion; (0, 1) when nobody entered."""
    if entered == 0:
        return Interval(0.0, 1.0)
    share = converted / entered
    spread = z * sqrt(share * (1 - share) / entered + z * z / (4 * entered * entered))
    centre = share + z * z / (2 * entered)
    scale = 1 + z * z / entered
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def difference(first: tuple[float, Interval], second: tuple[float, Interval]) -> Interval:
    """The interval of first - second from both estimates' intervals (Newcombe's square-and-add)."""
    (a, a_range), (b, b_range) = first, second
    low = a - b - sqrt((a - a_range.low) ** 2 + (b_range.high - b) ** 2)
    high = a - b + sqrt((a_range.high - a) ** 2 + (b - b_range.low) ** 2)
    return Interval(low, high)


def normal_p(z: float) -> float:
    """Two-sided p-value of a standard normal statistic, exact far into the tail."""
    return float(2 * ndtr(-abs(z)))


def student_p(t: float, degrees: float) -> float:
    """Two-sided p-value of Student's t."""
    return float(2 * stdtr(degrees, -abs(t)))


def student_quantile(probability: float, degrees: float) -> float:
    """The value below which Student's t falls with this probability."""
    return float(stdtrit(degrees, probability))


def p_text(p: float) -> str:
    """A p-value for people: never 0."""
    if p < 1e-16:
        return "p < 1e-16"
    return f"p = {p:.1e}" if p < 0.001 else f"p = {p:.3f}"


class Estimate(NamedTuple):
    """A number with its sampling variance."""

    value: float
    variance: float


def log_odds(converted: float, entered: float) -> Estimate:
    """The empirical log odds of a proportion, finite at 0 and at 100 % (half a success added)."""
    hit, miss = converted + 0.5, entered - converted + 0.5
    return Estimate(log(hit / miss), 1 / hit + 1 / miss)


def arcsine(converted: float, entered: float) -> Estimate:
    """A proportion on the scale where its variance does not depend on it: fit for rare events."""
    share = (converted + 0.375) / (entered + 0.75)
    return Estimate(asin(sqrt(share)), 1 / (4 * max(entered, 1)))


def between_variance(values: Sequence[float], variances: Sequence[float]) -> float:
    """DerSimonian and Laird's variance between periods, beyond sampling; never below 0."""
    if len(values) < 2:
        return 0.0
    weights = [1 / variance for variance in variances]
    total = sum(weights)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    q = sum(w * (y - mean) ** 2 for w, y in zip(weights, values, strict=True))
    scale = total - sum(w * w for w in weights) / total
    return max(0.0, (q - (len(values) - 1)) / scale)


class Surprise(NamedTuple):
    """How far a period lies from what earlier periods lead one to expect."""

    change: float
    """Observed minus expected, in the unit of the values."""
    error: float
    """Standard error of the change, period-to-period noise included."""
    degrees: float
    expected: float

    @property
    def t(self) -> float:
        """The change in standard errors."""
        return self.change / self.error

    @property
    def p(self) -> float:
        """Two-sided p-value."""
        return student_p(self.t, self.degrees)

    @property
    def p_fall(self) -> float:
        """One-sided p-value that it fell."""
        return float(stdtr(self.degrees, self.t))

    def interval(self, level: float = 0.95) -> Interval:
        """The interval of the change."""
        reach = student_quantile(0.5 + level / 2, self.degrees) * self.error
        return Interval(self.change - reach, self.change + reach)

    def smallest_visible_fall(self, alpha: float, power: float = 0.8) -> float:
        """The fall, as a positive number, that a one-sided test would find with this power."""
        quantiles = student_quantile(1 - alpha, self.degrees), student_quantile(power, self.degrees)
        return self.error * sum(quantiles)


def surprise(now: Estimate, history: Sequence[Estimate], floor: float) -> Surprise:
    """Compares one period with earlier ones, whose own scatter sets the noise.

    ``floor`` is the least period-to-period standard deviation assumed. Needs two
    earlier periods or more. Only the part of the noise that is estimated from the
    few periods costs degrees of freedom (Satterthwaite); sampling noise is known.
    """
    values, variances = [h.value for h in history], [h.variance for h in history]
    tau2 = max(between_variance(values, variances), floor * floor)
    weights = [1 / (variance + tau2) for variance in variances]
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)
    variance = now.variance + tau2 + 1 / sum(weights)
    learnt = tau2 * (1 + 1 / len(history))
    degrees = max(1.0, variance**2 / (learnt**2 / (len(history) - 1)))
    return Surprise(now.value - mean, sqrt(variance), degrees, mean)


def log_odds_of(share: float) -> float:
    """The log odds of a share between 0 and 1."""
    return log(share / (1 - share))


def inverse_logit(value: float) -> float:
    """The proportion with this log odds."""
    return 1 / (1 + exp(-value))


def log_mean(a: float, b: float) -> float:
    """The logarithmic mean of two positive numbers."""
    return a if abs(a - b) < 1e-15 * max(a, b) else (a - b) / log(a / b)


def product_contributions(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Splits the change of a product of positive factors over the factors (LMDI); sums exactly."""
    total_before, total_after = _product(before), _product(after)
    scale = log_mean(total_after, total_before)
    return [scale * log(b / a) for a, b in zip(before, after, strict=True)]


def _product(factors: Sequence[float]) -> float:
    result = 1.0
    for factor in factors:
        result *= factor
    return result


class MixRate(NamedTuple):
    """One value's part in the change of an overall rate."""

    mix: float
    """Because its share of entrants changed."""
    rate: float
    """Because its own rate changed."""


Cell = tuple[int, int]
"""(entered, converted)."""


def mix_and_rate(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> dict[str, MixRate]:
    """Kitagawa's symmetric split of the change of an overall rate; sums exactly.

    A value that nobody had in one period takes its rate of the other. Both
    periods need somebody.
    """
    n0, n1 = _entered(before), _entered(after)
    average = (_converted(before) / n0 + _converted(after) / n1) / 2
    parts: dict[str, MixRate] = {}
    for value in sorted({*before, *after}):
        (e0, c0), (e1, c1) = before.get(value, (0, 0)), after.get(value, (0, 0))
        r0 = c0 / e0 if e0 else (c1 / e1 if e1 else 0.0)
        r1 = c1 / e1 if e1 else r0
        w0, w1 = e0 / n0, e1 / n1
        mix = (w1 - w0) * ((r0 + r1) / 2 - average)
        parts[value] = MixRate(mix, (r1 - r0) * (w0 + w1) / 2)
    return parts


def _entered(cells: Mapping[str, Cell]) -> int:
    return sum(entered for entered, _ in cells.values())


def _converted(cells: Mapping[str, Cell]) -> int:
    return sum(converted for _, converted in cells.values())
