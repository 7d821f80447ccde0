"""Ask about decisions once more right before a request, if the warehouse has changed since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.store import Store
from deliver.asking import Asked, stop
from deliver.frequency import Known, find_room
from deliver.outbox import Intent
from deliver.recheck import Rulebook, recheck
from deliver.underway import to_whom_by_others
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse


class Staying(NamedTuple):
    """What may not leave."""

    stopped: frozenset[str]
    """For good; it is written down."""
    crowded: frozenset[str]
    """There is no room any more: it is asked about from the start."""


class AskingAgain:
    """What may still leave of one batch. Made before anything is read of it."""

    def __init__(
        self,
        store: Store,
        warehouse: DuckDBWarehouse,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        worker: str,
    ) -> None:
        self._store, self._warehouse, self._catalog = store, warehouse, catalog
        self._clock, self._worker = clock, worker
        self._changes = warehouse.changes
        self._uncertain: Collection[str] = ()
        self._known = Known()
        self._crowded: frozenset[str] = frozenset()
        self._left: dict[str, Intent] = {}
        self.stopped: dict[str, str] = {}
        """Intent id → reason code, of the whole batch."""

    def begin(
        self,
        rulebook: Rulebook,
        asked: Asked,
        unsaid: dict[str, str],
        *,
        uncertain: Collection[str],
    ) -> None:
        """What may leave by what was asked first, and what may not: ``unsaid`` neither.

        Of ``uncertain`` ones nobody knows whether they left before.
        """
        self._rulebook, self._uncertain, self._known = rulebook, uncertain, asked.known
        self._left = {one.intent_id: one for one in asked.going}
        self._stop(asked.stopped | unsaid)

    def __call__(self, intents: Sequence[Intent]) -> Staying:
        """Which of these may not leave any more."""
        now, seen = self._clock(), self._warehouse.changes
        soonest = min((one.expires_at for one in intents), default=now)
        if seen != self._changes or soonest <= now:
            # All that is left, not only these: what is asked about now is not asked about again.
            waiting = list((self._left | {one.intent_id: one for one in intents}).values())
            self._stop(recheck(waiting, self._rulebook, self._warehouse, self._catalog, now=now))
            self._look_for_room([one for one in waiting if one.intent_id not in self.stopped], now)
            self._changes = seen
        asked = frozenset(one.intent_id for one in intents)
        for one in asked:
            self._left.pop(one, None)
        return Staying(asked & self.stopped.keys(), asked & self._crowded)

    def crowded_by_others(self, connection: sa.Connection) -> frozenset[str]:
        """For whom other workers sent something since room was looked for, inside a write."""
        if not self._known.limited:
            return frozenset()
        known = self._known
        users = to_whom_by_others(
            connection, known.handed_over, worker=self._worker, since=known.since
        )
        return known.crowded_by(users) if users else frozenset()

    def still_so(self) -> bool:
        """Whether the warehouse is as it was when it was asked last."""
        return self._warehouse.changes == self._changes

    def _look_for_room(self, left: Sequence[Intent], now: datetime) -> None:
        room = find_room(self._store, self._warehouse, self._catalog, self._rulebook, left, now=now)
        self._known, self._crowded = room.known, room.lacking

    def _stop(self, stopped: dict[str, str]) -> None:
        stop(self._store, stopped, self._uncertain, worker=self._worker, now=self._clock())
        self.stopped |= stopped
        for one in stopped:
            self._left.pop(one, None)
