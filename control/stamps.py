"""Whether the control store changed since somebody looked, without reading what is in it."""

from __future__ import annotations

import sqlite3
import threading
import time

import sqlalchemy as sa

from control.store import Store

PAUSE_SECONDS = 0.005
"""Between two looks at what other processes wrote."""


class Stamp:
    """A value that differs once anybody wrote to the store; of what other processes write it tells
    a few milliseconds later. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        url = store.engine.url
        self._file: sqlite3.Connection | None = None
        if store.engine.dialect.name == "sqlite" and url.database not in (None, "", ":memory:"):
            self._file = sqlite3.connect(url.database, check_same_thread=False)
        self._tells = self._file is not None or store.engine.dialect.name == "postgresql"
        self._last: tuple[int, float, object] = -1, 0.0, None
        """After how many writes of this process it was looked at, when, and the stamp."""

    def value(self) -> object:
        """The stamp of now."""
        writes, seen, stamp = self._last
        is_new = time.monotonic() - seen < PAUSE_SECONDS
        if is_new and self._tells and writes == self._store.writes:
            return stamp
        writes = self._store.writes
        stamp = self._looked_at()
        self._last = writes, time.monotonic(), stamp
        return stamp

    def _looked_at(self) -> object:
        with self._guard:
            if self._file is not None:
                return self._file.execute("PRAGMA data_version").fetchone()[0]
            if self._store.engine.dialect.name == "postgresql":
                with self._store.read() as connection:
                    query = sa.text("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT)")
                    return connection.execute(query).scalar_one()
            # Nothing tells: it may have changed.
            return object()

    def close(self) -> None:
        """Let go of the store."""
        with self._guard:
            if self._file is not None:
                self._file.close()
