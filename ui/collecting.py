"""The collector of a workspace: its log, its sources, and the loading of what arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from starlette.routing import Route

from collect.forgetting import ForgetfulLog
from collect.load import Loaded, load, loaded_up_to, prepare
from collect.plan import TrackingPlan
from collect.reprocess import Reprocessed, preview, reprocess
from collect.routes import Collector
from collect.spec import Envelope, lines
from control import sources
from control.forgetting import tombstones_of
from control.sources import Source
from control.store import Store
from ui import telemetry
from warehouse.consolidate.consolidation import Consolidated, consolidate
from warehouse.consolidate.consolidation import prepare as prepare_facts
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.update import Scope

log = structlog.get_logger(__name__)

LOAD_SECONDS = 1.0
PUBLISH_SECONDS = 30.0


class Intake:
    """Takes events in and loads them; threads may share it, one loads at a time."""

    def __init__(
        self,
        warehouse: DuckDBWarehouse,
        store: Store,
        folder: Path,
        now: datetime,
        live_plan: Callable[[], TrackingPlan],
    ) -> None:
        """``live_plan`` gives the plan in force, which another process may have changed."""
        self._live_plan = live_plan
        self._warehouse = warehouse
        self._store = store
        self._loading = threading.Lock()
        prepare(warehouse)
        prepare_facts(warehouse)
        self._open_conflicts = 0
        self.log = ForgetfulLog(folder)
        self.log.loaded(loaded_up_to(warehouse))
        self._by_key: dict[str, Source] = {}
        self._opened_at = max(now, self._last_received() or now)
        self._opened = time.monotonic()
        self.refresh()

    def routes(self) -> list[Route]:
        """The HTTP routes of the protocol."""
        return Collector(self.log, self.source_of, self.now, told=_count).routes()

    def now(self) -> datetime:
        """The workspace's time (naive UTC), which never runs back while the server runs."""
        return self._opened_at + timedelta(seconds=time.monotonic() - self._opened)

    def source_of(self, write_key: str) -> Source | None:
        """The source that shows this key; None when nobody does."""
        return self._by_key.get(write_key)

    def refresh(self) -> None:
        """Read plan and sources again: somebody may have approved one, or disabled another."""
        self.plan = self._live_plan()
        self.log.tombstones = tombstones_of(self._store)
        self._by_key = {source.write_key: source for source in sources.list_all(self._store)}

    def load(self) -> Loaded:
        """Load what waits in the log, and make facts and users of it."""
        with self._loading:
            loaded = self.load_now()
            self.consolidate_now()
            return loaded

    def load_now(self) -> Loaded:
        """Load what waits, for a caller in whose hands loading is still."""
        return _told(load(self._warehouse, self.log, self.plan, self._by_key.values()))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is loaded meanwhile; what arrives waits in the log."""
        with self._loading:
            yield

    def take_in(self, source: Source, requests: Iterable[list[Any]]) -> Loaded:
        """Take events in as if the source had sent them now, and load them."""
        with self._loading:
            for events in requests:
                made = lines(events, Envelope(source.id, self.now()))
                self.log.append([line.data for line in made]).result()
            loaded = _told(load(self._warehouse, self.log, self.plan, self._by_key.values()))
            self.consolidate_now()
            return loaded

    def consolidate(self) -> Consolidated:
        """Bring identity, facts and users up to date with what was loaded and ruled."""
        with self._loading:
            return self.consolidate_now()

    def consolidate_now(self) -> Consolidated:
        """The same, for a caller in whose hands loading is still."""
        settings = IdentitySettings(junk_ids=self.plan.junk_ids)
        done = consolidate(self._warehouse, settings)
        if done.open_conflicts > self._open_conflicts:
            log.warning("identity_conflicts", open=done.open_conflicts)
        if done.scope != Scope.NOTHING:
            self._open_conflicts = done.open_conflicts
        return done

    def preview(self, plan: TrackingPlan, since: datetime | None = None) -> Reprocessed:
        """What the log would become under a plan; loading waits, and nothing changes."""
        with self._loading:
            return preview(self._warehouse, self.log, plan, self._by_key.values(), since=since)

    def reprocess(self, plan: TrackingPlan, since: datetime | None = None) -> Reprocessed:
        """Rebuild the tables from the log under a plan, all of them at once."""
        with self._loading:
            by_key = self._by_key.values()
            done = reprocess(self._warehouse, self.log, plan, by_key, since=since)
            self.consolidate_now()
            return done

    def close(self) -> None:
        """Write what waits and let go of the log."""
        self.log.close()

    def _last_received(self) -> datetime | None:
        last: datetime | None = self._warehouse.fetch(
            "SELECT MAX(received_at) FROM ingest_ledger"
        ).scalar()
        return last


class LoadRound:
    """Loads what waits, and tells ``follow`` at most twice a minute, which publishes it."""

    def __init__(self, intake: Intake, follow: Callable[[], object]) -> None:
        self._intake = intake
        self._follow = follow
        # What a crash left between loading and consolidating is made up for in the first round.
        self._consolidated = False
        self._unpublished = False
        self._published = time.monotonic()

    def once(self) -> None:
        """One round; what fails is still in the log for the next one."""
        self._intake.refresh()
        if self._intake.log.unloaded_bytes or not self._consolidated:
            self._consolidated = False
            self._unpublished |= self._intake.load().stored > 0
            self._consolidated = True
        if self._unpublished and time.monotonic() - self._published > PUBLISH_SECONDS:
            self._follow()
            self._unpublished, self._published = False, time.monotonic()


def _count(status: int, events: int) -> None:
    telemetry.REQUESTS.labels(str(status)).inc()
    telemetry.RECEIVED.inc(events if status == 200 else 0)


def _told(loaded: Loaded) -> Loaded:
    for outcome in ("stored", "duplicate", "dead_letter", "suppressed"):
        telemetry.EVENTS.labels(outcome).inc(getattr(loaded, outcome))
    if loaded.received:
        log.info("loaded", **loaded._asdict())
    return loaded
