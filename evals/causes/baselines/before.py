"""Who entered and who converted, by every combination of dimensions, now and before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from evals.causes.worlds.app import IOS, PLATFORMS, STEPS, WINDOW
from evals.causes.worlds.world import World
from measure.funnel import NOBODY, Count

SQL = Path(__file__).parent / "before.sql"
DIMENSIONS = ("utm_source", "country", "tenure", "app_version")

Values = tuple[str, ...]


@dataclass(frozen=True)
class Before:
    """Combination of values → counts of the current period, and of all earlier ones together."""

    current: dict[Values, Count]
    earlier: dict[Values, Count]
    periods: int
    """How many earlier periods there are."""

    def total(self, *, now: bool) -> Count:
        """Everybody."""
        total = NOBODY
        for count in (self.current if now else self.earlier).values():
            total = total.plus(count)
        return total

    def by(self, dimension: str, *, now: bool) -> dict[str, Count]:
        """Value → counts, of one dimension."""
        place = DIMENSIONS.index(dimension)
        result: dict[str, Count] = defaultdict(lambda: NOBODY)
        for values, count in (self.current if now else self.earlier).items():
            result[values[place]] = result[values[place]].plus(count)
        return dict(result)


def compared(world: World) -> Before:
    """The segment's counts, each period as it was known at the same moment of its own."""
    scenario = world.scenario
    given = {
        "first": STEPS[0],
        "last": STEPS[-1],
        "platform": PLATFORMS[IOS],
        "start": scenario.moment(0),
        "end": scenario.moment(scenario.end),
        "as_of": world.as_of,
        "window": timedelta(seconds=WINDOW),
        "weeks": scenario.weeks,
    }
    rows = world.warehouse.fetch(SQL.read_text(encoding="utf-8"), given).rows
    current: dict[Values, Count] = {}
    earlier: dict[Values, Count] = defaultdict(lambda: NOBODY)
    for period, *values, entered, converted in rows:
        key, count = tuple(values), Count(entered, converted)
        if period == 0:
            current[key] = count
        else:
            earlier[key] = earlier[key].plus(count)
    return Before(current, dict(earlier), scenario.weeks)
