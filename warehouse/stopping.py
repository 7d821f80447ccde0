"""Work that somebody may stop while it runs: its query is interrupted, and nothing after it starts.

Whoever runs the work puts it inside ``stoppable``; what may take long inside says how it is
interrupted. Outside of any such work nothing here does anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

Found = TypeVar("Found")
_AGAIN_SECONDS = 0.05
"""Work may begin its next query just as the last one is interrupted, so it is told again."""
_WORK: ContextVar[Stop | None] = ContextVar("pilothouse_work", default=None)


class Stopped(Exception):
    """Somebody stopped the work; it ends where it is."""


class Stop:
    """One piece of work: whether somebody stopped it, and what runs of it at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._settled = False
        self._running: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        """Whether somebody stopped it."""
        return self._asked.is_set()

    def ask(self) -> bool:
        """Stop it; False when it was settled before, and goes on to its end."""
        with self._lock:
            if self._settled:
                return False
            is_first = not self.asked
            self._asked.set()
        if is_first:
            threading.Thread(target=self._interrupt, name="stop", daemon=True).start()
        return True

    def require(self) -> None:
        """Raises Stopped when somebody stopped it."""
        if self.asked:
            raise Stopped

    def settle(self) -> None:
        """From here on nobody stops it. Raises Stopped when somebody did before."""
        with self._lock:
            self.require()
            self._settled = True

    @contextmanager
    def running(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Have ``interrupt`` called when somebody stops the work; whatever error that makes is
        raised as Stopped."""
        with self._lock:
            self._running.append(interrupt)
        try:
            self.require()
            yield
            self.require()
        except Exception as error:
            if self.asked and not isinstance(error, Stopped):
                raise Stopped from error
            raise
        finally:
            with self._lock:
                self._running.remove(interrupt)

    def _interrupt(self) -> None:
        pause = threading.Event()
        while self._running:
            # Nobody leaves meanwhile: what is interrupted is still there.
            with self._lock:
                for interrupt in self._running:
                    interrupt()
            pause.wait(_AGAIN_SECONDS)


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """What this thread does inside can be stopped by it."""
    token = _WORK.set(stop)
    try:
        yield
    finally:
        _WORK.reset(token)


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
    """Inside runs something that ``interrupt``, called by another thread, ends with an error."""
    work = _WORK.get()
    if work is None:
        yield
        return
    with work.running(interrupt):
        yield


def settle() -> None:
    """From here on nobody stops this work. Raises Stopped when somebody did before."""
    if (work := _WORK.get()) is not None:
        work.settle()


def left_when_stopped(asked: Callable[[], Found]) -> Found:
    """What a call gives that cannot be interrupted; when the work is stopped it is left to itself,
    and what it gives is for nobody."""
    work = _WORK.get()
    if work is None:
        return asked()
    work.require()
    found: Future[Found] = Future()
    around = copy_context()
    threading.Thread(target=around.run, args=(_into, found, asked), daemon=True).start()
    while not wait([found], _AGAIN_SECONDS).done:
        work.require()
    return found.result()


def _into(found: Future[Found], asked: Callable[[], Found]) -> None:
    try:
        found.set_result(asked())
    except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
        found.set_exception(error)
