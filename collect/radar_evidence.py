"""Whether an event that nobody planned is a planned one under another name: the evidence.

Five independent views, each from 0 to 1, over counts that the warehouse gives.
"""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from typing import NamedTuple

from collect.radar_shapes import Likeness, Shape, likeness, name_likeness, words

Counts = dict[str, dict[str, float]]


class Views(NamedTuple):
    """How much each view speaks for a pair of names."""

    steps: float
    """What people do before and after."""
    properties: float | None
    """Their properties, types and values; None when neither has any."""
    places: float
    """One is sent where (app, version, source, week) the other is not."""
    apart: float
    """The same person does not send both in the same half hour."""
    names: float
    """How alike the names read."""
    rate: float
    """How often somebody sends it who could."""


class Observed(NamedTuple):
    """What was counted about events, by name."""

    events: dict[str, int]
    people: dict[str, int]
    next: Counts
    previous: Counts
    slices: Counts
    """Events by slice."""
    company: Counts
    """Half hours with both names."""
    sessions: int
    shapes: dict[str, list[Shape]]


def views(seen: Observed, one: str, other: str) -> tuple[Views, Likeness]:
    """Everything that speaks for or against two names being one event."""
    alike = likeness(seen.shapes.get(one, []), seen.shapes.get(other, []))
    found = Views(
        steps=_steps(seen, one, other),
        properties=alike.score,
        places=_places(seen, one, other),
        apart=_apart(seen, one, other),
        names=1.0 if words(one) == words(other) else name_likeness(one, other),
        rate=_rate(seen, one, other),
    )
    return found, alike


def _steps(seen: Observed, one: str, other: str) -> float:
    sides = (seen.next, seen.previous)
    return sum(_affinity(side.get(one, {}), side.get(other, {})) for side in sides) / len(sides)


def _affinity(mine: dict[str, float], theirs: dict[str, float]) -> float:
    """How much two distributions overlap (Bhattacharyya), from 0 to 1."""
    total = sqrt(sum(mine.values()) * sum(theirs.values()))
    shared = sum(sqrt(count * theirs[key]) for key, count in mine.items() if key in theirs)
    return shared / total if total else 0.0


def _places(seen: Observed, one: str, other: str) -> float:
    """1 when neither is sent where the other is; 0 when each is where it is to be expected."""
    return 1 - min(1.0, max(_presence(seen, one, other), _presence(seen, other, one)))


def _presence(seen: Observed, one: str, other: str) -> float:
    """How often the other is sent where the one is, as a multiple of what is usual."""
    mine, theirs, all_of = seen.slices.get(one, {}), seen.slices.get(other, {}), _total(seen)
    usual = sum(theirs.values()) / max(sum(all_of.values()), 1)
    if not usual or not mine:
        return 1.0
    met = sum(count * theirs.get(key, 0) / all_of[key] for key, count in mine.items())
    return met / sum(mine.values()) / usual


def _total(seen: Observed) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for counts in seen.slices.values():
        for key, count in counts.items():
            total[key] += count
    return total


def _apart(seen: Observed, one: str, other: str) -> float:
    """1 when half hours with the one never hold the other; 0 when they do as often as any."""
    mine = seen.company.get(one, {}).get(one, 0)
    theirs = seen.company.get(other, {}).get(other, 0)
    if not mine or not theirs:
        return 0.0
    together = seen.company[one].get(other, 0) / mine
    return 1 - min(1.0, together / (theirs / max(seen.sessions, 1)))


def _rate(seen: Observed, one: str, other: str) -> float:
    """How alike both are in events for each person who was active where they are sent."""
    rates = [_events_a_head(seen, name) for name in (one, other)]
    return min(rates) / max(rates) if max(rates) else 0.0


def _events_a_head(seen: Observed, name: str) -> float:
    """Events for each other event around them, so that busy and quiet places compare."""
    mine, all_of = seen.slices.get(name, {}), _total(seen)
    around = sum(all_of[key] for key in mine)
    return sum(mine.values()) / around if around else 0.0
