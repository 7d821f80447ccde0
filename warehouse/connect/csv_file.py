"""CSV files as people export them: any usual separator, quotes, line breaks inside quotes.

A row whose number of values is not the header's is rejected, never shifted or
padded. Bytes that are not text in the given encoding are refused, not guessed.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from core.errors import Code, PilothouseError, refuse
from warehouse.connect.source import Rejected, staged_from_csv, write_rows

SEPARATORS = (",", ";", "\t", "|")
VALUE_BYTES = 16 * 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvFile:
    """A CSV file with a header."""

    def __init__(
        self, path: Path, *, encoding: str | None = None, separator: str | None = None
    ) -> None:
        self.path = path
        self.since = None
        self.name = path.name
        self._encoding = _encoding(path, encoding)
        self._separator = separator
        self.names = self._header()

    def stage(
        self, cursor: duckdb.DuckDBPyConnection, picked: dict[str, int], spool: Path
    ) -> list[Rejected]:
        """Write the picked columns of every whole row to a clean file, and read that."""
        rejected: list[Rejected] = []
        clean = spool / "rows.csv"
        places = list(picked.values())
        with self._reader() as reader:
            next(reader)
            rows = self._whole(reader, rejected)
            write_rows(clean, ((line, *(row[place] for place in places)) for line, row in rows))
        staged_from_csv(cursor, clean, list(picked))
        return rejected

    def _header(self) -> tuple[str, ...]:
        with self._reader() as reader:
            names = tuple(name.strip() for name in next(reader, []))
        if not any(names):
            raise refuse(
                Code.INVALID_FILE,
                f"{self.name} is empty: it has no header.",
                span=self.name,
                fix="Give a file whose first line names the columns.",
            )
        return tuple(name or f"column {place}" for place, name in enumerate(names, 1))

    def _whole(self, reader: Any, rejected: list[Rejected]) -> Iterator[tuple[int, list[str]]]:
        """Rows with the line they start in; those that are broken or ragged are put aside."""
        expected = len(self.names)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                rejected.append(Rejected(line, None, None, _broken(error)))
                continue
            if len(row) == expected:
                yield line, row
            elif row:
                reason = f"the row has {len(row)} values, and the header {expected}"
                rejected.append(Rejected(line, None, None, reason))

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        csv.field_size_limit(VALUE_BYTES)
        try:
            with self.path.open(encoding=self._encoding, newline="") as opened:
                separator = self._separator or _separator(opened.readline())
                opened.seek(0)
                yield csv.reader(opened, delimiter=separator, strict=True)
        except UnicodeError as error:
            raise self._not_text(error) from error
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _not_text(self, error: UnicodeError) -> PilothouseError:
        return refuse(
            Code.INVALID_FILE,
            f"{self.name} is not {self._encoding} text: {error}.",
            span=self.name,
            fix="Say how it is encoded, for example with --encoding windows-1252.",
        )


def unreadable(path: Path, error: OSError) -> PilothouseError:
    """The refusal for a file that cannot be opened."""
    return refuse(
        Code.INVALID_FILE,
        f"{path} cannot be read: {error.strerror}.",
        span=str(path),
        fix="Name a CSV, Parquet or NDJSON file.",
    )


def _encoding(path: Path, given: str | None) -> str:
    if given is not None:
        try:
            if codecs.lookup(given)._is_text_encoding:
                return given
        except LookupError:
            pass
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is no encoding '{given}'.",
            span=given,
            fix="Use a name such as utf-8, windows-1252 or utf-16.",
        )
    try:
        with path.open("rb") as opened:
            start = opened.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def _separator(header: str) -> str:
    return max(SEPARATORS, key=header.count)


def _broken(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote is opened and never closed, so this row has no end"
    return f"the row is not CSV: {error}"
