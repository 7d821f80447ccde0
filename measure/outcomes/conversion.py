"""Conversion: a funnel of the catalog, by week, of people whose time to convert is over."""

from __future__ import annotations

from measure.compared import Compared
from measure.funnel import Span, count_funnel, window_of
from measure.outcomes.asking import WEEK, Asked, Wanted, weekly
from measure.outcomes.result import Figure, Interval
from measure.periods import Periods, Stretch
from measure.statistics import wilson

_ALL_USERS = Compared(None)


def conversion(asked: Asked, figure: Wanted) -> Figure:
    """Weeks end one window before the moment asked: whoever came in them has had all of it."""
    funnel = asked.catalog.funnels[asked.catalog.metrics[str(figure.metric.metric)].funnel]
    window = window_of(funnel)
    end = asked.as_of - window
    starts = asked.starts(end)
    stretches = tuple(
        Stretch(-back, at, at + WEEK, asked.as_of) for back, at in enumerate(reversed(starts))
    )
    span = Span(_ALL_USERS, Periods(stretches, WEEK), window)
    counted = count_funnel(asked.runner, asked.catalog, funnel.steps, span)
    sql = asked.runner.ran[-1]
    weeks = [counted.whole("segment", -back) for back in range(asked.weeks - 1, -1, -1)]
    trend = asked.trend(
        end, [one.rate if one.entered else None for one in weeks], [one.entered for one in weeks]
    )
    if trend[-1].value is None:
        nobody = f"Nobody with the event {funnel.steps[0]} in the week up to {end:%Y-%m-%d}."
        return figure.withheld("share", end, nobody, trend=trend, sql=(sql,))
    last = wilson(weeks[-1].converted, weeks[-1].entered)
    interval = Interval(low=last.low, high=last.high)
    return figure.told("share", end, **weekly(trend), interval=interval, sql=(sql,))
