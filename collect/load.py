"""From the raw log into the warehouse: slice by slice, each in one transaction with its place.

Every event of a request is stored, a duplicate, a dead letter or suppressed,
and the loader refuses to commit when the counts do not add up. Loading again
after a crash goes on where the last committed transaction ended.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb

from collect import bounds
from collect.plan import TrackingPlan
from collect.rawlog import SLICE_BYTES, Position, RawLog, Slice
from control.sources import Source
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.statements import run_text
from warehouse.transactions import all_or_nothing

_SQL = Path(__file__).parent / "sql"

_OLDER = """
    SELECT 1 FROM DUCKDB_COLUMNS()
    WHERE schema_name = 'main' AND table_name = 'raw_events' AND column_name = 'body_sha'
"""
_SHORT_LINE = 2**20
_ANY_LINE = 64 * 2**20

Schema = Literal["main", "reloaded"]
"""Where a load writes: the live tables, or those of a reload beside them."""
_USE: dict[Schema, str] = {"main": "USE main", "reloaded": "USE reloaded"}


class Unbalanced(Exception):
    """The counts of a load do not add up: a fault of ours, and nothing was written."""


class Loaded(NamedTuple):
    """What became of the events of one or more loads."""

    requests: int = 0
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    dead_letter: int = 0
    suppressed: int = 0

    def and_also(self, other: Loaded) -> Loaded:
        """Both together."""
        return Loaded(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def prepare(warehouse: DuckDBWarehouse) -> None:
    """Make the tables, or give those of an older version or of the demo the columns they lack."""
    # A checkpoint packs the last rows of a table anew: rather seldom than after every load.
    warehouse.execute("SET GLOBAL checkpoint_threshold = '64MB'")
    with warehouse.transaction() as cursor:
        if cursor.execute(_OLDER).fetchone():
            cursor.execute(sql("body_keys"))
        cursor.execute(sql("tables"))


def load(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    *,
    slice_bytes: int = SLICE_BYTES,
    schema: Schema = "main",
) -> Loaded:
    """Load what the log holds and the tables of a schema do not have yet.

    What arrives meanwhile waits for the next load: under steady traffic this one would not end.
    """
    total, end = Loaded(), log.end()
    with session(warehouse, plan, sources, schema) as cursor:
        position = _position(cursor)
        while position is None or position < end:
            piece = log.read(position, slice_bytes)
            if piece is None:
                break
            total = total.and_also(_load_slice(cursor, piece, log.folder))
            position = piece.end
            if schema == "main":
                log.loaded(position)
    return total


def loaded_up_to(warehouse: DuckDBWarehouse) -> Position | None:
    """Where the last load ended; None before the first one."""
    with warehouse.cursor() as cursor:
        return _position(cursor)


def shown(
    warehouse: DuckDBWarehouse, query: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of one of the queries beside this module, by column."""
    rows = warehouse.fetch(sql(query), params)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]


