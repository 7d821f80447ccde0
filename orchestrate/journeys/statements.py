"""SQL in files: the statements of one, each given just the parameters that it names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

_SQL = Path(__file__).parent / "sql"
DIALECT = "duckdb"


def run(cursor: duckdb.DuckDBPyConnection, name: str, **given: Any) -> None:
    """Run every statement of a file."""
    for text, names in _statements(name):
        cursor.execute(text, {key: value for key, value in given.items() if key in names})


def insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert a few rows of our own making."""
    if rows:
        marks = exp.Tuple(expressions=[exp.Placeholder() for _ in rows[0]])
        cursor.executemany(exp.insert(exp.values([marks]), table).sql(DIALECT), rows)


@cache
def _statements(name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    text = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    found = []
    for one in duckdb.extract_statements(text):
        names = frozenset(one.named_parameters)
        found.append((one.query, names))
    return tuple(found)
