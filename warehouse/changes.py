"""Whether a database file was written to while somebody used it, told from the file itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Seen = tuple[tuple[int, int, int] | None, ...]


class Changes:
    """Counts uses of a database during which its file, or the log beside it, changed.

    Every commit appends to the log before it returns. Who writes counts when it is done, so
    what was read after a count has moved holds everything that moved it.
    """

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._files = (path, path.with_name(f"{path.name}.wal"))
        self._guard = threading.Lock()
        self._open: dict[object, Seen] = {}

    @property
    def settled(self) -> bool:
        """Whether all that was written by now is counted: nobody who may have written it is still
        at it."""
        now = self._seen()
        with self._guard:
            return all(before == now for before in self._open.values())

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Count this use if something was written meanwhile, by whomever."""
        before, use = self._seen(), object()
        with self._guard:
            self._open[use] = before
        try:
            yield
        finally:
            # A database in memory has no file that could tell.
            if self._seen() != before or before[0] is None:
                with self._guard:
                    self.count += 1
            with self._guard:
                del self._open[use]

    def _seen(self) -> Seen:
        return tuple(_stamp(file) for file in self._files)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
