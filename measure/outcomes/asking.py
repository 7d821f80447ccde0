"""What every figure is asked with: the data, the moment, the weeks of its trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlglot import exp

from core.artifacts import SqlText
from measure.outcomes.result import Figure, Point, Unit
from measure.queries import AS_RECORDED, Fetched, rows, text
from warehouse.catalog import Catalog
from warehouse.compile.building import SCHEMA, parse
from warehouse.outcome_metrics import OutcomeKind, OutcomeMetric
from warehouse.runner import CheckedRunner

WEEK = timedelta(days=7)
WEEKS = 8


class Asked(NamedTuple):
    """One question for figures at a moment (naive UTC), with a trend of whole weeks before it."""

    runner: CheckedRunner
    catalog: Catalog
    as_of: datetime
    weeks: int = WEEKS
    smallest_group: int = 0
    """Values that are of fewer people are not told; 0 or 1 tells them all."""

    def starts(self, end: datetime) -> list[datetime]:
        """When each week begins, oldest first; the last one ends at ``end``."""
        return [end - WEEK * back for back in range(self.weeks, 0, -1)]

    def week_table(self, end: datetime) -> exp.Query:
        """``week, starts, ends``: week 0 is the oldest."""
        starts = self.starts(end)
        return rows(("week", "starts", "ends"), [(n, at, at + WEEK) for n, at in enumerate(starts)])

    def trend(
        self, end: datetime, values: Sequence[float | None], users: Sequence[int | None]
    ) -> tuple[Point, ...]:
        """Weeks with their values; those of too few people keep them to themselves."""
        return tuple(
            Point(start=at.isoformat(), value=None, users=None)
            if self.few(people)
            else Point(start=at.isoformat(), value=value, users=people)
            for at, value, people in zip(self.starts(end), values, users, strict=True)
        )

    def few(self, people: int | None) -> str | None:
        """What is said where a number would be of too few people; None: it is not."""
        if people is None or not 0 < people < self.smallest_group:
            return None
        return f"Numbers of fewer than {self.smallest_group} people are not told."

    def fetch(self, main: exp.Query, purpose: str, **tables: exp.Query) -> tuple[Fetched, SqlText]:
        """Rows of one query over named tables, and the query as a result names it."""
        fetched = self.runner.fetch(
            text(main, self.catalog, AS_RECORDED, **tables), purpose=purpose
        )
        return fetched, self.runner.ran[-1]


class Wanted(NamedTuple):
    """A figure that somebody asks for, by its name in the catalog."""

    key: str
    metric: OutcomeMetric

    def told(self, unit: Unit, as_of: datetime, **more: object) -> Figure:
        """The figure with what was found out."""
        return Figure.model_validate(
            {
                "key": self.key,
                "kind": self.metric.kind,
                "name": self.metric.name,
                "meaning": self.metric.description,
                "unit": unit,
                "as_of": as_of.isoformat(),
            }
            | more
        )

    def withheld(self, unit: Unit, as_of: datetime, statement: str, **more: object) -> Figure:
        """The figure with the reason why there is no number."""
        return self.told(unit, as_of, statement=statement, **more)


def wanted(catalog: Catalog, kind: OutcomeKind) -> list[Wanted]:
    """The catalog's figures of a kind."""
    found = catalog.outcomes.items()
    return [Wanted(key, metric) for key, metric in found if metric.kind == kind]


def weekly(trend: Sequence[Point]) -> dict[str, object]:
    """``value``, ``before`` and ``trend`` of a figure whose value is that of the last week."""
    values = [one.value for one in trend]
    before = values[-2] if len(values) > 1 else None
    return {"value": values[-1] if values else None, "before": before, "trend": tuple(trend)}


def people(catalog: Catalog) -> exp.Select:
    """``user_id, signed_up_at, source`` of every canonical user; what is unknown is NULL."""
    users, spend = catalog.layout.users, catalog.layout.spend
    source = spend.user_source if spend else None
    columns = (
        exp.alias_(exp.column(users.key), "user_id"),
        exp.alias_(_column(users.signup, "timestamp"), "signed_up_at"),
        exp.alias_(_column(source, "text"), "source"),
    )
    table = exp.table_(users.table, db=SCHEMA)
    return exp.select(*columns).from_(table).where(parse(users.canonical))


def sales(catalog: Catalog) -> exp.Select | None:
    """``user_id, started_at, ended_at, amount, renewed_after`` (days); None: no sales are known.

    Amounts that are no amounts (below 0, infinite, not a number) are NULL.
    """
    layout = catalog.layout.sales
    if layout is None or layout.price is None:
        return None
    price = exp.cast(exp.column(layout.price), "double")
    finite = exp.and_(exp.func("isfinite", price), exp.GTE(this=price, expression=exp.convert(0)))
    columns = (
        exp.alias_(exp.column(layout.user), "user_id"),
        exp.alias_(exp.column(layout.time), "started_at"),
        exp.alias_(_column(layout.ended, "timestamp"), "ended_at"),
        exp.alias_(exp.Case().when(finite, price.copy()), "amount"),
        exp.alias_(_renewed(layout.product, layout.renews), "renewed_after"),
    )
    table = exp.table_(layout.table, db=SCHEMA)
    there = exp.column(layout.time).is_(exp.null()).not_()
    return exp.select(*columns).from_(table).where(there)


def _column(name: str | None, kind: str) -> exp.Expr:
    return exp.column(name) if name else exp.cast(exp.null(), kind)


def _renewed(product: str | None, renews: dict[str, int]) -> exp.Expr:
    if product is None or not renews:
        return exp.cast(exp.null(), "int")
    days = exp.Case()
    for name, number in renews.items():
        days = days.when(exp.column(product).eq(exp.Literal.string(name)), exp.convert(number))
    return days
