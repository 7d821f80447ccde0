"""Parts of a change that sum to it exactly: of the steps of a funnel, and of causes.

Both follow the log-mean Divisia index (LMDI; Ang 2004): a rate that is a product of factors
changes by L(after, before) times the sum of the logs of the factors' ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from measure.statistics import log_mean

SMALLEST = 1e-12
"""What a rate of 0 counts as."""


def of_steps(
    before: Sequence[float], after: Sequence[float], whole_before: float, whole_after: float
) -> list[float]:
    """Each step's part in the change of the whole rate; the parts sum to it.

    Rates of steps that are estimates need not multiply to that of the whole: what they lack is
    shared evenly among them.
    """
    start, end = max(whole_before, SMALLEST), max(whole_after, SMALLEST)
    scale = log_mean(end, start)
    ratios = [log(max(b, SMALLEST) / max(a, SMALLEST)) for a, b in zip(before, after, strict=True)]
    lacking = (log(end / start) - sum(ratios)) / len(ratios)
    return [scale * (ratio + lacking) for ratio in ratios]


def of_causes(
    effects: Sequence[float], whole_before: float, whole_after: float
) -> tuple[list[float], float]:
    """Each cause's part in the change of the whole rate, and what is left.

    ``effects`` are on the log scale of the rate. The parts and the rest sum to the change.
    """
    scale = log_mean(max(whole_after, SMALLEST), max(whole_before, SMALLEST))
    parts = [scale * effect for effect in effects]
    return parts, (whole_after - whole_before) - sum(parts)
