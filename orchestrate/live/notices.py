"""What people and deliveries put into the control store, as far as decisions read it: looked at
again only once the store was written to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from control.audit import CHANGES_NO_RULE
from control.stamps import Stamp
from control.store import Store
from control.tables import audit, outbox
from core.lifecycle import GAVE_BACK
from orchestrate.cycle import plan_tick
from orchestrate.engine.candidates import Tick
from warehouse.catalog import Catalog

_GONE = outbox.c.state.in_([state.value for state in GAVE_BACK])


class Notices:
    """The rules in force, and which decisions gave their place back. One thread at a time."""

    def __init__(self, store: Store, catalog: Callable[[], Catalog]) -> None:
        self._store = store
        self._catalog = catalog
        self._stamp = Stamp(store)
        self._seen: object = None
        self._acts = -1
        self._gone = -1
        self._tick: Tick | None = None
        self.released: frozenset[str] = frozenset()
        """Decisions whose message will never be sent."""

    def look(self, as_of: datetime) -> Tick:
        """The rules in force; the same object as long as they are the same."""
        stamp, catalog = self._stamp.value(), self._catalog()
        tick = self._tick
        if tick is not None and stamp == self._seen and catalog is tick.catalog:
            return tick
        acts, gone = self._counts()
        if tick is None or acts != self._acts or catalog is not tick.catalog:
            # Whatever people do to rules is in the audit.
            tick = plan_tick(self._store, catalog, as_of=as_of)
            self.released, self._gone = tick.released, len(tick.released)
        elif gone != self._gone:
            self.released = self._released()
        # Of the counts, not of now: what is written meanwhile moves the stamp once more.
        self._tick, self._acts, self._gone, self._seen = tick, acts, gone, stamp
        return tick

    def close(self) -> None:
        """Let go of the store."""
        self._stamp.close()

    def _counts(self) -> tuple[int, int]:
        """How many acts there are, and how many decisions gave their place back."""
        # Only of what came since: sends and views are entries too, and change no rule.
        newer = sa.and_(audit.c.seq > self._acts, audit.c.what.not_in(CHANGES_NO_RULE))
        acts = sa.select(sa.func.coalesce(sa.func.max(audit.c.seq), self._acts)).where(newer)
        gone = sa.select(sa.func.count()).select_from(outbox).where(_GONE)
        with self._store.read() as connection:
            return connection.execute(acts).scalar_one(), connection.execute(gone).scalar_one()

    def _released(self) -> frozenset[str]:
        with self._store.read() as connection:
            found = connection.execute(sa.select(outbox.c.decision_id).where(_GONE))
            return frozenset(found.scalars())
