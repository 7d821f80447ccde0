"""What changed between two builds of traits, found by one join of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
from sqlglot import exp

DIALECT = "duckdb"
_HISTORY = "trait_history"
_MOVED = "moved"
_NOW, _BEFORE = "n", "b"


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
    rows = exp.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    # In one statement: rows that follow an insert of none in the same transaction may not be seen.
    insert = exp.Insert(this=exp.to_table(_HISTORY), expression=rows)
    moved = exp.CTE(
        this=_moved(now, before, both), alias=exp.TableAlias(this=_MOVED), materialized=True
    )
    insert.set("with_", exp.With(expressions=[moved]))
    row = connection.execute(insert.sql(DIALECT), marks).fetchone()
    return int(row[0]) if row else 0


def _columns(connection: duckdb.DuckDBPyConnection, table: exp.Table) -> set[str]:
    connection.execute(exp.select("*").from_(table).limit(0).sql(DIALECT))
    return {column[0] for column in connection.description or ()} - {"user_id"}


def _moved(now: exp.Table, before: exp.Table, both: list[str]) -> exp.Select:
    """Users for whom anything differs, with both values of every trait."""
    user = exp.func("COALESCE", exp.column("user_id", _NOW), exp.column("user_id", _BEFORE))
    values = [
        exp.column(name, side).as_(f"{side}_{name}") for name in both for side in (_NOW, _BEFORE)
    ]
    known = [exp.column("user_id", s).is_(exp.null()).not_().as_(s) for s in (_NOW, _BEFORE)]
    on = exp.column("user_id", _NOW).eq(exp.column("user_id", _BEFORE))
    alone = [exp.column("user_id", side).is_(exp.null()) for side in (_NOW, _BEFORE)]
    differs = [_differ(exp.column(name, _NOW), exp.column(name, _BEFORE)) for name in both]
    return (
        exp.select(user.as_("user_id"), *known, *values)
        .from_(now.copy().as_(_NOW))
        .join(before.copy().as_(_BEFORE), on=on, join_type="full")
        .where(exp.or_(*alone, *differs))
    )


def _rows(
    now: exp.Table,
    before: exp.Table,
    both: list[str],
    gone: set[str],
    fingerprints: Mapping[str, str],
    here: set[str],
) -> Iterator[exp.Select]:
    for name in both:
        new, old = exp.column(f"{_NOW}_{name}"), exp.column(f"{_BEFORE}_{name}")
        known = exp.column(_NOW)
        fingerprint = exp.Case().when(known, exp.Literal.string(fingerprints[name]))
        value = exp.cast(new, "VARCHAR")
        one_sided = exp.or_(exp.not_(known.copy()), exp.not_(exp.column(_BEFORE)))
        query = _row(name, value, fingerprint).from_(_MOVED)
        yield query.where(exp.or_(one_sided, _differ(new.copy(), old)))
    for name in sorted(fingerprints.keys() & here - {*both}):
        text = exp.Literal.string(fingerprints[name])
        yield _row(name, exp.cast(exp.column(name), "VARCHAR"), text).from_(now.copy())
    for name in sorted(gone):
        yield _row(name, exp.null(), exp.null()).from_(before.copy())


def _row(name: str, value: exp.Expr, fingerprint: exp.Expr) -> exp.Select:
    marks = {mark: exp.Placeholder(this=mark) for mark in ("event_at", "known_at", "build")}
    trait = exp.Literal.string(name)
    return exp.select(
        "user_id", trait, value, marks["event_at"], marks["known_at"], fingerprint, marks["build"]
    )


def _differ(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    return exp.NullSafeNEQ(this=one, expression=other)
