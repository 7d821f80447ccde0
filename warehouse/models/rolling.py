"""From a moment to a later one: the SQL that carries counters on, built from their shape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlglot import exp

from warehouse.models.assemble import stored
from warehouse.models.counters import ROWS, Counter, Shape, upper_bound

TOUCHED = "touched"
"""Users whose earlier events changed: written by whoever rewrote them, read by the next build."""
TOUCHED_EVENTS = "touched_events"
"""Their events: a table of the connection's own while a build runs."""


class Slice(NamedTuple):
    """Rows of a stretch of time, added to some counters or taken away from them."""

    counters: tuple[Counter, ...]
    sign: int
    since: datetime | None = None
    until: datetime | None = None
    arrived_after: datetime | None = None
    windows_end: datetime | None = None
    """Given: a counter with a window takes only rows within its window before this moment."""


def from_nothing(shape: Shape, moment: datetime) -> exp.Query:
    """The counters at a moment from all rows; those with windows read no more than they need."""
    lasting = tuple(one for one in shape.counters if not one.window)
    recent = tuple(one for one in shape.counters if one.window)
    slices = [Slice(lasting, 1, until=moment)]
    if recent:
        longest = shape.windows[-1]
        slices.append(Slice(recent, 1, moment - longest, moment, windows_end=moment))
    return _summed(shape, slices)


def rolled(shape: Shape, state: str, then: datetime, moment: datetime, seen: datetime | None,
           touched: bool) -> exp.Query:  # fmt: skip
    """The counters at a moment from those kept ``then``; ``seen`` is the newest arrival in them."""
    slices = [Slice(shape.counters, 1, then, moment)]
    for length in shape.windows:
        leaving = tuple(one for one in shape.counters if one.window == length)
        slices.append(Slice(leaving, -1, then - length, moment - length))
    if seen:
        slices.append(Slice(shape.counters, 1, None, then, seen, windows_end=then))
    changes = _summed(shape, slices)
    if not touched:
        return _together(shape, stored(state), changes)
    others = _without_touched(_together(shape, stored(state), changes), shape)
    again = _read_from(from_nothing(shape, moment), shape, TOUCHED_EVENTS)
    return exp.union(others, exp.select("*").from_(again.subquery("again")), distinct=False)


def rows_counted(
    shape: Shape, table: str, before: datetime, arrived_after: datetime | None = None
) -> exp.Select:
    """The number of rows that the counters count, of those before a moment."""
    query = shape.model.tree.copy()
    bound = upper_bound(query, shape.time)
    assert isinstance(query, exp.Select)
    assert isinstance(bound, exp.LT)
    part = Slice((), 1, until=before, arrived_after=arrived_after)
    bound.replace(_stretch(shape, part, bound.left))
    query.set("expressions", [exp.Count(this=exp.Star())])
    query.set("group", None)
    read = _read_from(query, shape, table)
    assert isinstance(read, exp.Select)
    return read


def touched_events(shape: Shape) -> exp.Create:
    """The statement that sets the events of touched users apart."""
    events = exp.select("*").from_(shape.table)
    events = events.where(exp.column(shape.key).isin(query=_touched()))
    return exp.Create(
        this=exp.to_table(TOUCHED_EVENTS),
        kind="TABLE",
        replace=True,
        expression=events,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )


def untouched_rows(shape: Shape, state: str) -> exp.Select:
    """The rows that kept counters have counted for users who were not touched."""
    rows = exp.func("COALESCE", exp.Sum(this=exp.column(ROWS)), exp.Literal.number(0))
    return exp.select(rows).from_(stored(state)).where(
        exp.not_(exp.column(shape.key).isin(query=_touched()))
    )  # fmt: skip


def _summed(shape: Shape, slices: Iterable[Slice]) -> exp.Query:
    parts = [_rows_of(shape, one) for one in slices]
    if len(parts) == 1:
        return parts[0]
    sums = [_total(one).as_(one.name) for one in shape.counters]
    # Each part has a WITH of its own, which a union takes only inside a subquery.
    wrapped = [exp.select("*").from_(part.subquery("part")) for part in parts]
    every = exp.union(*wrapped, distinct=False)
    return exp.select(shape.key, *sums).from_(every.subquery("parts")).group_by(shape.key)


