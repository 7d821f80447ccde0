"""What a server does again and again: one round every few seconds, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from core.errors import PilothouseError

log = structlog.get_logger(__name__)


class Rounds:
    """Calls ``once`` every ``seconds`` until it is closed, whatever one round comes to.

    A round must leave everything as it was when it fails, so that the next one tries again.
    """

    def __init__(
        self,
        name: str,
        once: Callable[[], object],
        seconds: float,
        *,
        first_seconds: float | None = None,
    ) -> None:
        """``first_seconds`` is how long the first round waits, when not as long as the others."""
        self._name = name
        self._once = once
        self._seconds = seconds
        self._first = seconds if first_seconds is None else first_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def open(self) -> None:
        """Start waiting for the first round."""
        self._thread.start()

    def close(self) -> None:
        """Let the round that runs finish; nothing when it was never opened."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait = self._first
        while not self._stopped.wait(wait):
            wait = self._seconds
            try:
                self._once()
            except PilothouseError as error:
                log.warning("round_refused", round=self._name, why=str(error))
            except Exception:
                # Whatever one round came to, the next one comes: nobody starts this thread again.
                log.exception("round_failed", round=self._name)
