"""Arrays that the queries of a cursor read as a table, for as long as they need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy.typing as npt


@contextmanager
def handed(
    cursor: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, npt.NDArray[Any]]
) -> Iterator[None]:
    """Let the cursor read these columns as a table of this name, and let go of them after.

    The engine keeps what it was given until its transaction ends, unregistered or not: a cycle
    of ten million users would hold the arrays of every chunk, and a rehearsal those of every day.
    So what it keeps is emptied.
    """
    lent = dict(columns)
    cursor.register(name, lent)
    try:
        yield
        # A transaction that failed takes no further statement; rolling it back takes the name away.
        cursor.unregister(name)
    finally:
        lent.clear()