def _total(counter: Counter) -> exp.Expr:
    column = exp.column(counter.name)
    kinds = {"add": exp.Sum, "max": exp.Max, "min": exp.Min}
    return kinds[counter.how](this=column)


def _rows_of(shape: Shape, part: Slice) -> exp.Select:
    """The model's own query over a stretch of time, with what this stretch does to each counter."""
    query = shape.model.tree.copy()
    assert isinstance(query, exp.Select)
    bound = upper_bound(query, shape.time)
    assert isinstance(bound, exp.LT)
    bound.replace(_stretch(shape, part, bound.left))
    counted = {one.name for one in part.counters}
    values = [
        _value(shape, one, part).as_(one.name)
        if one.name in counted
        else (exp.Literal.number(0) if one.how == "add" else exp.null()).as_(one.name)
        for one in shape.counters
    ]
    query.set("expressions", [query.selects[0], *values])
    if part.sign < 0:
        query.where(_any_of(part.counters), copy=False)
    return query


def _stretch(shape: Shape, part: Slice, column: exp.Expr) -> exp.Expr:
    time = column.copy()
    bounds: list[exp.Expr] = []
    if part.since:
        bounds.append(exp.GTE(this=time.copy(), expression=_time(part.since)))
    if part.until:
        bounds.append(exp.LT(this=time.copy(), expression=_time(part.until)))
    if part.arrived_after:
        arrival = exp.column(shape.arrival, time.args.get("table"))
        bounds.append(exp.GT(this=arrival, expression=_time(part.arrived_after)))
    return exp.and_(*bounds)


def _value(shape: Shape, counter: Counter, part: Slice) -> exp.Expr:
    conditions = [counter.where.copy()] if counter.where else []
    if counter.window and part.windows_end:
        since = _time(part.windows_end - counter.window)
        conditions.append(exp.GTE(this=exp.column(shape.time), expression=since))
    value = counter.aggregate.copy()
    if conditions:
        value = exp.Filter(this=value, expression=exp.Where(this=exp.and_(*conditions)))
    if counter.how == "add":
        value = exp.func("COALESCE", value, exp.Literal.number(0))
    return exp.Neg(this=value) if part.sign < 0 else value


def _any_of(counters: Iterable[Counter]) -> exp.Expr:
    wheres = [one.where.copy() if one.where else exp.true() for one in counters]
    return exp.or_(*wheres)


def _together(shape: Shape, state: exp.Table, changes: exp.Query) -> exp.Select:
    key = exp.func("COALESCE", exp.column(shape.key, "kept"), exp.column(shape.key, "changed"))
    columns = [key.as_(shape.key), *(_changed(one).as_(one.name) for one in shape.counters)]
    on = exp.column(shape.key, "kept").eq(exp.column(shape.key, "changed"))
    return (
        exp.select(*columns)
        .from_(state.as_("kept"))
        .join(changes.subquery("changed"), on=on, join_type="full")
    )


def _changed(counter: Counter) -> exp.Expr:
    kept, changed = exp.column(counter.name, "kept"), exp.column(counter.name, "changed")
    if counter.how == "add":
        zero = exp.Literal.number(0)
        return exp.func("COALESCE", kept, zero) + exp.func("COALESCE", changed, zero.copy())
    return exp.func("GREATEST" if counter.how == "max" else "LEAST", kept, changed)


def _touched() -> exp.Select:
    return exp.select("user_id").from_(stored(TOUCHED))


def _without_touched(query: exp.Select, shape: Shape) -> exp.Select:
    rows = query.subquery("rolled")
    named = [shape.key, *(one.name for one in shape.counters)]
    return exp.select(*named).from_(rows).where(
        exp.not_(exp.column(shape.key).isin(query=_touched()))
    )  # fmt: skip


def _read_from(query: exp.Query, shape: Shape, table: str) -> exp.Query:
    """The same query over another table of the same columns."""
    for found in [*query.find_all(exp.Table)]:
        if found.name == shape.table:
            found.replace(exp.to_table(table).as_(found.alias_or_name))
    return query


def _time(moment: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "TIMESTAMP")


def step_is_short(shape: Shape, step: timedelta) -> bool:
    """Whether rolling reads less than counting anew: half of the longest window, at most."""
    return not shape.windows or step <= shape.windows[-1] / 2
