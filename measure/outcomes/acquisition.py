"""The cost of a new customer: spend of a week over the customers who came in it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlglot import exp

from measure.outcomes.asking import Asked, Wanted, people, weekly
from measure.outcomes.result import Figure, Part, Point
from measure.outcomes.revenue import NO_SALES, payments
from measure.queries import Fetched, query
from warehouse.catalog import Catalog
from warehouse.compile.building import SCHEMA

NO_SPEND = (
    "No spend is known. Say in layout.yaml under 'spend' which table has it, and bring rows in "
    "with 'pilothouse import fct_spend FILE'."
)


class _Cell(NamedTuple):
    """One source in one week."""

    customers: int
    spend: float | None

    def plus(self, other: _Cell) -> _Cell:
        """Both together; spend is unknown only where neither has any."""
        known = [one for one in (self.spend, other.spend) if one is not None]
        return _Cell(self.customers + other.customers, sum(known) if known else None)

    @property
    def cost(self) -> float | None:
        """Of one customer; None without spend or without a customer."""
        if self.spend is None or self.customers == 0:
            return None
        return self.spend / self.customers


_NOTHING = _Cell(0, None)
_Weeks = dict[int, _Cell]


def acquisition_cost(asked: Asked, figure: Wanted) -> Figure:
    """By week of sign-up and by source; cohorts whose time to buy is over only.

    Over all: spend of every source over customers of every source, those that cost nothing
    included. By source: its own spend over its own customers.
    """
    horizon = timedelta(days=figure.metric.horizon_days)
    # Whole days: spend has no hours.
    end = (asked.as_of - horizon).replace(hour=0, minute=0, second=0, microsecond=0)
    spent, paid = spend(asked.catalog), payments(asked, asked.as_of)
    if spent is None or paid is None:
        return figure.withheld("currency", end, NO_SPEND if spent is None else NO_SALES)
    if asked.catalog.layout.users.signup is None:
        why = "The catalog does not say when users signed up: name 'signup' in layout.yaml."
        return figure.withheld("currency", end, why)
    fetched, sql = asked.fetch(
        query("outcomes/acquisition", horizon=horizon),
        "spend and new customers by source and week of sign-up",
        **paid,
        spent=spent,
        people=people(asked.catalog),
        weeks=asked.week_table(end),
    )
    cells, left_out = _cells(fetched)
    trend = _trend(asked, end, cells[""])
    notes = (_bad(left_out),) if left_out else ()
    shown = {"parts": _parts(asked, end, cells), "notes": notes, "sql": (sql,)}
    if trend[-1].value is None:
        return figure.withheld("currency", end, _why(cells[""]), trend=trend, **shown)
    return figure.told("currency", end, **weekly(trend), **shown)


def spend(catalog: Catalog) -> exp.Select | None:
    """``day, source, amount``; what is no amount is NULL. None: the catalog knows of no spend."""
    layout = catalog.layout.spend
    if layout is None:
        return None
    amount = exp.cast(exp.column(layout.amount), "double")
    usable = exp.and_(exp.func("isfinite", amount), exp.GTE(this=amount, expression=exp.convert(0)))
    source = exp.column(layout.source) if layout.source else exp.cast(exp.null(), "text")
    return exp.select(
        exp.alias_(exp.cast(exp.column(layout.day), "date"), "day"),
        exp.alias_(source, "source"),
        exp.alias_(exp.Case().when(usable, amount.copy()), "amount"),
    ).from_(exp.table_(layout.table, db=SCHEMA))


def _cells(fetched: Fetched) -> tuple[dict[str, _Weeks], int]:
    """Source → week → its cell, with all sources under the empty name; and rows left out."""
    found: dict[str, _Weeks] = {"": {}}
    left = 0
    for week, source, _, customers, cost, out in fetched.rows:
        cell = _Cell(int(customers), cost)
        left += int(out)
        for name in ("", source or "(unknown)"):
            weeks = found.setdefault(name, {})
            weeks[week] = weeks.get(week, _NOTHING).plus(cell)
    return found, left


def _trend(asked: Asked, end: datetime, weeks: _Weeks) -> tuple[Point, ...]:
    cells = [weeks.get(week, _NOTHING) for week in range(asked.weeks)]
    return asked.trend(end, [one.cost for one in cells], [one.customers for one in cells])


def _parts(asked: Asked, end: datetime, cells: dict[str, _Weeks]) -> tuple[Part, ...]:
    parts = []
    for name in sorted(cells.keys() - {""}):
        trend = _trend(asked, end, cells[name])
        whole = defaultdict(lambda: _NOTHING, cells[name])[asked.weeks - 1]
        why = None if trend[-1].value is not None else _why({asked.weeks - 1: whole})
        parts.append(Part(label=name, statement=why, **weekly(trend)))
    return tuple(parts)


def _why(weeks: _Weeks) -> str:
    last = weeks[max(weeks)] if weeks else _NOTHING
    if last.spend is None:
        return f"No spend is noted for the week; {last.customers:,} new customers came in it."
    if last.customers == 0:
        return f"{last.spend:,.2f} was spent in the week and nobody who came in it has paid yet."
    return "Too few customers came in the week to tell their cost."


def _bad(rows: int) -> str:
    return f"{rows:,} rows of spend have no usable amount and are left out."
