"""How the values of traits are spread, now against the build before: one number a trait.

The number is the population stability index (PSI) over values, or over ten bins of equal
size of the build before. Below 0.1 is quiet, above 0.25 is worth a look: a convention.
It says that a spread moved, not why, and not that anything is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import duckdb
from sqlglot import exp

from warehouse.models import build
from warehouse.models.assemble import stored
from warehouse.models.build import Build

_FLOOR = 1e-4
"""A share that is empty on one side counts as this much, or its logarithm had no value."""
WATCH, ALERT = 0.1, 0.25


class Drift(NamedTuple):
    """One trait between two builds."""

    trait: str
    psi: float
    verdict: Literal["quiet", "watch", "alert"]
    nulls_before: float
    """Share of users without a value."""
    nulls_now: float


class Compared(NamedTuple):
    """The two builds and every trait that both have."""

    before: Build
    now: Build
    traits: tuple[Drift, ...]


def drift(
    cursor: duckdb.DuckDBPyConnection, ran: Callable[[str], None] = lambda _sql: None
) -> Compared | None:
    """The live build against the one before it; None while there is no other.

    ``ran`` is told of every query that counted values.
    """
    kept = build.builds(cursor)
    now = next((one for one in kept if one.state == "live"), None)
    before = next((one for one in kept if now and one.number < now.number), None)
    if now is None or before is None:
        return None
    columns = {name: kind for name, kind in _columns(cursor, before) if name != "user_id"}
    both = [(name, kind) for name, kind in _columns(cursor, now) if columns.get(name) == kind]
    return Compared(before, now, tuple(_of(cursor, (before, now), *one, ran) for one in both))


def _columns(cursor: duckdb.DuckDBPyConnection, one: Build) -> list[tuple[str, str]]:
    return cursor.execute(
        """
        SELECT column_name, data_type FROM duckdb_columns()
        WHERE schema_name = 'models' AND table_name = $relation ORDER BY column_index
        """,
        {"relation": one.relation},
    ).fetchall()


def _of(
    cursor: duckdb.DuckDBPyConnection,
    sides: tuple[Build, Build],
    name: str,
    kind: str,
    ran: Callable[[str], None],
) -> Drift:
    edges = _edges(cursor, sides[0], name) if kind not in ("VARCHAR", "BOOLEAN") else None
    asked = [_counting(one, name, edges) for one in sides]
    for sql in asked:
        ran(sql)
    shares = [_shares(cursor, sql) for sql in asked]
    nulls = [share.get(None, 0.0) for share in shares]
    psi = stability(*shares)
    verdict: Literal["quiet", "watch", "alert"] = (
        "quiet" if psi < WATCH else "watch" if psi <= ALERT else "alert"
    )
    return Drift(name, round(psi, 4), verdict, *nulls)


def stability(before: Mapping[Any, float], now: Mapping[Any, float]) -> float:
    """The population stability index of two spreads: bin → share of all, between 0 and 1."""
    pairs = ((before.get(key, 0.0), now.get(key, 0.0)) for key in {**before, **now})
    floored = ((max(was, _FLOOR), max(is_now, _FLOOR)) for was, is_now in pairs)
    return sum((is_now - was) * math.log(is_now / was) for was, is_now in floored)


def _edges(cursor: duckdb.DuckDBPyConnection, one: Build, name: str) -> list[float]:
    """What bounds ten bins of equal size, equal edges once."""
    column = exp.cast(exp.column(name), "DOUBLE")
    tenths = exp.Array(expressions=[exp.Literal.number(n / 10) for n in range(1, 10)])
    query = exp.select(exp.func("quantile_disc", column, tenths)).from_(stored(one.relation))
    row = cursor.execute(query.sql("duckdb")).fetchone()
    return sorted({*(row[0] or [])}) if row else []


def _counting(one: Build, name: str, edges: list[float] | None) -> str:
    """How many users have each value, or lie in each bin."""
    value: exp.Expr = exp.column(name)
    if edges is not None:
        known = exp.Case().when(value.copy().is_(exp.null()), exp.null())
        for number, edge in enumerate(edges):
            known = known.when(value.copy() <= exp.convert(edge), exp.Literal.number(number))
        value = known.else_(exp.Literal.number(len(edges)))
    query = exp.select(value.as_("bin"), "count(*)").from_(stored(one.relation)).group_by("1")
    return query.sql("duckdb")


def _shares(cursor: duckdb.DuckDBPyConnection, sql: str) -> dict[object, float]:
    rows = cursor.execute(sql).fetchall()
    total = sum(row[1] for row in rows) or 1
    return {row[0]: row[1] / total for row in rows}
