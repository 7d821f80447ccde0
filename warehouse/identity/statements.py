"""The SQL of identity, by file: each statement gets just the parameters that it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

_SQL = Path(__file__).parent / "sql"

Cursor = duckdb.DuckDBPyConnection


def run(cursor: Cursor, name: str, **params: Any) -> Cursor:
    """Run the statements of a file; the cursor holds the result of the last one."""
    for statement in duckdb.extract_statements(text(name)):
        used = {key: params[key] for key in statement.named_parameters}
        cursor.execute(statement, used)
    return cursor


@cache
def text(name: str) -> str:
    """What stands in a file."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
