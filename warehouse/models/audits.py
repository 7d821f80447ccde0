"""What a build must satisfy before readers see it: the audits of its models' headers.

Grain and one row for every user are always asked; the rest is in the headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import duckdb
from sqlglot import exp

from core.errors import Code, PilothouseError, refuse
from warehouse.models.assemble import model_query, stored
from warehouse.models.headers import Audit
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import USER, users_query

SHOWN = 3
EVERY_USER = "one row for every user"


class Audited(NamedTuple):
    """One audit, and what it found."""

    model: str
    audit: str
    failing: int
    """Rows that do not satisfy it."""


class Check(NamedTuple):
    """An audit as a condition that a failing row meets."""

    model: str
    audit: str
    fails: exp.Expr


def audit(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, relation: str
) -> tuple[Audited, ...]:
    """Every audit of the traits, on the physical table; refuses with AUDIT_FAILED."""
    checks = [check for model in models.traits for check in _checks(model)]
    counted = _counts(cursor, checks, relation)
    for check, count in zip(checks, counted, strict=True):
        if count:
            raise _failed(cursor, models.by_name[check.model], check, count, relation)
    return tuple(
        Audited(check.model, check.audit, count)
        for check, count in zip(checks, counted, strict=True)
    )


def audit_rows(
    cursor: duckdb.DuckDBPyConnection,
    models: ModelSet,
    tables: Mapping[str, str],
    relation: str,
    as_of: datetime,
) -> Audited:
    """Whether the table holds each canonical user once; refuses with AUDIT_FAILED otherwise."""
    users = users_query(models.sources).subquery("users")
    found, wanted = (_mark(cursor, one) for one in (stored(relation), users))
    if found != wanted:
        raise _rows_differ(cursor, models, tables, as_of, found[0], wanted[0])
    return Audited("traits", EVERY_USER, 0)


def _checks(model: Model) -> Iterator[Check]:
    column = exp.column(model.name)
    if model.values:
        known = [exp.Literal.string(value) for value in model.values]
        said = f"values {', '.join(model.values)}"
        yield Check(model.name, said, exp.not_(column.copy().isin(*known)))
    for one in model.audits:
        if one.kind == "not_null":
            yield Check(model.name, "not_null", column.copy().is_(exp.null()))
        if one.kind == "range":
            low, high = ("" if bound is None else f"{bound:g}" for bound in (one.low, one.high))
            yield Check(model.name, f"range {low} .. {high}", _outside(column, one))


def _outside(column: exp.Expr, one: Audit) -> exp.Expr:
    below = column.copy() < exp.convert(one.low) if one.low is not None else exp.false()
    above = column.copy() > exp.convert(one.high) if one.high is not None else exp.false()
    return exp.or_(below, above)


def _counts(cursor: duckdb.DuckDBPyConnection, checks: list[Check], relation: str) -> list[int]:
    if not checks:
        return []
    counts = [exp.CountIf(this=check.fails.copy()) for check in checks]
    row = cursor.execute(exp.select(*counts).from_(stored(relation)).sql("duckdb")).fetchone()
    return [int(count) for count in row or ()]


def _failed(
    cursor: duckdb.DuckDBPyConnection, model: Model, check: Check, count: int, relation: str
) -> PilothouseError:
    rows = exp.select(USER, model.name).from_(stored(relation)).where(check.fails.copy())
    sample = cursor.execute(rows.order_by(USER).limit(SHOWN).sql("duckdb")).fetchall()
    told = ", ".join(f"{user} has {value!r}" for user, value in sample)
    return refuse(
        Code.AUDIT_FAILED,
        f"{model.name} fails its audit '{check.audit}' for {count:,} users: {told}. "
        "The version before stays live.",
        span=model.file,
        fix="Correct the SQL, or the audit if these values are right.",
    )


def _mark(cursor: duckdb.DuckDBPyConnection, relation: exp.Table | exp.Subquery) -> tuple[int, int]:
    """The number of users and a sum of their hashes: equal exactly when the users are."""
    query = exp.select("count(*)", "sum(hash(user_id))").from_(relation)
    row = cursor.execute(query.sql("duckdb")).fetchone()
    assert row is not None
    return row[0], row[1]


def _rows_differ(
    cursor: duckdb.DuckDBPyConnection,
    models: ModelSet,
    tables: Mapping[str, str],
    as_of: datetime,
    found: int,
    wanted: int,
) -> PilothouseError:
    """Names the model whose grain is not what its header says, where that is the reason."""
    for model in models.models:
        query = model_query(models, model.name, tables)
        twice = exp.select(*model.grain, "count(*)").from_(query.subquery("m"))
        twice = twice.group_by(*model.grain).having("count(*) > 1").limit(SHOWN)
        rows = cursor.execute(twice.sql("duckdb", comments=False), _given(twice, as_of)).fetchall()
        if rows:
            told = ", ".join(f"{row[0]} has {row[-1]} rows" for row in rows)
            return refuse(
                Code.AUDIT_FAILED,
                f"{model.name} is not one row for each {', '.join(model.grain)}: {told}. "
                "The version before stays live.",
                span=model.file,
                fix="Aggregate or choose one row, or correct the grain in its header.",
            )
    return refuse(
        Code.AUDIT_FAILED,
        f"The models give {found:,} rows for {wanted:,} users. The version before stays live.",
        fix=f"Start from {models.sources.users} with LEFT JOIN, so that nobody is lost or added.",
    )


def _given(query: exp.Query, as_of: datetime) -> dict[str, datetime]:
    return {"as_of": as_of} if query.find(exp.Placeholder) else {}
