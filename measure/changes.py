"""Did the rate fall: now against earlier periods, in the segment, in its control, between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Literal

from measure.compared import Slice
from measure.funnel import Count, FunnelCells
from measure.statistics import Estimate, Surprise, inverse_logit, log_odds, surprise
from measure.thresholds import ALPHA, DIFFERENCE_NOISE, LEAST_OWN_T, OWN_NOISE

Where = Literal["segment", "both", "unclear", "nowhere"]
CountOf = Callable[[Slice, int], Count]


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

    @property
    def expected(self) -> float:
        """The segment's rate that earlier periods lead one to expect."""
        return inverse_logit(self.own.expected)

    @property
    def relative(self) -> float:
        """The segment's change relative to what was expected: -0.2 is a fall by a fifth."""
        return self.rate / self.expected - 1

    @property
    def smallest_visible(self) -> float:
        """The relative fall that would have been seen four times out of five."""
        lowered = inverse_logit(self.own.expected - self.own.smallest_visible_fall(ALPHA))
        return 1 - lowered / self.expected

    @property
    def where(self) -> Where:
        """Where it fell beyond normal period-to-period variation."""
        own_fell = self.own.p_fall < ALPHA
        if self.control is None or self.between is None:
            return "segment" if own_fell else "nowhere"
        if self.between.p_fall < ALPHA and self.own.t <= LEAST_OWN_T:
            return "segment"
        if not own_fell:
            return "nowhere"
        return "both" if self.control.p_fall < 0.05 else "unclear"


def change_of(count: CountOf, baselines: list[int], has_control: bool) -> Change:
    """Judges period 0 against the baseline periods, of which there must be two or more."""
    own = {k: _odds(count("segment", k)) for k in (0, *baselines)}
    rate = count("segment", 0).rate
    if not has_control:
        return Change(_surprise(own, OWN_NOISE), None, None, rate)
    control = {k: _odds(count("control", k)) for k in (0, *baselines)}
    between = {k: minus(own[k], control[k]) for k in own}
    return Change(
        _surprise(own, OWN_NOISE),
        _surprise(control, OWN_NOISE),
        _surprise(between, DIFFERENCE_NOISE),
        rate,
        count("control", 0).rate,
    )


def minus(a: Estimate, b: Estimate) -> Estimate:
    """The difference of two independent log odds."""
    return Estimate(a.value - b.value, a.variance + b.variance)


def whole_change(cells: FunnelCells, baselines: list[int], has_control: bool) -> Change:
    """The change of the funnel from its first step to its last."""
    return change_of(cells.whole, baselines, has_control)


def step_change(cells: FunnelCells, number: int, baselines: list[int], has_control: bool) -> Change:
    """The change of one step to the next."""
    return change_of(lambda part, period: cells.step(number, part, period), baselines, has_control)


def relative(log_change: float) -> float:
    """A change on the log scale as a relative one."""
    return exp(log_change) - 1


def _odds(count: Count) -> Estimate:
    return log_odds(count.converted, count.entered)


def _surprise(by_period: dict[int, Estimate], floor: float) -> Surprise:
    history = [odds for period, odds in by_period.items() if period != 0]
    return surprise(by_period[0], history, floor)
