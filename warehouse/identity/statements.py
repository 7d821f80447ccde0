"""SQL in files: the statements of one, each given just the parameters that it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from warehouse.statements import run_text

Cursor = duckdb.DuckDBPyConnection

_IDENTITY = Path(__file__).parent / "sql"


def run(cursor: Cursor, name: str, *, folder: Path = _IDENTITY, **params: Any) -> Cursor:
    """Run the statements of a file; the cursor holds the result of the last one."""
    return run_text(cursor, _text(folder / f"{name}.sql"), params)


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
