"""Makes the example's warehouse: ``python examples/shop/build.py [FILE]``, the same each time."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "shop.sql"


def build(file: Path) -> None:
    """Write the shop to a new DuckDB file; an existing one is replaced."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file), config={"threads": "1"}) as connection:
        connection.execute(SQL.read_text(encoding="utf-8"))


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "shop.duckdb"))
