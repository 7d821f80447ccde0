"""Whoever watches a planner write: told how far it is, wherever in the run it is called from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OnText = Callable[[int], None]
"""Told how many characters of a model's answer came so far."""

_WATCHER: ContextVar[OnText | None] = ContextVar("pilothouse_watcher", default=None)


@contextmanager
def watched(on_text: OnText) -> Iterator[None]:
    """Have ``on_text`` told of every answer that is written inside the block, by this thread."""
    token = _WATCHER.set(on_text)
    try:
        yield
    finally:
        _WATCHER.reset(token)


def watcher() -> OnText | None:
    """Who watches; None when nobody does."""
    return _WATCHER.get()
