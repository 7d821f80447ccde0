"""A raw log, a warehouse and a plan, and short ways to send, load and look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from collect.load import Loaded, load, prepare
from collect.plan import TrackingPlan, load_plan
from collect.rawlog import SLICE_BYTES, RawLog
from collect.reload import adopt, reload
from collect.spec import Envelope, lines
from control.sources import DEMO_SOURCE, Source
from warehouse.consolidate.consolidation import consolidate
from warehouse.consolidate.consolidation import prepare as prepare_facts
from warehouse.engines.duckdb import DuckDBWarehouse

NOON = datetime(2026, 6, 29, 12, 0, 0)
TABLES = ("raw_events", "dead_letters", "ingest_ledger")
MADE_OF_THEM = ("fct_events", "dim_users")


class World:
    """Everything between an accepted request and the tables."""

    def __init__(self, folder: Path, plan: TrackingPlan | None = None) -> None:
        self.log = RawLog(folder / "log")
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False)
        self.plan = plan or load_plan()
        self.sources: list[Source] = [DEMO_SOURCE]
        prepare(self.warehouse)

    def send(
        self,
        *events: Any,
        received_at: datetime = NOON,
        sent_at: str | None = None,
        source: Source = DEMO_SOURCE,
    ) -> None:
        """One request, on disk."""
        made = lines(list(events), Envelope(source.id, received_at, sent_at))
        self.log.append([line.data for line in made]).result()

    def load(self, slice_bytes: int = SLICE_BYTES) -> Loaded:
        """Load what waits."""
        return load(self.warehouse, self.log, self.plan, self.sources, slice_bytes=slice_bytes)

    def consolidate(self) -> None:
        """Make facts and users of what was loaded."""
        prepare_facts(self.warehouse)
        consolidate(self.warehouse)

    def replay(self) -> Loaded:
        """Load everything again and adopt what comes of it."""
        loaded = reload(self.warehouse, self.log, self.plan, self.sources)
        adopt(self.warehouse, self.log)
        return loaded

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted; what is made of raw events is made first."""
        if table in MADE_OF_THEM:
            self.consolidate()
        listed = ", ".join(columns) or "*"
        return sorted(self.warehouse.fetch(f"SELECT {listed} FROM {table}").rows, key=repr)

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table of the loader."""
        return {table: self.rows(table) for table in TABLES}

    def close(self) -> None:
        """Let go of log and warehouse."""
        self.log.close()
        self.warehouse.close()


def track(name: str = "app_opened", user: Any = "u1", **rest: Any) -> dict[str, Any]:
    """A track event."""
    return {"type": "track", "event": name, "userId": user, **rest}


def codes(world: World) -> list[tuple[str, str]]:
    """Code and path of every dead letter."""
    return [(code, path) for code, path in world.rows("dead_letters", "code", "path")]


def balanced(loaded: Iterable[int]) -> bool:
    """Whether every event received has exactly one end."""
    _, received, *ends = loaded
    return received == sum(ends)
