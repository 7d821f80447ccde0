"""Did the rate move: now against earlier periods, in the segment, in its control, between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Literal

from core.diagnoses import Place
from measure.compared import Slice
from measure.expectation import Expectation, expectation
from measure.funnel import Count, FunnelCells
from measure.periods import Periods
from measure.statistics import Estimate, Surprise, inverse_logit, log_odds, student_p
from measure.thresholds import ALPHA, DIFFERENCE_NOISE, LEAST_OWN_T, OWN_NOISE

CountOf = Callable[[Slice, int], Count]
Sign = Literal[-1, 1]
"""Which way: a drop, or a rise."""
DIFFER = 0.05
"""One-sided level at which a segment and its control moved differently."""
FURTHER = 9.0
"""At most so many times a control can shrink the variance of what the segment did alone."""
LEAST_RATE = 1e-9
"""What a rate of 0 counts as on the log scale."""


def p_towards(moved: Surprise, sign: Sign) -> float:
    """One-sided p-value that it moved this way."""
    half = student_p(moved.t, moved.degrees) / 2
    return half if moved.t * sign > 0 else 1 - half


@dataclass(frozen=True)
class Change:
    """The change of a rate, in log odds; without a control only the segment's own."""

    own: Surprise
    control: Surprise | None
    between: Surprise | None
    """Segment minus control."""
    rate: float
    """The segment's rate in the current period."""
    control_rate: float = 0.0
    """The control's."""
    sign: Sign = -1
    trend: float | None = None
    """The change a period, in log odds, that the segment's earlier periods had."""
    season: float | None = None
    """What the segment did in the same period of last year, in log odds."""

    @property
    def apart(self) -> Surprise:
        """What the segment did alone: its own move less what the control tells of a week that moves
        both. A control tells that only as far as its noise is shared (best linear prediction, the
        shared part learnt from how little the difference varies): one that is small, or rises by
        itself, counts for little, where a plain difference would take all of it."""
        if self.control is None or self.between is None:
            return self.own
        own, control = self.own, self.control
        shared = (own.error**2 + control.error**2 - self.between.error**2) / 2
        told = min(1.0, max(0.0, shared) / control.error**2)
        error = sqrt(max(own.error**2 - told**2 * control.error**2, own.error**2 / FURTHER))
        return own._replace(change=own.change - told * control.change, error=error)

    @property
    def expected(self) -> float:
        """The segment's rate that earlier periods lead one to expect."""
        return inverse_logit(self.own.expected)

    @property
    def relative(self) -> float:
        """The segment's change relative to what was expected: -0.2 is a fall by a fifth."""
        return self.rate / self.expected - 1

    @property
    def log_rate(self) -> float:
        """The segment's change as the log of the ratio of its rates."""
        return log(max(self.rate, LEAST_RATE) / self.expected)

    @property
    def smallest_visible(self) -> float:
        """The relative change that would have been seen four times out of five."""
        reach = self.own.smallest_visible_fall(ALPHA)
        return abs(inverse_logit(self.own.expected + self.sign * reach) / self.expected - 1)

    @property
    def where(self) -> Place:
        """Where it moved beyond normal period-to-period variation."""
        own_moved = p_towards(self.own, self.sign) < ALPHA
        if self.control is None or self.between is None:
            return "segment" if own_moved else "nowhere"
        toward = self.sign * self.own.t
        alone = p_towards(self.apart, self.sign) < ALPHA
        # Where something struck both, the two do not differ, however far each lies from its own.
        if alone and p_towards(self.between, self.sign) < DIFFER and toward >= -LEAST_OWN_T:
            return "segment"
        if not own_moved:
            return "nowhere"
        return "both" if p_towards(self.control, self.sign) < 0.05 else "unclear"


def change_of(count: CountOf, periods: Periods, has_control: bool, sign: Sign = -1) -> Change:
    """Judges period 0 against the baseline periods, of which there must be two or more."""

    def moved(part: Callable[[int], Estimate], floor: float) -> Expectation:
        return expectation(
            part(0),
            [part(stretch.index) for stretch in periods.baselines],
            floor,
            [part(stretch.index) for stretch in periods.last_year],
        )

    def odds(part: Slice, period: int) -> Estimate:
        return _odds(count(part, period))

    own = moved(lambda k: odds("segment", k), OWN_NOISE)
    rate = count("segment", 0).rate
    if not has_control:
        return Change(own.surprise, None, None, rate, sign=sign, trend=own.trend, season=own.season)
    between = moved(lambda k: minus(odds("segment", k), odds("control", k)), DIFFERENCE_NOISE)
    return Change(
        own.surprise,
        moved(lambda k: odds("control", k), OWN_NOISE).surprise,
        between.surprise,
        rate,
        count("control", 0).rate,
        sign,
        own.trend,
        own.season,
    )


def minus(a: Estimate, b: Estimate) -> Estimate:
    """The difference of two independent log odds."""
    return Estimate(a.value - b.value, a.variance + b.variance)


def whole_change(
    cells: FunnelCells, periods: Periods, has_control: bool, sign: Sign = -1
) -> Change:
    """The change of the funnel from its first step to its last."""
    return change_of(cells.whole, periods, has_control, sign)


def step_change(
    cells: FunnelCells, number: int, periods: Periods, has_control: bool, sign: Sign = -1
) -> Change:
    """The change of one step to the next."""
    return change_of(
        lambda part, period: cells.step(number, part, period), periods, has_control, sign
    )


def relative(log_change: float) -> float:
    """A change on the log scale as a relative one."""
    return exp(log_change) - 1


def _odds(count: Count) -> Estimate:
    return log_odds(count.converted, count.entered)
