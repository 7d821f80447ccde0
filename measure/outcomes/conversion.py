"""Conversion: a funnel of the catalog, by week, of people whose time to convert is over."""

from __future__ import annotations

from sqlglot import exp

from measure.funnel import window_of
from measure.outcomes.asking import Asked, Wanted, people, weekly
from measure.outcomes.result import Figure
from measure.queries import query
from measure.statistics import wilson
from warehouse.compile.building import SCHEMA
from warehouse.questions.funnels import funnel_entries


def conversion(asked: Asked, figure: Wanted) -> Figure:
    """Weeks end one window before the moment asked: whoever came in them has had all of it.

    It counts as questions do: the same entries, of which one in time is enough.
    """
    catalog = asked.catalog
    funnel = catalog.funnels[catalog.metrics[str(figure.metric.metric)].funnel]
    window = window_of(funnel)
    end = asked.as_of - window
    since = asked.starts(end)[0]
    entries = funnel_entries(funnel, catalog, asked.as_of, since)
    for table in entries.find_all(exp.Table):
        table.set("db", exp.to_identifier(SCHEMA))
    fetched, sql = asked.fetch(
        query("outcomes/conversion", since=since, until=end, horizon=window),
        f"who entered {figure.metric.metric} in each week, and who got to its end",
        people=people(catalog),
        entries=entries,
    )
    found = {week: (int(users), int(reached)) for week, users, reached in fetched.rows}
    weeks = [found.get(week, (0, 0)) for week in range(asked.weeks)]
    rates = [reached / users if users else None for users, reached in weeks]
    trend = asked.trend(end, rates, [users for users, _ in weeks])
    users, reached = weeks[-1]
    if trend[-1].value is None:
        why = f"Nobody with the event {funnel.steps[0]} in the week up to {end:%Y-%m-%d}."
        told = asked.few(users) or why
        return figure.withheld("share", end, told, trend=trend, sql=(sql,))
    interval = wilson(reached, users)._asdict()
    return figure.told("share", end, **weekly(trend), interval=interval, sql=(sql,))
