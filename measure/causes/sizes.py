"""How many came: whether a value's users are more, or fewer, than history and all others tell."""

from __future__ import annotations

from math import log

from measure.causes.inquiry import Inquiry
from measure.compared import Slice
from measure.funnel import NOBODY
from measure.statistics import Estimate, Surprise, surprise

SHARE_NOISE = 0.10
"""Least week-to-week standard deviation of the log of a count."""


def number_moved(inquiry: Inquiry, dimension: str, value: str) -> Surprise:
    """How far the number of a value's users lies from what its history and all others lead to
    expect, as the log of the ratio."""
    others: Slice = "control" if inquiry.has_control else "segment"

    def size(period: int) -> Estimate:
        own = inquiry.cells.values(dimension, 1, "segment", period)
        mine = own.get(value, NOBODY).entered
        rest = inquiry.cells.step(1, others, period).entered
        if not inquiry.has_control:
            rest -= mine
        return Estimate(log((mine + 0.5) / (rest + 0.5)), 1 / (mine + 0.5) + 1 / (rest + 0.5))

    return surprise(size(0), [size(k) for k in inquiry.baselines], SHARE_NOISE)
