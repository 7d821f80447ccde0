"""Ask about decisions once more right before a request, if the warehouse has changed since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from control.store import Store
from deliver.asking import stop
from deliver.outbox import Intent
from deliver.recheck import Rulebook, recheck
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse


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
        self._left: dict[str, Intent] = {}
        self.stopped: dict[str, str] = {}
        """Intent id → reason code, of the whole batch."""

    def begin(
        self,
        rulebook: Rulebook,
        going: Sequence[Intent],
        stopped: dict[str, str],
        *,
        uncertain: Collection[str],
    ) -> None:
        """What may leave by what was asked first, and what may not.

        Of ``uncertain`` ones nobody knows whether they left before.
        """
        self._rulebook, self._uncertain = rulebook, uncertain
        self._left = {one.intent_id: one for one in going if one.intent_id not in stopped}
        self._stop(stopped)

    def __call__(self, intents: Sequence[Intent]) -> frozenset[str]:
        """Which of these may not leave any more."""
        now, seen = self._clock(), self._warehouse.changes
        soonest = min((one.expires_at for one in intents), default=now)
        if seen != self._changes or soonest <= now:
            # All that is left, not only these: what is asked about now is not asked about again.
            waiting = list((self._left | {one.intent_id: one for one in intents}).values())
            self._stop(recheck(waiting, self._rulebook, self._warehouse, self._catalog, now=now))
            self._changes = seen
        asked = [one.intent_id for one in intents]
        for one in asked:
            self._left.pop(one, None)
        return frozenset(asked) & self.stopped.keys()

    def still_so(self) -> bool:
        """Whether the warehouse is as it was when it was asked last."""
        return self._warehouse.changes == self._changes

    def _stop(self, stopped: dict[str, str]) -> None:
        stop(self._store, stopped, self._uncertain, worker=self._worker, now=self._clock())
        self.stopped |= stopped
        for one in stopped:
            self._left.pop(one, None)
