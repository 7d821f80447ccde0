"""A spread of values against the same spread of other weeks: how far it moved, and whether
weeks differ as much among themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from measure.drift.findings import Verdict
from measure.drift.reference import (
    MARGIN,
    Counts,
    binned,
    distance,
    instability,
    tenths,
    usual_instability,
)
from warehouse.models.drift import ALERT, WATCH

NO_NUMBER = "NaN"
"""A value where a number belongs that is none; like what is missing it is judged elsewhere."""


class Spread(NamedTuple):
    """What became of a spread; ``edges``: the bins of a number."""

    verdict: Verdict
    psi: float
    usual: float
    """What the weeks reach among themselves, 1 time in 100."""
    distance: float | None
    edges: tuple[float, ...]


def judged(weeks: Sequence[Counts], now: Counts, *, is_number: bool, seed: int) -> Spread:
    """The spread of a day against that of the weeks of its reference."""
    past: list[Counts] = [there(week) for week in weeks]
    today: Counts = there(now)
    far = distance(past, today) if is_number else None
    edges = tuple(tenths(past)) if is_number else ()
    if is_number:
        past, today = [binned(week, edges) for week in past], binned(today, edges)
    usual, psi = usual_instability(past, seed), instability(past, today)
    beyond = psi > MARGIN * usual
    verdict: Verdict = (
        "alert" if beyond and psi > ALERT else "watch" if beyond and psi > WATCH else "quiet"
    )
    return Spread(verdict, psi, usual, far, edges)


def there(counts: Mapping[str | None, int]) -> dict[str | None, int]:
    """The counts of values that are there."""
    return {key: count for key, count in counts.items() if key not in (None, NO_NUMBER)}
