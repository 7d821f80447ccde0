"""The log of imports: what came in when, and up to where a source was read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.engines.duckdb import DuckDBWarehouse

_TABLE = Path(__file__).parent / "sql" / "import_log.sql"


class Counts(NamedTuple):
    """What became of the rows of a source: ``rows`` is the sum of the others."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    """Rows that say what an earlier one of the same source said."""
    rejected: int = 0


class Since(NamedTuple):
    """Only rows whose column is at least this; None: all of them."""

    column: str
    value: str | None


def log(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    source: str,
    counts: Counts,
    read_up_to: Since | None,
    now: datetime,
) -> None:
    """Write an import down, in the transaction that writes its rows."""
    cursor.execute(_TABLE.read_text(encoding="utf-8"))
    written = counts._asdict()
    del written["repeated"]
    cursor.execute(
        """
        INSERT INTO import_log VALUES (
            $now, $table, $source, $rows, $inserted, $updated, $unchanged, $rejected,
            $column, $value
        )
        """,
        {"now": now, "table": table, "source": source}
        | written
        | (read_up_to or Since("", None))._asdict(),
    )


def read_up_to(warehouse: DuckDBWarehouse, table: str, source: str, column: str) -> Since:
    """Where the last import of a source ended, by one of its columns."""
    with warehouse.cursor() as cursor:
        cursor.execute(_TABLE.read_text(encoding="utf-8"))
        found = cursor.execute(
            """
            SELECT since_value FROM import_log
            WHERE table_name = $table AND source = $source AND since_column = $column
            ORDER BY imported_at DESC, rowid DESC LIMIT 1
            """,
            {"table": table, "source": source, "column": column},
        ).fetchone()
    return Since(column, found[0] if found else None)
