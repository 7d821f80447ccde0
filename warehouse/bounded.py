"""Queries on a cursor that end in time and within their memory, and columns of them as arrays."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import duckdb
import numpy.typing as npt
from sqlglot import exp

from core.errors import Code, refuse
from warehouse.compile.dialects import DIALECT

_TABLES = count()

Arrays = Mapping[str, npt.NDArray[Any]]
"""Column → its values, masked where some are missing."""


def arrays_on(
    cursor: duckdb.DuckDBPyConnection,
    query: exp.Select,
    *,
    rows: int,
    timeout_seconds: float | None = None,
) -> Iterator[Arrays]:
    """``DuckDBWarehouse.arrays`` on a cursor that has tables of its own."""
    name = f"arrays_{next(_TABLES)}"
    made = exp.Create(
        this=exp.to_table(name),
        kind="TABLE",
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    with bounded(cursor, timeout_seconds):
        # Worked out once and read in stretches: memory holds one of them.
        cursor.execute(made.sql(DIALECT))
        try:
            table = cursor.table(name)
            for start in range(0, max(len(table), 1), rows):
                yield table.limit(rows, start).fetchnumpy()
        finally:
            cursor.execute(exp.Drop(tables=[exp.to_table(name)], kind="TABLE").sql(DIALECT))


@contextmanager
def bounded(cursor: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """What runs on a cursor ends in time, and within its memory; what does not is refused."""
    with _interrupted_after(cursor, seconds):
        try:
            yield
        except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
            raise refuse(
                Code.WAREHOUSE_LIMIT,
                f"The query was stopped: {str(error).splitlines()[0]}",
                fix="Ask for less: a shorter period, fewer columns or a narrower audience.",
            ) from error


@contextmanager
def _interrupted_after(cursor: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
