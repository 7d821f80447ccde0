"""Time to value: how long new users take to their first event that is value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from measure.outcomes.asking import Asked, Wanted, people, weekly
from measure.outcomes.result import Figure
from measure.outcomes.survival import Watched, kaplan_meier, median
from measure.queries import query

_DAY = 86_400.0


class _Moment(NamedTuple):
    """People of one week of sign-up who got there, or were watched, up to so many seconds."""

    week: int
    by_second: int
    reached: int
    users: int


def time_to_value(asked: Asked, figure: Wanted) -> Figure:
    """The median by week of sign-up, in days; who has not got there yet is censored, not dropped.

    The value is that of the last week whose people were all watched for the whole horizon; the
    interval too.
    """
    horizon = timedelta(days=figure.metric.horizon_days)
    end = asked.as_of - horizon
    if asked.catalog.layout.users.signup is None:
        why = "The catalog does not say when users signed up: name 'signup' in layout.yaml."
        return figure.withheld("days", end, why)
    event, since = str(figure.metric.event), asked.starts(end)[0]
    main = query(
        "outcomes/time_to_value", event=event, as_of=asked.as_of, horizon=horizon, since=since
    )
    fetched, sql = asked.fetch(
        main,
        f"how long new users take to {event}",
        people=people(asked.catalog),
        weeks=asked.week_table(end),
    )
    rows = [_Moment(*(int(value) for value in row)) for row in fetched.rows]
    weeks = [[one for one in rows if one.week == week] for week in range(asked.weeks)]
    found = [median(kaplan_meier(_watched(moments))) for moments in weeks]
    days = [None if middle is None else middle / _DAY for middle, _ in found]
    trend = asked.trend(end, days, [sum(one.users for one in moments) for moments in weeks])
    if trend[-1].value is None:
        few = asked.few(sum(one.users for one in weeks[-1]))
        told = few or _why(weeks[-1], event, figure.metric.horizon_days)
        return figure.withheld("days", end, told, trend=trend, sql=(sql,))
    bounds = found[-1][1]
    days_of = {
        side: None if bound is None else bound / _DAY
        for side, bound in (("low", bounds.low), ("high", bounds.high))
    }
    return figure.told("days", end, **weekly(trend), interval=days_of, sql=(sql,))


def _watched(moments: Sequence[_Moment]) -> Watched:
    happened = np.array([one.reached for one in moments], dtype=float)
    users = np.array([one.users for one in moments], dtype=float)
    times = np.array([one.by_second for one in moments], dtype=float)
    return Watched(times, happened, users - happened)


def _why(moments: Sequence[_Moment], event: str, horizon: int) -> str:
    users, reached = sum(one.users for one in moments), sum(one.reached for one in moments)
    if users == 0:
        return "Nobody signed up in the last week whose people were watched for the whole time."
    return (
        f"Fewer than half got there: {reached:,} of {users:,} had {event} within {horizon} days "
        "of signing up, so there is no median yet."
    )
