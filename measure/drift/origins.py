"""Where a drift comes from: the platform or the version that brings most of the change.

Pure functions over rows of the drift queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from measure.drift.findings import Origin
from measure.drift.reference import Counts, binned
from measure.drift.spread import there

MOST, AHEAD = 0.6, 0.2
"""A part brings it when its share of the change is so large, and so much larger than its share
of the events: whoever sends nearly everything brings nearly every change."""

Row = Sequence[Any]


def of_volume(day: date, weeks: Sequence[date], event: str, rows: Iterable[Row]) -> Origin | None:
    """The platform behind a volume that moved: (event, day, platform, version, events) rows.

    Versions are left out: their volumes move with every release.
    """
    now: dict[Any, float] = defaultdict(float)
    before: dict[Any, float] = defaultdict(float)
    for name, one, platform, _version, events in rows:
        if name == event and one == day:
            now[platform] += events
        elif name == event and one in weeks:
            before[platform] += events / len(weeks)
    changed = {part: now[part] - before[part] for part in {*now, *before}}
    return _main("platform", changed, before)


def of_nulls(day: date, rows: Iterable[Row]) -> Origin | None:
    """The part behind missing values: (.., day, platform, version, value, events) rows."""
    return _of(day, rows, lambda counts: {"none": counts.get(None, 0)})


def of_values(day: date, rows: Iterable[Row], edges: Sequence[float]) -> Origin | None:
    """The part behind values that moved; ``edges``: the bins of a number."""

    def kept(counts: Counts) -> Counts:
        return binned(there(counts), edges) if edges else there(counts)

    return _of(day, rows, kept)


def _of(day: date, rows: Iterable[Row], kept: Callable[[Counts], Counts]) -> Origin | None:
    listed = [
        _Said(one == day, platform, version, value, events)
        for *_, one, platform, version, value, events in rows
    ]
    return _by("version", listed, kept) or _by("platform", listed, kept)


class _Said(NamedTuple):
    is_now: bool
    platform: str | None
    version: str | None
    value: str | None
    events: int


def _by(
    dimension: Literal["platform", "version"],
    rows: Sequence[_Said],
    kept: Callable[[Counts], Counts],
) -> Origin | None:
    """How many events of each part are in a group that the reference does not account for."""
    usual: dict[str | None, int] = defaultdict(int)
    parts: dict[Any, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        counts = parts[getattr(row, dimension)] if row.is_now else usual
        counts[row.value] += row.events
    before = sum(usual.values())
    shares = {key: count / before for key, count in kept(usual).items()} if before else {}
    beyond: dict[Any, float] = {}
    for part, counts in parts.items():
        size = sum(counts.values())
        groups = kept(counts)
        keys = {*groups, *shares}
        beyond[part] = sum(
            max(0.0, groups.get(key, 0) - size * shares.get(key, 0.0)) for key in keys
        )
    return _main(dimension, beyond, {part: sum(one.values()) for part, one in parts.items()})


def _main(
    dimension: Any, changed: dict[Any, float], sizes: dict[Any, float] | dict[Any, int]
) -> Origin | None:
    whole, size = sum(changed.values()), sum(sizes.values())
    if not whole or not size or len(changed) < 2:
        return None
    part = max(changed, key=lambda one: changed[one] / whole)
    brought = min(1.0, changed[part] / whole)
    if part is None or brought < MOST or brought - sizes.get(part, 0) / size < AHEAD:
        return None
    return Origin(dimension=dimension, value=str(part), share=brought)


def in_words(origin: Origin | None) -> str:
    """The end of a sentence; empty where no part stands out."""
    if origin is None:
        return ""
    return f"; {origin.share:.0%} of the change is {origin.dimension} {origin.value}"
