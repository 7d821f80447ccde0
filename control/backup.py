"""Backups of the control store: one way for SQLite and PostgreSQL, both directions.

A backup is a control store of its own, one SQLite file, read from the other in one consistent
snapshot while people and deliveries go on writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from control import audit, holds
from control.audit_check import Break, check
from control.guards import GUARDS, statements
from control.store import Store, open_store
from control.tables import audit as log
from control.tables import metadata
from core.errors import Code, refuse

PAGE = 2_000


class Saved(NamedTuple):
    """What a backup holds: its head is number and hash of the last entry of its audit log."""

    file: str
    rows: int
    tables: int
    head: tuple[int, str]
    breaks: tuple[Break, ...]


def save(store: Store, file: Path, *, who: str, now: datetime) -> Saved:
    """Write the whole store into a new file, readable by its owner alone; refuses one that is
    there."""
    if file.exists():
        raise refuse(
            Code.INVALID_FILE,
            f"{file} is there already; a backup never takes the place of another.",
            span=str(file),
            fix="Choose another name.",
        )
    with store.write() as connection:
        audit.append(connection, audit.Act(now, who, "backup", file.name))
    making = file.with_name(f".{file.name}.making")
    making.unlink(missing_ok=True)
    making.touch(mode=0o600)
    made = open_store(f"sqlite:///{making}")
    try:
        with _snapshot(store) as reading, made.write() as writing:
            counts = _replace(reading, writing)
        _as_one_file(made)
        checked = check(made)
    finally:
        made.close()
    making.replace(file)
    return Saved(str(file), sum(counts.values()), len(counts), checked.head, checked.breaks)


def restore(store: Store, file: Path, *, now: datetime) -> Saved:
    """Put what a backup holds in the place of everything in a store, and hold it.

    All of it happens, or nothing. Refuses with INVALID_FILE what is no backup.
    """
    opened = _opened(file)
    try:
        with _snapshot(opened) as reading, store.write() as writing:
            counts = _replace(reading, writing)
            seq, digest = audit.head(writing)
            at = reading.execute(sa.select(sa.func.max(log.c.at))).scalar()
            made = f"{at:%Y-%m-%d %H:%M} (UTC)" if at else "an empty store"
            why = f"the control store was restored from a backup of {made}."
            holds.lift(writing)
            holds.hold(writing, why, now, seq)
    finally:
        opened.close()
    checked = check(store)
    return Saved(str(file), sum(counts.values()), len(counts), (seq, digest), checked.breaks)


def is_empty(store: Store) -> bool:
    """Whether nobody has done anything in a store yet."""
    with store.read() as connection:
        return audit.head(connection)[0] == 0


@contextmanager
def _snapshot(store: Store) -> Iterator[sa.Connection]:
    """One consistent state, however long it takes to read it."""
    options: dict[str, Any] = {"stream_results": True}
    if store.engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with store.engine.connect().execution_options(**options) as connection:
        yield connection


def _replace(reading: sa.Connection, writing: sa.Connection) -> dict[str, int]:
    """Every row of one store in the place of every row of the other; guards stand again after."""
    dialect = writing.dialect.name
    for guard in GUARDS:
        where = f" ON {guard.table}" if dialect == "postgresql" else ""
        writing.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}{where}")
    for table in reversed(metadata.sorted_tables):
        writing.execute(table.delete())
    there = set(sa.inspect(reading).get_table_names())
    counts = {
        table.name: _copy(reading, writing, table)
        for table in metadata.sorted_tables
        if table.name in there
    }
    for statement in statements(dialect):
        writing.exec_driver_sql(statement)
    return counts


def _copy(reading: sa.Connection, writing: sa.Connection, table: sa.Table) -> int:
    count = 0
    for page in reading.execute(sa.select(table)).mappings().partitions(PAGE):
        writing.execute(table.insert(), [dict(row) for row in page])
        count += len(page)
    return count


def _as_one_file(made: Store) -> None:
    """Without a write-ahead log beside it, so that the file alone is the backup."""
    with made.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        if driver is not None:
            driver.rollback()
            driver.execute("PRAGMA journal_mode=DELETE")


def _opened(file: Path) -> Store:
    if not _is_store(file):
        raise refuse(
            Code.INVALID_FILE,
            f"{file} is no backup of a control store.",
            span=str(file),
            fix="Name a file that 'pilothouse backup' wrote.",
        )
    return Store(sa.create_engine(f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true"))


def _is_store(file: Path) -> bool:
    if not file.is_file():
        return False
    engine = sa.create_engine(f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true")
    try:
        return {"audit", "versions", "outbox"} <= set(sa.inspect(engine).get_table_names())
    except sa.exc.DatabaseError:
        return False
    finally:
        engine.dispose()
