"""What changed between two builds of traits, found by one join of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
from sqlglot import exp

DIALECT = "duckdb"
_HISTORY = "trait_history"
_MOVED = "moved"
_NOW, _BEFORE, _HERE = "n", "b", "is here"


def note_moves(
    connection: duckdb.DuckDBPyConnection,
    fingerprints: Mapping[str, str],
    before: exp.Table,
    marks: Mapping[str, object],
) -> int:
    """Add to ``trait_history`` each value that is another than in ``before``.

    The rows are those that the whole history would give, were its last build ``before``.
    ``marks``: event_at, known_at and build. Gives the number of rows.
    """
    now = exp.to_table("traits")
    here, was = (_columns(connection, one) for one in (now, before))
    both = sorted(fingerprints.keys() & here & was)
    parts = [*_rows(now, before, both, was - here, fingerprints, here)]
    if not parts:
        return 0
    rows = exp.union(*parts, distinct=False, copy=False) if len(parts) > 1 else parts[0]
    # In one statement: rows that follow an insert of none in the same transaction may not be seen.
    insert = exp.Insert(this=exp.to_table(_HISTORY), expression=rows)
    moved = exp.CTE(
        this=_moved(now, before, both), alias=exp.TableAlias(this=_MOVED), materialized=True
    )
    insert.set("with_", exp.With(expressions=[moved]))
    row = connection.execute(insert.sql(DIALECT, copy=False), marks).fetchone()
    return int(row[0]) if row else 0


def _columns(connection: duckdb.DuckDBPyConnection, table: exp.Table) -> set[str]:
    connection.execute(exp.select("*").from_(table).limit(0).sql(DIALECT))
    return {column[0] for column in connection.description or ()} - {"user_id"}


def _moved(now: exp.Table, before: exp.Table, both: list[str]) -> exp.Select:
    """Users for whom anything differs: every trait's value, and whether it is another."""
    user = exp.func("COALESCE", exp.column("user_id", _NOW), exp.column("user_id", _BEFORE))
    known = exp.column("user_id", _NOW).is_(exp.null()).not_().as_(_HERE)
    one_sided = [exp.column("user_id", side).is_(exp.null()) for side in (_NOW, _BEFORE)]
    values = [exp.column(name, _NOW) for name in both]
    flags = [
        exp.or_(
            *one_sided,
            exp.NullSafeNEQ(this=exp.column(name, _NOW), expression=exp.column(name, _BEFORE)),
        ).as_(_differs(name))
        for name in both
    ]
    on = exp.column("user_id", _NOW).eq(exp.column("user_id", _BEFORE))
    compared = (
        exp.select(user.as_("user_id"), known, *values, *flags)
        .from_(now.copy().as_(_NOW))
        .join(before.copy().as_(_BEFORE), on=on, join_type="full", copy=False)
    )
    any_differs = exp.or_(*(exp.column(_differs(name)) for name in both))
    return exp.select("*").from_(compared.subquery("compared", copy=False)).where(any_differs)


def _differs(name: str) -> str:
    """The column that says whether a trait's value is another than before."""
    return f"{name} differs"


def _rows(
    now: exp.Table,
    before: exp.Table,
    both: list[str],
    gone: set[str],
    fingerprints: Mapping[str, str],
    here: set[str],
) -> Iterator[exp.Select]:
    for name in both:
        fingerprint = exp.Case().when(exp.column(_HERE), _text(fingerprints[name]))
        query = _row(name, exp.cast(exp.column(name), "VARCHAR"), fingerprint).from_(_MOVED)
        yield query.where(exp.column(_differs(name)))
    for name in sorted(fingerprints.keys() & here - {*both}):
        value = exp.cast(exp.column(name), "VARCHAR")
        yield _row(name, value, _text(fingerprints[name])).from_(now.copy())
    for name in sorted(gone):
        yield _row(name, exp.null(), exp.null()).from_(before.copy())


def _row(name: str, value: exp.Expr, fingerprint: exp.Expr) -> exp.Select:
    marks = {mark: exp.Placeholder(this=mark) for mark in ("event_at", "known_at", "build")}
    return exp.select(
        "user_id",
        _text(name),
        value,
        marks["event_at"],
        marks["known_at"],
        fingerprint,
        marks["build"],
    )


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)
