"""Columns of values, fetched in chunks of users.

Where there are more users than one chunk, the rows are worked out once, kept
in a temporary table, and read in ranges of its rows: every aggregate is still
computed in one pass, and memory holds one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
from sqlglot import exp

from warehouse.batch.bits import Bools
from warehouse.batch.plan import USER, Plan
from warehouse.compile.dialects import DIALECT

_TABLES = count()


class Column(NamedTuple):
    """The values of one reading, and where they are missing (None: nowhere)."""

    values: npt.NDArray[Any]
    missing: Bools | None

    def part(self, start: int, stop: int) -> Column:
        """The values of some of the users."""
        missing = None if self.missing is None else self.missing[start:stop]
        return Column(self.values[start:stop], missing)


class Chunk(NamedTuple):
    """Some users, and what was read of them: one column a reading."""

    users: npt.NDArray[np.object_]
    columns: tuple[Column, ...]
    carried: tuple[Column, ...]


def chunks(cursor: duckdb.DuckDBPyConnection, plan: Plan, size: int) -> Iterator[Chunk]:
    """Every user, ``size`` at a time; none twice. The cursor may be used between chunks."""
    if _number(cursor, plan.counting) <= size:
        yield _fetch(cursor, plan.query, plan)
        return
    with _kept(cursor, plan) as table:
        row = exp.column("rowid")
        # Inside a transaction the rows of a new table are not numbered from 0.
        first, last = (
            _number(cursor, exp.select(end(this=row)).from_(table)) for end in (exp.Min, exp.Max)
        )
        for start in range(first, last + 1, size):
            rows = exp.select("*").from_(table).where(row >= start, row < start + size)
            rows = rows.order_by(USER)
            yield _fetch(cursor, rows, plan)


@contextmanager
def _kept(cursor: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[str]:
    """The rows of a plan in a temporary table of their own."""
    name = f"batch_{next(_TABLES)}"
    made = exp.Create(
        this=exp.to_table(name),
        kind="TABLE",
        # Each chunk has its own stretch of ids: what is kept in their order is read once.
        expression=plan.query.copy().order_by(USER),
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(made.sql(dialect=DIALECT))
    try:
        yield name
    finally:
        # Where the caller's transaction has failed, rolling it back drops the table.
        with suppress(duckdb.TransactionException):
            cursor.execute(exp.Drop(tables=[exp.to_table(name)], kind="TABLE").sql(dialect=DIALECT))


def _number(cursor: duckdb.DuckDBPyConnection, query: exp.Select) -> int:
    row = cursor.execute(query.sql(dialect=DIALECT)).fetchone()
    return int(row[0]) if row else 0


def _fetch(cursor: duckdb.DuckDBPyConnection, query: exp.Select, plan: Plan) -> Chunk:
    return chunk_of(cursor.execute(query.sql(dialect=DIALECT)).fetchnumpy(), plan)


def chunk_of(fetched: Mapping[str, npt.NDArray[Any]], plan: Plan) -> Chunk:
    """Some rows of a plan's query, by the names of its columns."""
    users = np.ma.getdata(fetched[USER])
    return Chunk(
        users,
        tuple(_column(fetched[f"r{number}"]) for number in range(len(plan.program.readings))),
        tuple(_column(fetched[f"c{number}"]) for number in range(len(plan.carried))),
    )


def _column(fetched: npt.NDArray[Any]) -> Column:
    values = np.ma.getdata(fetched)
    if values.dtype.kind == "M":
        values = values.view(np.int64)
    if not isinstance(fetched, np.ma.MaskedArray):
        return Column(values, None)
    missing = np.ma.getmaskarray(fetched)
    return Column(values, missing if missing.any() else None)
