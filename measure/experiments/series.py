"""How the effect came about: day by day as it was known, and by time since a user came."""

from __future__ import annotations

from datetime import timedelta

from measure.experiments.cells import Cells
from measure.experiments.effects import Looking, always, arm_of, why_not
from measure.experiments.guards import Sides
from measure.experiments.measured import Compared, Stretches
from measure.experiments.readout import NoveltyPoint, SeriesPoint
from measure.experiments.sides import side
from measure.methods.arms import difference, guarded, mean_arm


def cumulative(
    cells: Cells, metric: Compared, place: int, sides: Sides, look: Looking, horizon_days: int
) -> list[SeriesPoint]:
    """One point a day: users who came up to then, told when their horizon was over."""
    points = []
    days = cells.columns["day"]
    for day in cells.days():
        until = days <= day
        treated, control = (side(cells, place, part & until) for part in sides[1:])
        point = SeriesPoint(
            metric=metric.key,
            arm=sides.arm.key,
            day=day + timedelta(days=horizon_days),
            users=int(treated.sums.n),
            control_users=int(control.sums.n),
            effect=None,
            low=None,
            high=None,
        )
        if why_not(metric, treated, control) is None:
            found = difference(*guarded(arm_of(metric, control), arm_of(metric, treated)))
            tested = always(found, treated.sums.n + control.sums.n, look)
            got = {"effect": tested.effect, "low": tested.low, "high": tested.high}
            point = point.model_copy(update=got)
        points.append(point)
    return points


def stretches(horizon_days: int | None) -> Stretches | None:
    """At most 14 equal stretches of whole days; None without an end that all users share."""
    if horizon_days is None or horizon_days < 2:
        return None
    days = -(-horizon_days // 14)
    return Stretches(days, horizon_days // days)


def novelty(cells: Cells, over: Stretches, sides: Sides, look: Looking) -> list[NoveltyPoint]:
    """The effect on the first metric in each stretch since a user came."""
    points = []
    for place in range(over.number):
        treated, control = (cells.stretch(place, part) for part in sides[1:])
        if min(treated[0], control[0]) < 2 or treated[1] + control[1] == 0:
            continue
        a, b = mean_arm(*control), mean_arm(*treated)
        if a.variance + b.variance == 0:
            continue
        tested = always(difference(*guarded(a, b)), treated[0] + control[0], look)
        points.append(
            NoveltyPoint(
                arm=sides.arm.key,
                from_day=place * over.days,
                to_day=(place + 1) * over.days,
                effect=tested.effect,
                low=tested.low or 0.0,
                high=tested.high or 0.0,
            )
        )
    return points


def novelty_sentence(points: list[NoveltyPoint]) -> str | None:
    """Whether the effect of the first stretch and that of the last lie apart."""
    for first in points:
        last = [one for one in points if one.arm == first.arm][-1]
        if last is first or first.from_day > 0:
            continue
        if first.low > last.high:
            return _told("smaller", first, last)
        if last.low > first.high:
            return _told("larger", first, last)
    return None


def _told(word: str, first: NoveltyPoint, last: NoveltyPoint) -> str:
    return (
        f"The effect gets {word} as days pass: {first.effect:+.4g} in days {first.from_day} to "
        f"{first.to_day} of a user, {last.effect:+.4g} in days {last.from_day} to {last.to_day}."
    )
