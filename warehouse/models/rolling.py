"""From a moment to a later one: the SQL that carries counters on, built from their shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


class Part(NamedTuple):
    """Some counters over some rows: one row for each key that has such rows."""

    query: exp.Select
    columns: Mapping[str, str]
    """Counter → its column. Counters that count the same rows share one."""
    taken: bool = False
    """Whether it is taken away. The keys of what is taken away are keys of what was added."""


def from_nothing(shape: Shape, moment: datetime) -> exp.Select:
    """The counters at a moment from all rows, each read once; windows only where they reach."""
    if not shape.windows:
        return _added(shape, [_part(shape, Slice(shape.counters, until=moment))])
    since = moment - shape.windows[-1]
    lasting = tuple(one for one in shape.counters if not one.window)
    recent = Slice(shape.counters, since, moment, windows_end=moment)
    return _added(shape, [_part(shape, Slice(lasting, until=since)), _part(shape, recent)])


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
    """All that arrived is added to every window; whatever is older than a window is taken away."""
    names = [one.name for one in shape.counters]
    kept = exp.select(shape.key, *names).from_(stored(state))
    parts = [Part(kept, dict(zip(names, names, strict=True)))]
    arrived = Slice(shape.counters, until=moment)
    parts.append(_part(shape, arrived, _rows(shape, then, moment, seen)))
    for length in shape.windows:
        leaving = tuple(one for one in shape.counters if one.window == length)
        until = moment - length
        part = _part(shape, Slice(leaving, until=until), _rows(shape, then - length, until, seen))
        parts.append(Part(part.query.where(_any_of(leaving), copy=False), part.columns, taken=True))
    return _added(shape, parts)


def _rows(shape: Shape, since: datetime, until: datetime, seen: datetime | None) -> exp.Query:
    """What happened in a stretch of time, and what happened before but arrived after ``seen``."""
    time = exp.column(shape.time)
    events = exp.select("*").from_(shape.table)
    rows = events.where(time.copy() >= _time(since), time.copy() < _time(until))
    if seen is None:
        return rows
    late = exp.GT(this=exp.column(shape.arrival), expression=_time(seen))
    earlier = events.where(time.copy() < _time(since), late, copy=False)
    return exp.union(rows, earlier, distinct=False, copy=False)


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


def _part(shape: Shape, part: Slice, rows: exp.Query | None = None) -> Part:
    """The model's own query over a stretch of time, or over given rows of its table."""
    query = _over(shape, part)
    columns: dict[str, str] = {}
    values: dict[exp.Expr, str] = {}
    for one in part.counters:
        columns[one.name] = values.setdefault(_value(shape, one, part), one.name)
    named = [value.as_(name) for value, name in values.items()]
    query.set("expressions", [query.selects[0], *named])
    if rows is not None:
        query = _read_from(query, shape, rows.subquery(shape.table, copy=False))
    return Part(query, columns)


def _added(shape: Shape, parts: Sequence[Part]) -> exp.Select:
    """One row a key: what the parts say, added up."""
    named = [(f"p{number}", part) for number, part in enumerate(parts)]
    known = [exp.column(shape.key, name) for name, part in named if not part.taken]
    key = exp.func("COALESCE", *known) if len(known) > 1 else known[0]
    query = exp.select(key.as_(shape.key), *(_total(one, named) for one in shape.counters))
    query = query.from_(parts[0].query.subquery("p0", copy=False), copy=False)
    for place, (name, part) in enumerate(named[1:], start=1):
        before = known[0] if place == 1 else key
        query = query.join(
            part.query.subquery(name, copy=False),
            on=exp.NullSafeEQ(this=exp.column(shape.key, name), expression=before.copy()),
            join_type="left" if part.taken else "full",
            copy=False,
        )
    return query


def _total(counter: Counter, parts: Iterable[tuple[str, Part]]) -> exp.Expr:
    columns = [
        (exp.column(part.columns[counter.name], name), part.taken)
        for name, part in parts
        if counter.name in part.columns
    ]
    if counter.how == "add":
        return _sum(columns).as_(counter.name)
    kind = exp.Greatest if counter.how == "max" else exp.Least
    first, *others = (column for column, _ in columns)
    total = kind(this=first, expressions=others, ignore_nulls=True) if others else first
    return total.as_(counter.name)


def _sum(columns: Iterable[tuple[exp.Expr, bool]]) -> exp.Expr:
    total: exp.Expr = exp.Literal.number(0)
    for column, taken in columns:
        value = exp.func("COALESCE", column, exp.Literal.number(0))
        kind = exp.Sub if taken else exp.Add
        total = kind(this=total, expression=value)
    return total


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
        # A filter of its own for each of many aggregates costs more than a CASE.
        counted = exp.Literal.number(1) if isinstance(value.this, exp.Star) else value.this
        value.set("this", exp.Case().when(exp.and_(*conditions), counted))
    if counter.how == "add":
        value = exp.func("COALESCE", value, exp.Literal.number(0))
    return exp.cast(value, counter.type) if counter.type else value


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
