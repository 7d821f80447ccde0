"""Funnels over single journeys: the reference that the SQL is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import mean, median
from typing import NamedTuple

from measure.methods.arms import require


class Funnel(NamedTuple):
    """How many reached each step, and how long it took them from the step before."""

    counts: list[int]
    mean_seconds: list[float | None]
    median_seconds: list[float | None]


Journey = Sequence[tuple[str, datetime]]


def ordered(steps: Sequence[str], journeys: Mapping[str, Journey], window: timedelta) -> Funnel:
    """Steps in their order, anything in between, within the window of the first (inclusive).

    Of several tries the one that gets furthest counts, of equal ones the earliest.
    """
    best = [
        _best(steps, sorted(one, key=lambda event: event[1]), window) for one in journeys.values()
    ]
    counts = [sum(len(times) > k for times in best) for k in range(len(steps))]
    waits = [
        [(times[k] - times[k - 1]).total_seconds() for times in best if len(times) > k]
        for k in range(1, len(steps))
    ]
    means = [mean(one) if one else None for one in waits]
    medians = [median(one) if one else None for one in waits]
    return Funnel(counts, [None, *means], [None, *medians])


def _best(steps: Sequence[str], events: Journey, window: timedelta) -> list[datetime]:
    best: list[datetime] = []
    for k, (name, at) in enumerate(events):
        if name == steps[0]:
            times = _reached(steps, events[k:], at + window)
            best = times if len(times) > len(best) else best
    return best


def _reached(steps: Sequence[str], events: Journey, until: datetime) -> list[datetime]:
    times: list[datetime] = []
    for name, at in events:
        if len(times) < len(steps) and name == steps[len(times)] and at <= until:
            times.append(at)
    return times


def strict(steps: Sequence[str], sequences: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Who reached each step with nothing else in between, by step."""
    deepest = {
        who: max((_run(steps, events[k:]) for k in range(len(events))), default=0)
        for who, events in sequences.items()
    }
    return [[who for who, deep in deepest.items() if deep > k] for k in range(len(steps))]


def _run(steps: Sequence[str], events: Sequence[str]) -> int:
    found = 0
    for step, event in zip(steps, events, strict=False):
        if step != event:
            break
        found += 1
    return found


def odds_ratio(
    successes: int, failures: int, with_event: tuple[int, int], prior: float = 1.0
) -> float:
    """How the odds of success change with an event; the prior is added to each of four cells."""
    require(min(successes, failures, *with_event) >= 0, "counts are not below 0", "with_event")
    succeeded, failed = with_event
    odds = (succeeded + prior) / (failed + prior)
    return odds * (failures - failed + prior) / (successes - succeeded + prior)
