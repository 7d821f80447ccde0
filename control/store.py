"""The control store: governance state, apart from the warehouse so that no query can read it.

One writer at a time on every database: a write either sees all that was
committed before it, or waits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, OperationalError

from control import (
    audit_tables,
    canary_tables,
    cancellation_tables,
    certification_tables,
    conversation_tables,
    delivery_tables,
    drift_tables,
    emergency_tables,
    evaluation_tables,
    forgetting_tables,
    guide_tables,
    hold_tables,
    inbox_tables,
    journey_tables,
    kept_tables,
    model_call_tables,
    notification_tables,
    parity_tables,
    people_tables,
    pipeline_tables,
    radar_tables,
    receipt_tables,
    review_terms_tables,
    routing_tables,
    schedule_tables,
    sign_offs_tables,
    staging_tables,
    suspension_tables,
    token_tables,
)
from control.guards import statements
from control.tables import metadata
from core.errors import Code, refuse

PRAGMAS = (
    "journal_mode=WAL",
    "foreign_keys=ON",
    "busy_timeout=15000",
    "recursive_triggers=ON",  # a REPLACE is a DELETE, and is refused like one
)
DECLARING = (
    audit_tables,
    canary_tables,
    cancellation_tables,
    certification_tables,
    conversation_tables,
    delivery_tables,
    drift_tables,
    emergency_tables,
    evaluation_tables,
    forgetting_tables,
    guide_tables,
    hold_tables,
    inbox_tables,
    journey_tables,
    kept_tables,
    model_call_tables,
    notification_tables,
    parity_tables,
    people_tables,
    pipeline_tables,
    radar_tables,
    receipt_tables,
    routing_tables,
    sign_offs_tables,
    review_terms_tables,
    schedule_tables,
    staging_tables,
    suspension_tables,
    token_tables,
)
"""Modules that add tables to ``metadata`` as they are imported: all of them, before it is made."""
_WRITES = {"pilothouse_writes": True}
APPENDED = "pilothouse_appended"
"""Under this name a connection remembers what its transaction appended to the audit log."""
_WRITER_LOCK = 7_401_188
"""Any number, the same in every process that writes to one PostgreSQL."""


class Store:
    """An open control store. Threads may share it; every call has a connection of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.writes = 0
        """How often this process wrote: it grows once a writer is done."""
        self.when_appended: Callable[[list[Any]], None] | None = None
        """Told of the entries of the audit log that a write appended, once they are there."""

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that holds the writer's place: all of it happens, or nothing."""
        with self.engine.connect().execution_options(**_WRITES) as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            connection.info.pop(APPENDED, None)
            yield connection
            appended = connection.info.pop(APPENDED, [])
        self.writes += 1
        if appended and self.when_appended:
            self.when_appended(appended)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the store at an SQLAlchemy URL, creating folder, tables and guards as needed.

    Refuses with SETTINGS_INVALID when the URL is not usable.
    """
    try:
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        _create(engine)
    except (ArgumentError, ModuleNotFoundError, OperationalError, OSError, KeyError) as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The control store cannot be opened: {str(error).splitlines()[0]}",
            span=sa.engine.make_url(url).render_as_string() if "://" in url else url,
            fix="Set 'control' to a URL such as sqlite:///workspace/control.db.",
        ) from error
    return Store(engine)


def insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say ON CONFLICT, which both databases do in the same words."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def utc(moment: datetime) -> datetime:
    """A moment as the store keeps it: naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _create(engine: sa.Engine) -> None:
    with Store(engine).write() as connection:
        metadata.create_all(connection)
        for statement in statements(engine.dialect.name):
            connection.exec_driver_sql(statement)


def _prepare_sqlite(engine: sa.Engine) -> None:
    if engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not by guess
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("pilothouse_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
