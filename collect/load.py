"""From the raw log into the warehouse: slice by slice, each in one transaction with its place.

Every event of a request is stored, a duplicate, a dead letter or suppressed,
and the loader refuses to commit when the counts do not add up. Loading again
after a crash goes on where the last committed transaction ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from collect.plan import TrackingPlan
from collect.rawlog import SLICE_BYTES, Position, RawLog, Slice
from control.sources import Source
from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql"


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
    """Make the tables, or add the columns that a table made by the demo lacks."""
    with warehouse.transaction() as cursor:
        cursor.execute(_sql("tables"))


def load(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    *,
    slice_bytes: int = SLICE_BYTES,
) -> Loaded:
    """Load what the log holds and the warehouse does not have yet."""
    total = Loaded()
    with _session(warehouse, plan, sources) as cursor:
        position = _position(cursor)
        while (piece := log.read(position, slice_bytes)) is not None:
            total = total.and_also(_load_slice(cursor, piece, log.folder))
            position = piece.end
            log.loaded(position)
    return total


def replay(
    warehouse: DuckDBWarehouse, log: RawLog, plan: TrackingPlan, sources: Iterable[Source]
) -> Loaded:
    """Load the whole log again under a plan; what a crash cuts off the next load completes."""
    with warehouse.transaction() as cursor:
        cursor.execute(_sql("forget_loads"))
    log.loaded(None)
    return load(warehouse, log, plan, sources)


def loaded_up_to(warehouse: DuckDBWarehouse) -> Position | None:
    """Where the last load ended; None before the first one."""
    with warehouse.cursor() as cursor:
        return _position(cursor)


def shown(
    warehouse: DuckDBWarehouse, query: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of one of the queries beside this module, by column."""
    rows = warehouse.fetch(_sql(query), params)
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]


@contextmanager
def _session(
    warehouse: DuckDBWarehouse, plan: TrackingPlan, sources: Iterable[Source]
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
        "source_ids": [source.id for source in known],
        "unplanned": [source.unplanned for source in known],
    }
    with warehouse.cursor() as cursor:
        for statement in duckdb.extract_statements(_sql("session")):
            used = {name: values[name] for name in statement.named_parameters}
            cursor.execute(statement, used)
        yield cursor


def _load_slice(cursor: duckdb.DuckDBPyConnection, piece: Slice, folder: Path) -> Loaded:
    with _as_file(piece, folder) as file:
        cursor.execute("BEGIN")
        try:
            loaded = _write(cursor, file, piece.end)
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
    return loaded


@contextmanager
def _as_file(piece: Slice, folder: Path) -> Iterator[Path]:
    """A slice as a file to read: its own, or one for as long as it takes."""
    if isinstance(piece.data, Path):
        yield piece.data
        return
    spool = folder / "spool.json"
    spool.write_bytes(piece.data)
    try:
        yield spool
    finally:
        spool.unlink()


def _write(cursor: duckdb.DuckDBPyConnection, file: Path, end: Position) -> Loaded:
    cursor.execute(_sql("arrive"), {"file": str(file)})
    for step in ("check", "judge", "ledger"):
        cursor.execute(_sql(step))
    stored = _inserted(cursor, "store_raw")
    _inserted(cursor, "store_events")
    dead = _inserted(cursor, "store_dead")
    loaded = _balanced(cursor, stored, dead)
    cursor.execute("INSERT INTO ingest_ledger SELECT * FROM balance")
    cursor.execute("DELETE FROM ingest_cursor")
    cursor.execute("INSERT INTO ingest_cursor VALUES ($segment, $offset)", end._asdict())
    return loaded


def _balanced(cursor: duckdb.DuckDBPyConnection, stored: int, dead: int) -> Loaded:
    """The totals of a slice, if every request and every table adds up."""
    row = cursor.execute(_sql("totals")).fetchone()
    assert row is not None, "an aggregate always gives a row"
    uneven, *counts = row
    loaded = Loaded(*counts)
    if uneven or loaded.stored != stored or loaded.dead_letter != dead:
        raise Unbalanced(f"{uneven} requests, {loaded}, {stored} stored, {dead} dead letters")
    return loaded


def _inserted(cursor: duckdb.DuckDBPyConnection, name: str) -> int:
    row = cursor.execute(_sql(name)).fetchone()
    return int(row[0]) if row else 0


def _position(cursor: duckdb.DuckDBPyConnection) -> Position | None:
    row = cursor.execute("SELECT segment, byte_offset FROM ingest_cursor").fetchone()
    return Position(*row) if row else None


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
