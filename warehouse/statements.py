"""Statements that are run again and again, parsed once: of long ones that is much of the work."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import duckdb

KEPT = 512
"""Texts of which the statements are remembered."""


@lru_cache(maxsize=KEPT)
def parsed(text: str) -> tuple[duckdb.Statement, ...]:
    """The statements of a text."""
    return tuple(duckdb.extract_statements(text))


def run_text(
    cursor: duckdb.DuckDBPyConnection, text: str, params: dict[str, Any] | None = None
) -> duckdb.DuckDBPyConnection:
    """Run the statements of a text, each given just the parameters that it names; the cursor holds
    the result of the last one."""
    for statement in parsed(text):
        used = {name: (params or {})[name] for name in statement.named_parameters}
        cursor.execute(statement, used)
    return cursor
