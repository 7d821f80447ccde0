"""Whether the control store changed since somebody looked, without reading what is in it."""

from __future__ import annotations

import sqlite3
import threading

import sqlalchemy as sa

from control.store import Store


class Stamp:
    """A value that differs once anybody wrote to the store. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        url = store.engine.url
        self._file: sqlite3.Connection | None = None
        if store.engine.dialect.name == "sqlite" and url.database not in (None, "", ":memory:"):
            self._file = sqlite3.connect(url.database, check_same_thread=False)
        self._looks = 0

    def value(self) -> object:
        """The stamp of now."""
        with self._guard:
            if self._file is not None:
                return self._file.execute("PRAGMA data_version").fetchone()[0]
            if self._store.engine.dialect.name == "postgresql":
                with self._store.read() as connection:
                    query = sa.text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT)")
                    return connection.execute(query).scalar_one()
            # Nothing tells: it may have changed.
            self._looks += 1
            return self._looks

    def close(self) -> None:
        """Let go of the store."""
        with self._guard:
            if self._file is not None:
                self._file.close()
