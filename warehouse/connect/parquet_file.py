"""Parquet files: typed columns, read as text like everything else."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from warehouse.connect.csv_file import unreadable
from warehouse.connect.source import ROW, STAGED, Rejected, make_temporary

_NUMBER = "file_row_number"


class ParquetFile:
    """One Parquet file. ``link`` is where a name without wildcards for it is made."""

    def __init__(self, path: Path, link: Path) -> None:
        self.path = path
        self.since = None
        self.name = path.name
        self._link = link / "source.parquet"
        self._types = self._schema()
        self.names = tuple(self._types)

    def stage(
        self, cursor: duckdb.DuckDBPyConnection, picked: dict[str, int], spool: Path
    ) -> list[Rejected]:
        """Read the picked columns as text, moments in UTC."""
        number = exp.Add(this=exp.column(_NUMBER), expression=exp.Literal.number(1))
        columns = [
            exp.alias_(_as_text(self.names[place], self._types), ours)
            for ours, place in picked.items()
        ]
        query = exp.select(exp.alias_(number, ROW), *columns).from_(self._rows())
        make_temporary(cursor, STAGED, query)
        return []

    def _rows(self) -> exp.Expr:
        # The engine takes * and ? in a path for wildcards: it reads a link with a plain name.
        path = exp.Literal.string(str(self._link))
        numbers = exp.EQ(this=exp.to_identifier(_NUMBER), expression=exp.true())
        return exp.func("READ_PARQUET", path, numbers)

    def _schema(self) -> dict[str, str]:
        try:
            with self.path.open("rb"):
                self._link.symlink_to(self.path.resolve())
            with duckdb.connect() as reader:
                reader.execute(
                    "DESCRIBE SELECT * FROM READ_PARQUET($file)", {"file": str(self._link)}
                )
                return {row[0]: row[1] for row in reader.fetchall()}
        except OSError as error:
            raise unreadable(self.path, error) from error
        except duckdb.Error as error:
            raise refuse(
                Code.INVALID_FILE,
                f"{self.name} is no Parquet file that can be read: {str(error).splitlines()[0]}",
                span=self.name,
                fix="Export it again, or as CSV.",
            ) from error


def _as_text(name: str, types: dict[str, str]) -> exp.Expr:
    column: exp.Expr = exp.column(name)
    if types[name] == "TIMESTAMP WITH TIME ZONE":
        column = exp.AtTimeZone(this=column, zone=exp.Literal.string("UTC"))
    elif types[name].startswith(("STRUCT", "MAP")) or types[name].endswith("]"):
        column = exp.func("TO_JSON", column)
    return exp.cast(column, "VARCHAR")
