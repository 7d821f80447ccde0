"""Receipts on their way to disk: requests that come at the same time share one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from control.receipts import Batch, Kept, keep
from control.store import Store

MOST_WAITING = 50_000
"""Sayings in memory, above which providers are asked to come back later."""


class _Waiting(NamedTuple):
    batch: Batch
    done: Future[Kept]


class Writer:
    """Writes what is handed to it, in a thread of its own. Threads may share it."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._waiting: list[_Waiting] = []
        self._items = 0
        self._closed = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Whether more waits than should."""
        return self._items > MOST_WAITING

    def keep(self, batch: Batch) -> Future[Kept]:
        """Hand a batch over. Done once it is on disk; the error of the store when it cannot be."""
        waiting = _Waiting(batch, Future())
        with self._wake:
            if self._closed:
                raise OSError("The receipts are not written any more.")
            self._waiting.append(waiting)
            self._items += len(batch.facts)
            self._wake.notify()
        return waiting.done

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while taken := self._next():
            try:
                kept = keep(self._store, [one.batch for one in taken], now=self._now())
            except (SQLAlchemyError, ValueError, OSError) as error:
                for one in taken:
                    one.done.set_exception(error)
            else:
                for one, became in zip(taken, kept, strict=True):
                    one.done.set_result(became)

    def _next(self) -> list[_Waiting]:
        """Everything that waits; nothing once it is closed and all is written."""
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            taken, self._waiting = self._waiting, []
            self._items = 0
            return taken
