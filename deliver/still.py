"""Whether what was asked before a request still holds while the request waits for its connection.

A connection may take seconds to come about. Nothing of a request leaves by it when a kill switch,
a pause or another version came meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from control import delivery
from control.kill_switches import KillSwitch, active
from control.store import Store

EVERY_SECONDS = 0.1
"""How old an answer may be: requests that leave together ask the store once."""


class Still:
    """Asks now and then whether something holds; once it did not, it does not. Of one thread."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        """It holds as this is made."""
        self._asked, self._holds, self._looked = holds, True, time.monotonic()

    def __call__(self) -> bool:
        """Whether it holds, or did a moment ago."""
        if self._holds and time.monotonic() - self._looked >= EVERY_SECONDS:
            self._holds = self._asked()
            self._looked = time.monotonic()
        return self._holds


def in_force_still(store: Store, rules: frozenset[tuple[str, ...]]) -> Still:
    """Whether what was in force just now, as ``delivery.in_force`` gives it, is in force."""

    def holds() -> bool:
        with store.read() as connection:
            return delivery.in_force(connection) == rules

    return Still(holds)


def all_stopped(store: Store) -> KillSwitch | None:
    """The switch that stops everything that leaves, if it is on."""
    return active(store).stops(policy="", action="")
