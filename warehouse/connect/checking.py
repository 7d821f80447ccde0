"""Texts into typed values, in SQL: what fits is kept in ``typed``, the rest is told apart.

A value is read or it is rejected with a reason; nothing is rounded, cut or guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

from warehouse.catalog import Column
from warehouse.connect.declared import Target
from warehouse.connect.source import ROW, STAGED, Rejected, make_temporary

TYPED = "typed"
ACCEPTED = "accepted"
PROBLEMS = "problems"
PHYSICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}
_SQL = Path(__file__).parent / "sql"


IDENTIFYING = frozenset({"user_id", "anonymous_id", "email", "phone", "merged_into"})
"""Columns whose values are held against those of forgotten people."""


class Tombstones(NamedTuple):
    """Hashes of identifiers that must not come back: sha256 of salt and identifier."""

    salt: str = ""
    hashes: frozenset[str] = frozenset()


class Reading(NamedTuple):
    """What the person said about how values are written."""

    date_formats: tuple[str, ...] = ()
    """Formats of strptime, tried in order, for what is not written year first."""
    decimal_sign: str | None = None


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """Give this connection the functions that read texts."""
    cursor.execute(_sql("reading"))


def check(
    cursor: duckdb.DuckDBPyConnection,
    target: Target,
    columns: Sequence[str],
    types: Mapping[str, str],
    reading: Reading,
    tombstones: Tombstones,
) -> list[Rejected]:
    """Make ``accepted`` out of ``incoming``: typed rows, one a key. Gives what was rejected.

    ``types`` are the physical types of the table's own columns.
    """
    for table, query in (
        (TYPED, _typed(target, columns, types, reading)),
        (PROBLEMS, _problems(target, columns)),
    ):
        make_temporary(cursor, table, query)
    if tombstones.hashes:
        _reject_forgotten(cursor, target, columns, tombstones)
    make_temporary(cursor, "keyed", _keyed(target, columns))
    cursor.execute(_repeats().sql("duckdb", identify=True))
    make_temporary(cursor, ACCEPTED, _accepted(columns))
    found = cursor.execute(_listed_problems().sql("duckdb", identify=True)).fetchall()
    return [Rejected(*row) for row in found]


def unlisted(
    cursor: duckdb.DuckDBPyConnection, target: Target, column: str, limit: int = 5
) -> list[str]:
    """Accepted values of a column that the catalog does not list."""
    known = [exp.Literal.string(value) for value in set(target.values[column].values())]
    query = (
        exp.select(exp.column(column))
        .distinct()
        .from_(ACCEPTED)
        .where(exp.column(column).isin(*known).not_())
        .order_by(exp.column(column))
        .limit(limit)
    )
    return [row[0] for row in cursor.execute(query.sql("duckdb", identify=True)).fetchall()]


# What a value is.


def _text(name: str, column: Column) -> exp.Expr:
    return exp.func("given" if column.type == "string" else "given_value", exp.column(name))


def _read(name: str, target: Target, reading: Reading) -> exp.Expr:
    column = target.columns[name]
    formats = exp.Array(
        expressions=[exp.Literal.string(one) for one in (*reading.date_formats, "%Y-%m-%d")]
    )
    sign = exp.Literal.string(reading.decimal_sign) if reading.decimal_sign else exp.null()
    value: exp.Expr = exp.func(f"as_{column.type}", _text(name, column), formats, sign)
    words = target.values.get(name)
    if not words or column.type != "string":
        return value
    by_word = exp.Case(this=exp.Lower(this=value.copy()))
    for word, meant in sorted(words.items()):
        by_word = by_word.when(exp.Literal.string(word), exp.Literal.string(meant))
    return by_word.else_(value)


def _typed(
    target: Target, columns: Sequence[str], types: Mapping[str, str], reading: Reading
) -> exp.Query:
    """Each value read, then as the table's own type; the text stays beside it."""
    read = [
        exp.alias_(
            exp.TryCast(
                this=_read(name, target, reading), to=exp.DataType.build(types[name], "duckdb")
            ),
            name,
        )
        for name in columns
    ]
    texts = [exp.alias_(_text(name, target.columns[name]), f"text of {name}") for name in columns]
    return exp.select(exp.column(ROW), *read, *texts).from_(STAGED)


# What is wrong with it.


def _problems(target: Target, columns: Sequence[str]) -> exp.Query:
    unread = [_unread(name, target.columns[name]) for name in columns]
    empty = [_empty((name,)) for name in target.required]
    empty += [_empty(part) for part in _given_key(target, columns) if len(part) > 1]
    first, *others = (*unread, *empty)
    found: exp.Query = first
    for other in others:
        found = exp.union(found, other, distinct=False)
    return found


