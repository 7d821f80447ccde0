"""How old the tables are that a proposal reads, beside what is promised of them: one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlglot import exp

from core.sending import Input
from orchestrate.counting import DIALECT, Fetches
from warehouse.catalog import Catalog


def input_ages(
    tables: Iterable[str], runner: Fetches, catalog: Catalog, *, as_of: datetime, times: float
) -> tuple[Input, ...]:
    """Each table with a time and a promise, and the age of its newest row.

    Only rows younger than ``times`` the promise are looked at: what is older is late whatever
    its age. Rows of a clock that is ahead are left out.
    """
    promised = {
        name: (table.time_column, table.freshness_slo_seconds)
        for name in sorted({*tables} & catalog.tables.keys())
        if (table := catalog.tables[name]).time_column and table.freshness_slo_seconds
    }
    newest = [
        exp.alias_(_newest(name, str(column), as_of, timedelta(seconds=times * (slo or 0))), name)
        for name, (column, slo) in promised.items()
    ]
    if not newest:
        return ()
    query = exp.select(*newest).sql(dialect=DIALECT, pretty=True)
    row = runner.fetch(query, purpose="how old the data is that it rests on").rows[0]
    return tuple(
        Input(
            table=name,
            age_seconds=int((as_of - found).total_seconds())
            if isinstance(found, datetime)
            else None,
            promised_seconds=slo or 0,
        )
        for (name, (_, slo)), found in zip(promised.items(), row, strict=True)
    )


def _newest(table: str, column: str, as_of: datetime, back: timedelta) -> exp.Expr:
    moment = exp.column(column)
    query = (
        exp.select(exp.Max(this=moment))
        .from_(exp.to_table(table))
        .where(moment.copy() <= _at(as_of), moment.copy() >= _at(as_of - back))
    )
    return query.subquery()


def _at(moment: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "timestamp")