@contextmanager
def session(
    warehouse: DuckDBWarehouse,
    plan: TrackingPlan,
    sources: Iterable[Source],
    schema: Schema = "main",
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that knows the plan and the policies of the sources."""
    names, properties, known = plan.names(), plan.properties(), list(sources)
    values: dict[str, Any] = {
        "plan_version": plan.version,
        "sent_names": [row.sent_name for row in names],
        "event_names": [row.event_name for row in names],
        "property_names": [row.sent_name for row in properties],
        "properties": [row.property for row in properties],
        "sent_properties": [row.sent_property for row in properties],
        "property_types": [row.type for row in properties],
        "property_required": [row.required for row in properties],
        "junk_ids": list(plan.junk_ids),
        "junk_lengths": _lengths(plan.junk_ids),
        "source_ids": [source.id for source in known],
        "unplanned": [source.unplanned for source in known],
    }
    with warehouse.cursor() as cursor:
        cursor.execute(_USE[schema])
        run_text(cursor, sql("session"), values)
        bounds.begin(cursor, plan)
        yield cursor


def _lengths(texts: Iterable[str]) -> list[bool]:
    """Whether one of these texts is 1, 2, 3 … bytes long, up to the longest."""
    known = {len(text.encode()) for text in texts}
    return [length in known for length in range(1, max(known, default=0) + 1)]


@contextmanager
def arrived(cursor: duckdb.DuckDBPyConnection, piece: Slice, folder: Path) -> Iterator[None]:
    """The lines of a slice, typed, as ``slice`` for the statements of a session.

    They are kept as a result: writing them into a table counts and looks at much that nobody asks.
    """
    with _as_files(piece, folder) as files:
        asked = {"files": [_by_name(file) for file in files], "line_bytes": _line_bytes(files)}
        cursor.register("slice", cursor.sql(sql("arrive"), params=asked).materialize())
        try:
            yield
        finally:
            cursor.unregister("slice")


def _load_slice(cursor: duckdb.DuckDBPyConnection, piece: Slice, folder: Path) -> Loaded:
    with arrived(cursor, piece, folder), all_or_nothing(cursor):
        return _write(cursor, piece)


@contextmanager
def _as_files(piece: Slice, folder: Path) -> Iterator[list[Path]]:
    """A slice as files to read: segments, and copies of the rest for as long as it takes."""
    files = [
        part if isinstance(part, Path) else folder / f"spool.{place}.json"
        for place, part in enumerate(piece.parts)
    ]
    copies = [
        (file, part)
        for file, part in zip(files, piece.parts, strict=True)
        if isinstance(part, bytes)
    ]
    try:
        for file, part in copies:
            file.write_bytes(part)
        yield files
    finally:
        for file, _ in copies:
            file.unlink(missing_ok=True)


def _by_name(file: Path) -> str:
    """One file for READ_JSON, which takes [ * ? in a path for a pattern of many."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(file))


def _line_bytes(files: list[Path]) -> int:
    """More bytes than any line has: the engine reads twice that at a time, and less costs less."""
    return _SHORT_LINE if all(map(_has_short_lines, files)) else _ANY_LINE


def _has_short_lines(file: Path) -> bool:
    """Whether a line ends in every piece of half the length of a short line."""
    piece = _SHORT_LINE // 2
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        starts = range(0, len(lines) - piece, piece)
        return all(lines.rfind(b"\n", start, start + piece) >= 0 for start in starts)


def _write(cursor: duckdb.DuckDBPyConnection, piece: Slice) -> Loaded:
    run_text(cursor, sql("check"))
    bounds.check(cursor)
    for step in ("judge", "ledger"):
        run_text(cursor, sql(step))
    dead = _changed(cursor, "store_dead_letters")
    bounds.trim(cursor)
    run_text(cursor, sql("keep"))
    stored = _changed(cursor, "stored", {"first": piece.first})
    loaded = _balanced(cursor, stored, dead)
    cursor.execute("INSERT INTO ingest_ledger SELECT * FROM balance")
    cursor.execute("DELETE FROM ingest_cursor")
    cursor.execute("INSERT INTO ingest_cursor VALUES ($segment, $offset)", piece.end._asdict())
    return loaded


def _balanced(cursor: duckdb.DuckDBPyConnection, stored: int, dead: int) -> Loaded:
    """The totals of a slice, if every request and every table adds up."""
    row = run_text(cursor, sql("totals")).fetchone()
    assert row is not None, "an aggregate always gives a row"
    uneven, *counts = row
    loaded = Loaded(*counts)
    if uneven or loaded.stored != stored or loaded.dead_letter != dead:
        raise Unbalanced(f"{uneven} requests, {loaded}, {stored} stored, {dead} dead letters")
    return loaded


def _changed(
    cursor: duckdb.DuckDBPyConnection, name: str, params: dict[str, Any] | None = None
) -> int:
    row = run_text(cursor, sql(name), params).fetchone()
    return int(row[0]) if row else 0


def _position(cursor: duckdb.DuckDBPyConnection) -> Position | None:
    # All rows are fetched, one at most: a result that is left open stands in the way of the next.
    rows = cursor.execute("SELECT segment, byte_offset FROM ingest_cursor").fetchall()
    return Position(*rows[0]) if rows else None


@cache
def sql(name: str) -> str:
    """The text of one of the files beside this module."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
