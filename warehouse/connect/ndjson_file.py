"""NDJSON files: one object a line; its top-level keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from core.errors import Code, refuse
from warehouse.connect.csv_file import unreadable
from warehouse.connect.source import Rejected, numbered, staged_from_csv, write_rows

_NO_OBJECT = "the line is not a JSON object"


class NdjsonFile:
    """A file of JSON objects, one a line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.since = None
        self.name = path.name
        self.names = self._keys()

    def stage(
        self, cursor: duckdb.DuckDBPyConnection, picked: dict[str, int], spool: Path
    ) -> list[Rejected]:
        """Write the picked keys of every object to a clean file, and read that."""
        rejected: list[Rejected] = []
        clean = spool / "rows.csv"
        keys = [self.names[place] for place in picked.values()]
        write_rows(
            clean,
            (
                (number, *(_text(found.get(key)) for key in keys))
                for number, found in self._objects(rejected)
            ),
        )
        staged_from_csv(cursor, clean, list(picked))
        return rejected

    def _keys(self) -> tuple[str, ...]:
        seen: dict[str, None] = {}
        for _, found in self._objects([]):
            seen.update(dict.fromkeys(found))
        if not seen:
            raise refuse(
                Code.INVALID_FILE,
                f"{self.name} has no JSON object.",
                span=self.name,
                fix="Give a file of one JSON object a line.",
            )
        return tuple(seen)

    def _objects(self, rejected: list[Rejected]) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape") as opened:
                for number, line in numbered(opened):
                    found = _object(line)
                    if found is None:
                        rejected.append(Rejected(number, None, None, _NO_OBJECT))
                    else:
                        yield number, found
        except OSError as error:
            raise unreadable(self.path, error) from error


def _object(line: str) -> dict[str, Any] | None:
    """The object of a line; None for anything else, half characters and wrong bytes included."""
    try:
        found = json.loads(line, parse_float=str, parse_int=str)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
