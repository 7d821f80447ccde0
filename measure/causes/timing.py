"""Since when: the stretch of days on which observed counts depart most from what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from measure.funnel import Count

CLEARLY_BETTER = 10.0
"""By how much a stretch must explain the counts better, in squared standard errors, than all days
together: about what the best of some twenty stretches gains by chance once in a hundred times."""


class Stretch(NamedTuple):
    """Days by their place, both included."""

    first: int
    last: int


def departed(observed: Sequence[Count], expected: Sequence[float]) -> Stretch | None:
    """The days that hold the departure; None when it is spread over all of them.

    ``expected`` are the rates of the days, one each.
    """
    days = range(len(observed))
    stretches = [Stretch(i, j) for i in days for j in days if i <= j]
    if len(days) < 2:
        return None
    whole = Stretch(0, len(days) - 1)
    scores = {stretch: _score(observed, expected, stretch) for stretch in stretches}
    best = max(scores, key=lambda s: (scores[s], s.last - s.first))
    return best if scores[best] - scores[whole] > CLEARLY_BETTER else None


def _score(observed: Sequence[Count], expected: Sequence[float], stretch: Stretch) -> float:
    days = range(stretch.first, stretch.last + 1)
    off = sum(observed[d].converted - observed[d].entered * expected[d] for d in days)
    variance = sum(observed[d].entered * expected[d] * (1 - expected[d]) for d in days)
    return off * off / variance if variance > 0 else 0.0
