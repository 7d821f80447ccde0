"""A gate: many may be inside at once, or one alone when all others have left."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class StillInside(Exception):
    """Somebody did not leave in time; nothing happened."""


class Gate:
    """Threads pass it; who is inside may enter again while others have to wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._closed = False

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Inside together with others; waits while somebody is alone, or about to be."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._closed or self._inside[me] > 0)
            self._inside[me] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[me] -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, *, patience_seconds: float) -> Iterator[None]:
        """Inside when nobody else is, the caller included; StillInside when they stay too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._closed, patience_seconds):
                raise StillInside
            self._closed = True
            if not self._changed.wait_for(lambda: not self._inside.total(), patience_seconds):
                self._open()
                raise StillInside
        try:
            yield
        finally:
            with self._changed:
                self._open()

    def _open(self) -> None:
        self._closed = False
        self._changed.notify_all()
