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
    """Rows of a stretch of time that some counters count."""

    counters: tuple[Counter, ...]
    since: datetime | None = None
    until: datetime | None = None
    arrived_after: datetime | None = None
    windows_end: datetime | None = None
    """Given: a counter with a window takes only rows within its window before this moment."""


def from_nothing(shape: Shape, moment: datetime) -> exp.Select:
    """The counters at a moment from all rows; those with windows read no more than they need."""
    lasting = tuple(one for one in shape.counters if not one.window)
    recent = tuple(one for one in shape.counters if one.window)
    slices = [Slice(lasting, until=moment)]
    if recent:
        longest = shape.windows[-1]
        slices.append(Slice(recent, moment - longest, moment, windows_end=moment))
    return _summed(shape, slices)


def rolled(shape: Shape, state: str, then: datetime, moment: datetime, seen: datetime | None,
           touched: bool) -> exp.Query:  # fmt: skip
    """The counters at a moment from those kept ``then``; ``seen`` is the newest arrival in them.

    Kept, plus what arrived, less what left each window, in one sum.
    """
    query = _carried(shape, state, then, moment, seen)
    if not touched:
        return query
    others = _without_touched(query, shape)
    again = _read_from(from_nothing(shape, moment), shape, exp.to_table(TOUCHED_EVENTS))
    return exp.union(others, exp.select("*").from_(again.subquery("again")), distinct=False)


def _carried(
    shape: Shape, state: str, then: datetime, moment: datetime, seen: datetime | None
) -> exp.Select:
    named = [shape.key, *(one.name for one in shape.counters)]
    parts = [exp.select(*named).from_(stored(state)), _arrived(shape, then, moment, seen)]
    for length in shape.windows:
        leaving = tuple(one for one in shape.counters if one.window == length)
        rows = _rows_of(shape, Slice(leaving, then - length, moment - length), taken=True)
        parts.append(rows.where(_any_of(leaving)))
    return _added(shape, parts)


def _arrived(shape: Shape, then: datetime, moment: datetime, seen: datetime | None) -> exp.Select:
    """Counted over what happened since, and over what arrived since and happened before."""
    time = exp.column(shape.time)
    events = exp.select("*").from_(shape.table)
    rows: exp.Query = events.where(time.copy() >= _time(then), time.copy() < _time(moment))
    if seen:
        late = exp.GT(this=exp.column(shape.arrival), expression=_time(seen))
        rows = exp.union(rows, events.where(time.copy() < _time(then), late), distinct=False)
    counted = _rows_of(shape, Slice(shape.counters, until=moment, windows_end=then))
    return _read_from(counted, shape, rows.subquery(shape.table))


def rows_counted(
    shape: Shape, table: str, before: datetime, arrived_after: datetime | None = None
) -> exp.Select:
    """The number of rows that the counters count, of those before a moment."""
    query = _over(shape, Slice((), until=before, arrived_after=arrived_after))
    query.set("expressions", [exp.Count(this=exp.Star())])
    query.set("group", None)
    return _read_from(query, shape, exp.to_table(table))


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


def _summed(shape: Shape, slices: Iterable[Slice]) -> exp.Select:
    parts = [_rows_of(shape, one) for one in slices]
    return parts[0] if len(parts) == 1 else _added(shape, parts)


def _added(shape: Shape, parts: Iterable[exp.Select]) -> exp.Select:
    """One row a key: what the parts say, added up."""
    sums = [_total(one).as_(one.name) for one in shape.counters]
    # Each part has a WITH of its own, which a union takes only inside a subquery.
    wrapped = [exp.select("*").from_(part.subquery("part")) for part in parts]
    every = exp.union(*wrapped, distinct=False)
    return exp.select(shape.key, *sums).from_(every.subquery("parts")).group_by(shape.key)


def _total(counter: Counter) -> exp.Expr:
    column = exp.column(counter.name)
    kinds = {"add": exp.Sum, "max": exp.Max, "min": exp.Min}
    return kinds[counter.how](this=column)


def _rows_of(shape: Shape, part: Slice, *, taken: bool = False) -> exp.Select:
    """The model's own query over a stretch of time: its counters, or what to take from them."""
    query = _over(shape, part)
    values = []
    for one in shape.counters:
        nought = exp.Literal.number(0) if one.how == "add" else exp.null()
        value = _value(shape, one, part) if one in part.counters else nought
        values.append((exp.Neg(this=value) if taken and one.window else value).as_(one.name))
    query.set("expressions", [query.selects[0], *values])
    return query


def _over(shape: Shape, part: Slice) -> exp.Select:
    """The model's own query with a stretch of time in place of all time before the moment."""
    query = shape.model.tree.copy()
    bound = upper_bound(query, shape.time)
    assert isinstance(query, exp.Select)
    assert isinstance(bound, exp.LT)
    bound.replace(_stretch(shape, part, bound.left))
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
    return exp.func("COALESCE", value, exp.Literal.number(0)) if counter.how == "add" else value


def _any_of(counters: Iterable[Counter]) -> exp.Expr:
    wheres = [one.where.copy() if one.where else exp.true() for one in counters]
    return exp.or_(*wheres)


def _touched() -> exp.Select:
    return exp.select("user_id").from_(stored(TOUCHED))


def _without_touched(query: exp.Select, shape: Shape) -> exp.Select:
    rows = query.subquery("rolled")
    named = [shape.key, *(one.name for one in shape.counters)]
    return exp.select(*named).from_(rows).where(
        exp.not_(exp.column(shape.key).isin(query=_touched()))
    )  # fmt: skip


def _read_from(query: exp.Select, shape: Shape, rows: exp.Expr) -> exp.Select:
    """The same query over other rows of the same columns."""
    for found in [*query.find_all(exp.Table)]:
        if found.name == shape.table:
            found.replace(exp.alias_(rows.copy(), found.alias_or_name, table=True))
    return query


def _time(moment: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "TIMESTAMP")


def step_is_short(shape: Shape, step: timedelta) -> bool:
    """Whether rolling reads less than counting anew: half of the longest window, at most."""
    return not shape.windows or step <= shape.windows[-1] / 2
