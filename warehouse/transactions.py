"""Transactions on a connection that somebody has open already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def all_or_nothing(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is executed inside happens altogether, or not at all."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        # Ctrl-C as well: whoever uses the connection next must find no open transaction.
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def undone(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is executed inside is taken back at its end, however it ends."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
