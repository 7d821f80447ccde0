"""What a tool has, by its own export, against what it was told."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from core.errors import Code, refuse
from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql"


class Drift(NamedTuple):
    """Users of whom a tool has something else than it was told."""

    kind: Literal["missing", "extra", "different", "membership"]
    """Not there; not told of; another value of an attribute; in an audience or not."""
    name: str | None
    """The attribute or the audience."""
    users: int
    some: tuple[str, ...]
    """The first ids."""


def drift(
    warehouse: DuckDBWarehouse,
    sync: str,
    file: Path,
    *,
    id_column: str,
    audiences_column: str,
    repair: bool = False,
) -> list[Drift]:
    """Compare a CSV export, a row a user, with what the tool was told.

    ``repair``: users that drifted are told again whole by the next run. Refuses with INVALID_FILE
    what is no CSV file or has no such id column.
    """
    given = {
        "sync": sync,
        "file": str(file),
        "id": _path(id_column),
        "audiences": _path(audiences_column),
    }
    with warehouse.transaction() as cursor:
        _read(cursor, file, id_column, given)
        rows = cursor.execute(_sql("drift_counts")).fetchall()
        if repair:
            cursor.execute(_sql("drift_repair"), {"sync": sync})
    return [Drift(kind, name, users, tuple(some)) for kind, name, users, some in rows]


def _read(
    cursor: duckdb.DuckDBPyConnection, file: Path, id_column: str, given: dict[str, str]
) -> None:
    try:
        columns = cursor.execute(
            "SELECT * FROM read_csv($file, header = TRUE, all_varchar = TRUE) LIMIT 0",
            {"file": str(file)},
        ).description
        named = [one[0] for one in columns or ()]
        if id_column in named:
            cursor.execute(_sql("drift"), given)
            return
    except duckdb.Error as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{file.name} cannot be read as CSV: {str(error).splitlines()[0]}",
            span=str(file),
            fix="Export it again, with a header line and a row a user.",
        ) from error
    raise refuse(
        Code.INVALID_FILE,
        f"{file.name} has no column '{id_column}'.",
        span=id_column,
        fix=f"Name the column of user ids with --id-column; there are {', '.join(named)}.",
    )


def _path(column: str) -> str:
    quoted = column.replace('"', '\\"')
    return f'$."{quoted}"'


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
