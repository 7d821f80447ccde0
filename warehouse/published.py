"""The published copy: what queries of people and tools outside the server read.

The server owns the warehouse file, so nobody else can open it. After each load
it writes the catalog's tables, and only their listed columns, to a fresh file
and points a stamp at it. Readers of the file before finish undisturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.rows import Rows

_STAMP = "published.json"
_KEPT_FILES = 2


class Published(NamedTuple):
    """One published copy and how recent its data is."""

    path: Path
    data_as_of: datetime | None
    """The latest event in it; None when there are no events."""


class Copying(Protocol):
    """What publishing needs of an engine."""

    def fetch(self, sql: str, params: dict[str, Any] | None = None) -> Rows:
        """Run one query and give all its rows."""
        ...

    def execute(self, sql: str, params: dict[str, Any] | None = None) -> None:
        """Run one statement for its effect."""
        ...


def publish(engine: Copying, catalog: Catalog, folder: Path) -> Published:
    """Write a fresh copy of the catalog's tables to a folder and make it the latest one."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"published-{uuid.uuid4().hex}.duckdb"
    unfinished = folder / f".{name}"
    with _attached(engine, unfinished) as target:
        for table, columns in _present(engine, catalog).items():
            engine.execute(_copy_of(table, columns, target).sql("duckdb", identify=True))
    os.replace(unfinished, folder / name)
    published = Published(folder / name, _latest_event(engine, catalog))
    _write_stamp(folder, published)
    _remove_old(folder, name)
    return published


def latest(folder: Path) -> Published | None:
    """The copy that the stamp points at; None before the first one."""
    try:
        stamp = json.loads((folder / _STAMP).read_text())
    except FileNotFoundError:
        return None
    as_of = stamp["data_as_of"]
    return Published(folder / stamp["file"], datetime.fromisoformat(as_of) if as_of else None)


@contextlib.contextmanager
def _attached(engine: Copying, file: Path) -> Iterator[str]:
    """A new database file under a name of its own: other loads may run at the same time."""
    name = f"copy_{uuid.uuid4().hex}"
    path = exp.Literal.string(str(file))
    attach = exp.Attach(this=exp.alias_(path, name))
    engine.execute(attach.sql("duckdb"))
    try:
        yield name
    finally:
        engine.execute(exp.Detach(this=exp.to_identifier(name)).sql("duckdb"))


def _present(engine: Copying, catalog: Catalog) -> dict[str, list[str]]:
    """The catalog's tables and columns that the warehouse has: it may lack some until a load."""
    found = engine.fetch(
        """
        SELECT table_name, column_name
        FROM information_schema.columns
        WHERE table_schema = 'main' AND table_catalog = CURRENT_DATABASE()
        """
    )
    have = {(table.lower(), column.lower()) for table, column in found.rows}
    listed = {
        name: [column for column in table.columns if (name.lower(), column.lower()) in have]
        for name, table in catalog.tables.items()
    }
    return {name: columns for name, columns in listed.items() if columns}


def _copy_of(table: str, columns: list[str], target: str) -> exp.Create:
    rows = exp.select(*(exp.column(name) for name in columns)).from_(exp.to_table(table))
    return rows.ctas(exp.table_(table, db="main", catalog=target))


def _latest_event(engine: Copying, catalog: Catalog) -> datetime | None:
    events = catalog.layout.events
    if events.table not in _present(engine, catalog):
        return None
    query = exp.select(exp.Max(this=exp.column(events.time))).from_(exp.to_table(events.table))
    newest: datetime | None = engine.fetch(query.sql("duckdb", identify=True)).scalar()
    return newest


def _write_stamp(folder: Path, published: Published) -> None:
    as_of = published.data_as_of.isoformat() if published.data_as_of else None
    unfinished = folder / f".{_STAMP}"
    unfinished.write_text(json.dumps({"file": published.path.name, "data_as_of": as_of}))
    os.replace(unfinished, folder / _STAMP)


def _remove_old(folder: Path, newest: str) -> None:
    """Keep the copy before the newest: a reader may be about to open it."""
    files = sorted(folder.glob("published-*.duckdb"), key=lambda file: file.stat().st_mtime_ns)
    older = [file for file in files if file.name != newest]
    for file in older[: -(_KEPT_FILES - 1)]:
        file.unlink(missing_ok=True)
