"""What every source gives: names of columns, and its rows as text in a staging table.

Text, because a file says nothing reliable about types: what a value is gets
decided once, value by value, against the type that our column has.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
from sqlglot import exp

from warehouse.connect.imports import Since

STAGED = "incoming"
ROW = "row_number"


class Rejected(NamedTuple):
    """A value, or a whole row where ``column`` is None, that was not taken, and why."""

    row: int
    column: str | None
    value: str | None
    reason: str


class Source(Protocol):
    """Rows from somewhere."""

    @property
    def name(self) -> str:
        """What to call it in a report: no password, no path."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, in order."""
        ...

    @property
    def since(self) -> Since | None:
        """Where the next read goes on, once staged; None for a source that is read whole."""
        ...

    def stage(
        self, cursor: duckdb.DuckDBPyConnection, picked: dict[str, int], spool: Path
    ) -> list[Rejected]:
        """Make the table ``incoming``: a row number, and ours → the column at that place, as text.

        Gives the rows that have no columns to speak of, with the reason.
        """
        ...


def staged_from_csv(cursor: duckdb.DuckDBPyConnection, file: Path, columns: Sequence[str]) -> None:
    """Make ``incoming`` from a file that ``write_rows`` or a database wrote: number, then texts."""
    cursor.execute(
        """
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT * FROM READ_CSV(
            $file, columns = $columns, auto_detect = false, header = false, delim = ',',
            quote = '"', escape = '"', nullstr = '', max_line_size = 67108864
        )
        """,
        {
            "file": str(file),
            "columns": {ROW: "BIGINT"} | dict.fromkeys(columns, "VARCHAR"),
        },
    )


def make_temporary(cursor: duckdb.DuckDBPyConnection, table: str, query: exp.Query) -> None:
    """Make a table of this connection from a query of our own."""
    made = exp.Create(
        this=exp.to_table(table),
        kind="TABLE",
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(made.sql("duckdb", identify=True))


def write_rows(file: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows that start with their number, so that the engine reads them without a doubt."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerows(rows)


def numbered(lines: Iterable[str], start: int = 1) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, the empty ones left out."""
    return ((number, line) for number, line in enumerate(lines, start) if line.strip())
