"""Small warehouses of other shapes than ours, as teams have them."""

from __future__ import annotations

from pathlib import Path

import duckdb

_FILES = Path(__file__).parent / "shapes_sql"
LOG_OF_MILLISECONDS, STAR, GERMAN = (
    (_FILES / f"{name}.sql").read_text(encoding="utf-8") for name in ("log", "star", "german")
)
ONE_TABLE = "CREATE TABLE measurements AS SELECT n % 5 AS sensor, n AS reading FROM range(9) t (n)"
USERS_ALONE = "CREATE TABLE users AS SELECT n AS user_id, n || '@a.de' AS email FROM range(9) t (n)"


def make(folder: Path, sql: str, name: str = "team.duckdb") -> str:
    """A DuckDB file of a shape; gives its URL."""
    file = folder / name
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)
    return f"duckdb:///{file}"
