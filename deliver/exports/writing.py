"""An export as a folder of files, there whole or not at all: rows, what changed, and a manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from deliver.exports.vendors import Column, Vendor
from warehouse.durable import keep_names
from warehouse.engines.duckdb import DIALECT

MANIFEST = "manifest.json"
_AT_ONCE = 10_000
Files = dict[str, dict[str, Any]]
"""Name → ``rows`` and ``sha256``."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into that appears under its name once the block has ended well.

    Refuses with INVALID_ARGUMENT what is there already, so that no earlier export is lost.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{folder} is there already, and no export is written over another.",
            span=str(folder),
            fix="Name a folder that does not exist yet.",
        )
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    _make(making)
    try:
        yield making
        keep_names(making)
        making.replace(folder)
        keep_names(folder.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"No folder can be made in {folder.parent}: {error.strerror}.",
            span=str(folder.parent),
            fix="Name a folder that you may write in.",
        ) from error


def write_rows(
    cursor: duckdb.DuckDBPyConnection,
    query: exp.Select,
    vendor: Vendor,
    columns: Sequence[Column],
    file: Path,
) -> Files:
    """Write a query's rows, in the order of their values, as the vendor reads them."""
    names = [one.name for one in columns]
    ordered = query.order_by(*(exp.column(one, quoted=True) for one in names))
    cursor.execute(ordered.sql(DIALECT))
    digest, rows = hashlib.sha256(), 0
    with file.open("wb") as opened:
        for part, count in _parts(cursor, names, vendor):
            digest.update(part)
            opened.write(part)
            rows += count
        opened.flush()
        os.fsync(opened.fileno())
    return {file.name: {"rows": rows, "sha256": digest.hexdigest()}}


def _parts(
    cursor: duckdb.DuckDBPyConnection, names: Sequence[str], vendor: Vendor
) -> Iterator[tuple[bytes, int]]:
    """The bytes of a file, and how many rows are in each part."""
    if vendor.suffix == "csv":
        yield _csv([names]), 0
    while chunk := cursor.fetchmany(_AT_ONCE):
        yield (_csv(chunk) if vendor.suffix == "csv" else _json(names, chunk)), len(chunk)


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _json(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    lines = (json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    return "".join(lines).encode()


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Say beside the files what they are."""
    with (folder / MANIFEST).open("w", encoding="utf-8") as opened:
        opened.write(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
