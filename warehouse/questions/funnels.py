"""Who entered a metric's funnel, when, and which entries reached the end.

From the last step back: each event of a step learns when the chain from it ends
at the earliest, in one window a step, so that no pairs of events are formed. An
entry counts when its chain ends within the funnel's window.
"""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from warehouse.catalog import Catalog, Funnel
from warehouse.compile.building import equal, seconds_interval, select_from, stored
from warehouse.compile.values import moment

ENTRIES = "entries"


def funnel_entries(
    funnel: Funnel, catalog: Catalog, as_of: datetime, since: datetime | None = None
) -> exp.Select:
    """``user_id, happened, done``: every first step and when its chain ended, NULL where it did
    not; from a moment on, where one is given."""
    steps = [catalog.event_named(name) or name for name in funnel.steps]
    query = _steps(steps, catalog, as_of)
    if since is not None:
        happened = exp.column(catalog.layout.events.time)
        query.where(exp.GTE(this=happened, expression=moment(since)), copy=False)
    for number in range(len(steps) - 1, 0, -1):
        query = _step_back(query, number)
    columns = (exp.column("user_id"), exp.column("happened"), exp.column("done"))
    entries = select_from(query.subquery("chained", copy=False), *columns)
    entries.where(equal(exp.column("step"), exp.Literal.number(1)), copy=False)
    return entries


def in_time(funnel: Funnel) -> exp.Expr:
    """Whether an entry reached the end within the window."""
    latest = exp.Add(
        this=exp.column("happened"), expression=seconds_interval(funnel.window_seconds)
    )
    return exp.LTE(this=exp.column("done"), expression=latest)


def _steps(steps: list[str], catalog: Catalog, as_of: datetime) -> exp.Select:
    events = catalog.layout.events
    step, done = exp.Case(), exp.Case()
    for number, name in enumerate(steps, start=1):
        is_step = equal(exp.column(events.name), exp.Literal.string(name))
        step = step.when(is_step, exp.Literal.number(number), copy=False)
    is_last = equal(exp.column(events.name), exp.Literal.string(steps[-1]))
    done = done.when(is_last, exp.column(events.time), copy=False)
    query = select_from(
        stored(events.table, catalog),
        exp.alias_(exp.column(events.user), "user_id"),
        exp.alias_(exp.column(events.time), "happened"),
        exp.alias_(step, "step"),
        exp.alias_(done, "done"),
    )
    listed = [exp.Literal.string(name) for name in steps]
    query.where(exp.In(this=exp.column(events.name), expressions=listed), copy=False)
    return query.where(exp.LT(this=exp.column(events.time), expression=moment(as_of)), copy=False)


def _step_back(later: exp.Select, number: int) -> exp.Select:
    """The same rows, where those of a step know when the chain from them ends."""
    of_next = exp.Case().when(
        equal(exp.column("step"), exp.Literal.number(number + 1)), exp.column("done"), copy=False
    )
    order = exp.Ordered(this=exp.column("happened"), desc=True, nulls_first=False)
    earliest = exp.Window(
        this=exp.Min(this=of_next),
        partition_by=[exp.column("user_id")],
        order=exp.Order(expressions=[order]),
    )
    here = equal(exp.column("step"), exp.Literal.number(number))
    done = exp.Case().when(here, earliest, copy=False).else_(exp.column("done"), copy=False)
    same = (exp.column("user_id"), exp.column("happened"), exp.column("step"))
    source = later.subquery("later", copy=False)
    return select_from(source, *same, exp.alias_(done, "done"))