def _unread(name: str, column: Column) -> exp.Select:
    text = exp.column(f"text of {name}")
    why: exp.Expr = (
        exp.Literal.string("does not fit into the column")
        if column.type == "string"
        else exp.func(f"why_not_{column.type}", text.copy())
    )
    return (
        _problem(exp.Literal.string(name), text, why)
        .where(text.copy().is_(exp.null()).not_())
        .where(exp.column(name).is_(exp.null()))
    )


def _empty(names: Sequence[str]) -> exp.Select:
    which = " or ".join(names)
    query = _problem(
        exp.Literal.string(which), exp.null(), exp.Literal.string(f"{which} is required and empty")
    )
    for name in names:
        query = query.where(exp.column(f"text of {name}").is_(exp.null()))
    return query


def _problem(column: exp.Expr, value: exp.Expr, why: exp.Expr) -> exp.Select:
    return exp.select(
        exp.column(ROW),
        exp.alias_(exp.cast(column, "VARCHAR"), "column_name"),
        exp.alias_(exp.cast(value, "VARCHAR"), "value"),
        exp.alias_(exp.cast(why, "VARCHAR"), "reason"),
    ).from_(TYPED)


# Who must not come back.


def _reject_forgotten(
    cursor: duckdb.DuckDBPyConnection,
    target: Target,
    columns: Sequence[str],
    tombstones: Tombstones,
) -> None:
    """Rows of forgotten people have that one problem, and no value of theirs is kept with it."""
    cursor.execute(_sql("tombstones"), {"hashes": [*tombstones.hashes]})
    identifying = [
        name for name in columns if name in IDENTIFYING or _is_personal(target.columns[name])
    ]
    cursor.execute(_sql("nobody_forgotten"))
    for name in identifying:
        rows = exp.select(exp.column(ROW), exp.column(f"text of {name}")).from_(TYPED)
        cursor.execute(exp.insert(rows, "given_ids").sql("duckdb", identify=True))
    cursor.execute(_sql("forgotten_rows"), {"salt": tombstones.salt})
    cursor.execute(_sql("reject_forgotten"))


def _is_personal(column: Column) -> bool:
    return column.data_class != "public"


# Rows that mean the same.


def key_columns(target: Target, columns: Sequence[str], table: str) -> list[exp.Expr]:
    """The parts of the key as values of a table."""
    return [
        exp.func("COALESCE", *(exp.column(name, table=table) for name in part))
        for part in _given_key(target, columns)
    ]


def _given_key(target: Target, columns: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(name for name in part if name in columns) for part in target.key]


def _keyed(target: Target, columns: Sequence[str]) -> exp.Query:
    """Rows without a problem, each with the first row of its key and whether it says the same."""
    first = exp.Window(
        this=exp.func("FIRST_VALUE", exp.column(ROW, table="t")),
        partition_by=key_columns(target, columns, "t"),
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(ROW, table="t"))]),
    )
    said = exp.func("ROW", *(exp.column(name, table="t") for name in columns))
    first_said = first.copy()
    first_said.set("this", exp.func("FIRST_VALUE", said))
    return (
        exp.select(
            "t.*",
            exp.alias_(first, "first row"),
            exp.alias_(exp.NullSafeEQ(this=said.copy(), expression=first_said), "says the same"),
        )
        .from_(exp.alias_(exp.to_table(TYPED), "t", table=True))
        .join(
            exp.alias_(exp.to_table(PROBLEMS), "p", table=True),
            on=exp.column(ROW, table="p").eq(exp.column(ROW, table="t")),
            join_type="ANTI",
        )
    )


def _repeats() -> exp.Insert:
    """A second row of a key that says something else is a problem: which one holds is unknown."""
    why = exp.func(
        "CONCAT",
        exp.Literal.string("row "),
        exp.column("first row"),
        exp.Literal.string(" has the same key and says something else"),
    )
    query = (
        exp.select(exp.column(ROW), exp.null(), exp.null(), why)
        .from_("keyed")
        .where(exp.column("says the same").not_())
    )
    return exp.insert(query, PROBLEMS)


def _accepted(columns: Sequence[str]) -> exp.Query:
    return (
        exp.select(*(exp.column(name) for name in columns))
        .from_("keyed")
        .where(exp.column("first row").eq(exp.column(ROW)))
    )


def _listed_problems() -> exp.Query:
    names = (ROW, "column_name", "value", "reason")
    columns = [exp.column(name) for name in names]
    return exp.select(*columns).from_(PROBLEMS).order_by(*columns[:2])


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
