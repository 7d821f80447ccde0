"""Where the runs of journeys are kept: what a look reads of them, and how it is written.

Live runs lie in the control store. Whoever tries a journey keeps its runs somewhere else, and
looks at them by the same statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import duckdb

from control import journeys, versions
from control.journeys import Changes, Ended, Row, TickState
from control.store import Store
from control.versions import JourneyVersion
from warehouse.compile import Audiences


class RunKeeper(Protocol):
    """The runs of some journeys; rows are as ``control/journeys.py`` says."""

    def running(self) -> dict[str, JourneyVersion]:
        """Every version that runs may be of, as ``key@version``."""

    def audiences(self) -> Audiences:
        """The named audiences that conditions may speak of."""

    def ticks(self) -> dict[str, TickState]:
        """Journey key → how far it was looked at."""

    def active(self, keys: Sequence[str]) -> Iterable[list[Row]]:
        """The runs under way, in chunks."""

    def members(self, key: str) -> Iterable[list[Row]]:
        """Who belonged to an entry audience at the last look, in chunks."""

    def earlier(self, key: str, users: Sequence[str]) -> list[Row]:
        """What some users did in a journey before."""

    def never_sent(self) -> list[Ended]:
        """Messages of runs under way that were stopped before sending."""

    def make_ready(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Let a cursor see the messages that became of the runs."""

    def write(self, changes: Changes, *, before: dict[str, TickState], now: datetime) -> bool:
        """Write a look whole; False, and nothing, when another one went through meanwhile."""


class LiveRuns:
    """The runs of what is live, in the control store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def running(self) -> dict[str, JourneyVersion]:
        """Every version of the journeys that are live now."""
        return versions.running_journeys(self._store)

    def audiences(self) -> Audiences:
        """Those that were published."""
        return versions.audiences(self._store)

    def ticks(self) -> dict[str, TickState]:
        """Journey key → how far it was looked at."""
        return journeys.ticks(self._store)

    def active(self, keys: Sequence[str]) -> Iterable[list[Row]]:
        """The runs under way, in chunks."""
        return journeys.active(self._store, keys)

    def members(self, key: str) -> Iterable[list[Row]]:
        """Who belonged to an entry audience at the last look, in chunks."""
        return journeys.members(self._store, key)

    def earlier(self, key: str, users: Sequence[str]) -> list[Row]:
        """What some users did in a journey before."""
        return journeys.earlier(self._store, key, users)

    def never_sent(self) -> list[Ended]:
        """Messages of runs under way that were stopped before sending."""
        return journeys.never_sent(self._store)

    def make_ready(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Messages of live runs are where everybody's are."""

    def write(self, changes: Changes, *, before: dict[str, TickState], now: datetime) -> bool:
        """Write a look whole; messages of runs that ended do not go out any more."""
        return journeys.write(self._store, changes, before=before, now=now)
