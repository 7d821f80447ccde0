"""The biggest mover: the value that holds most of the change, as a dashboard sorts it."""

from __future__ import annotations

from evals.causes.answers import Named
from evals.causes.baselines.before import DIMENSIONS, Before
from measure.statistics import mix_and_rate


def biggest_mover(before: Before) -> list[Named]:
    """The value of any dimension that pulls the rate down most, by mix and by its own rate."""
    usual_rate = before.total(now=False).rate
    worst, part = ("", ""), 0.0
    for dimension in DIMENSIONS:
        now, usual = before.by(dimension, now=True), before.by(dimension, now=False)
        if len({*now, *usual}) == 1:
            # Everybody is no answer to who it was.
            continue
        for value, split in mix_and_rate(usual, now).items():
            if split.mix + split.rate < part:
                worst, part = (dimension, value), split.mix + split.rate
    if not part:
        return []
    told = f"{worst[0]} {worst[1]} holds most of the change."
    return [
        Named(kind=None, dimension=worst[0], value=worst[1], told=told, effect=part / usual_rate)
    ]
