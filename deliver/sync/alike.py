"""Audiences that are nearly the same, by who is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlglot import exp

from core.conditions import Condition
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, select_flags
from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql" / "alike.sql"


class Alike(NamedTuple):
    """Two audiences: their users, and those in both as a share of those in either."""

    one: str
    other: str
    users_of_one: int
    users_of_other: int
    in_both: int
    share: float


def alike(
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    conditions: Mapping[str, Condition],
    *,
    as_of: datetime,
    audiences: Audiences,
    least: float,
) -> list[Alike]:
    """Pairs of audiences of which at least this share is the same, the likest first.

    ``conditions``: audience → who is in it.
    """
    if len(conditions) < 2:
        return []
    flags = select_flags(dict(conditions), catalog, as_of=as_of, audiences=audiences)
    made = temporary("audience_flags", flags)
    with warehouse.cursor() as cursor:
        cursor.execute(made.sql("duckdb"))
        found = cursor.execute(_SQL.read_text(encoding="utf-8"), {"least": least}).fetchall()
    return [Alike(*row) for row in found]


def temporary(name: str, query: exp.Query) -> exp.Create:
    """``CREATE OR REPLACE TEMP TABLE name AS query``."""
    return exp.Create(
        this=exp.table_(name),
        kind="TABLE",
        replace=True,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        expression=query,
    )
