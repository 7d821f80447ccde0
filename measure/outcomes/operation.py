"""Figures of operation: how fast decisions come, how fresh data is, how far traits drift."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlglot import exp

from core.artifacts import SqlText
from measure.outcomes.asking import Asked, Wanted, weekly
from measure.outcomes.house import House
from measure.outcomes.result import Figure, Part
from measure.queries import DIALECT, as_query, literal, query
from warehouse.compile.building import SCHEMA
from warehouse.models import build
from warehouse.models.drift import ALERT, drift


def decision_latency(asked: Asked, figure: Wanted, house: House) -> Figure:
    """By week; what 95 of 100 decisions on single users stayed below."""
    rows, sql = house.fetch(
        asked,
        query("outcomes/latency"),
        "latency",
        "from a user's newest event to the decision on it",
        weeks=asked.week_table(asked.as_of),
    )
    found = {week: (int(count), half, most) for week, count, half, most in rows.rows}
    weeks = [found.get(week, (0, None, None)) for week in range(asked.weeks)]
    trend = asked.trend(asked.as_of, [most for *_, most in weeks], [count for count, *_ in weeks])
    if trend[-1].value is None:
        why = (
            "Nobody was decided on alone in the last week: decisions came from cycles, which come "
            "when they are due. 'decide_on_events' in pilothouse.toml decides as events come in."
        )
        return figure.withheld("seconds", asked.as_of, why, trend=trend, sql=(sql,))
    count, half, _ = weeks[-1]
    notes = (f"{count:,} decisions in the last week; half of them within {half:.1f} s.",)
    return figure.told("seconds", asked.as_of, **weekly(trend), notes=notes, sql=(sql,))


def data_freshness(asked: Asked, figure: Wanted) -> Figure:
    """Share of tables that keep their promise, at the end of each week, by the times of their rows.

    Tables that are promised fresh and have no time are named in a note.
    """
    promised = {
        name: (table.time_column, timedelta(seconds=table.freshness_slo_seconds))
        for name, table in sorted(asked.catalog.tables.items())
        if table.freshness_slo_seconds
    }
    timed = {name: (time, slo) for name, (time, slo) in promised.items() if time}
    untimed = [name for name in promised if name not in timed]
    notes = (f"Without a time column, so not looked at: {', '.join(untimed)}.",) if untimed else ()
    if not timed:
        why = "No table with a time column is promised fresh: see 'freshness_slo_seconds'."
        return figure.withheld("share", asked.as_of, why, notes=notes)
    ends = [*asked.starts(asked.as_of)[1:], asked.as_of]
    fetched, sql = asked.fetch(
        _newest(asked, {name: time for name, (time, _) in timed.items()}, ends),
        "the newest row of each table by the end of each week",
    )
    keeps = {
        name: [
            at is not None and end - _moment(at) <= timed[name][1]
            for at, end in zip(row, ends, strict=True)
        ]
        for name, *row in fetched.rows
    }
    ages = {name: row[-1] for name, *row in fetched.rows}
    parts = tuple(_table(asked, name, ages[name], keeps[name]) for name in sorted(keeps))
    shares = [sum(week) / len(keeps) for week in zip(*keeps.values(), strict=True)]
    trend = asked.trend(asked.as_of, shares, [None] * asked.weeks)
    return figure.told("share", asked.as_of, **weekly(trend), parts=parts, notes=notes, sql=(sql,))


def _newest(asked: Asked, times: dict[str, str], ends: list[datetime]) -> exp.Query:
    selects: list[exp.Query] = []
    for table, column in times.items():
        time = exp.cast(exp.column(column), "timestamp")
        newest = [
            exp.alias_(exp.Max(this=exp.Case().when(time < literal(end), time)), f"week_{number}")
            for number, end in enumerate(ends)
        ]
        name = exp.alias_(exp.Literal.string(table), "name")
        source = exp.table_(table, db=SCHEMA)
        selects.append(exp.select(name, *newest).from_(source).where(time < literal(asked.as_of)))
    first, *rest = selects
    for one in rest:
        first = exp.union(first, one, distinct=False)
    return as_query(first)


def _moment(at: object) -> datetime:
    if not isinstance(at, datetime):
        raise TypeError(f"not a moment: {at!r}")
    return at


def _table(asked: Asked, name: str, newest: datetime | None, keeps: list[bool]) -> Part:
    slo = asked.catalog.tables[name].freshness_slo_seconds or 0
    promise = f"{slo / 3600:,.0f} h are promised."
    if newest is None:
        why: str | None = f"It has no rows; {promise}"
    else:
        age = (asked.as_of - newest).total_seconds() / 3600
        why = None if keeps[-1] else f"Its newest row is {age:,.0f} h old; {promise}"
    before = float(keeps[-2]) if len(keeps) > 1 else None
    return Part(label=name, value=float(keeps[-1]), before=before, statement=why)


def model_drift(asked: Asked, figure: Wanted, house: House) -> Figure:
    """The largest index over all traits, the last build against the one before."""
    ran: list[SqlText] = []

    def note(sql: str) -> None:
        name = f"drift{len(ran) + 1}"
        ran.append(SqlText(id=name, purpose="users by value", dialect=DIALECT, text=sql))

    with house.warehouse.cursor(told=False) as cursor:
        found = drift(cursor, note) if build.managed(cursor) else None
    if found is None or not found.traits:
        why = "There is no earlier build of the traits to compare with: it takes two."
        return figure.withheld("index", asked.as_of, why)
    parts = tuple(
        Part(label=one.trait, value=one.psi, statement=_drifted(one.psi)) for one in found.traits
    )
    end = found.now.as_of
    before = found.before.as_of
    notes = (f"The build of {end:%Y-%m-%d %H:%M} against that of {before:%Y-%m-%d %H:%M}.",)

    worst = max(one.psi for one in found.traits)
    return figure.told("index", end, value=worst, parts=parts, notes=notes, sql=tuple(ran))


def _drifted(psi: float) -> str | None:
    return "Its values are spread otherwise than before." if psi > ALERT else None
