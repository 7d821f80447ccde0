"""What time it is in an open workspace, and until when its data reaches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from core.settings import Settings
from ui import clock, own_warehouse
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse


class Clock:
    """The time of an open workspace; all moments are naive UTC."""

    def __init__(self, settings: Settings, warehouse: DuckDBWarehouse, catalog: Catalog) -> None:
        self._settings, self._warehouse, self._catalog = settings, warehouse, catalog
        self._told: tuple[int, datetime | None] = -1, None
        """After how many writes to the warehouse it was read, and what it says of its end."""

    def as_of(self) -> datetime:
        """The end of the data."""
        if self._settings.source_url is not None:
            return self._end_of_source
        changes = self._warehouse.changes
        seen, end = self._told
        if seen != changes:
            end = self._end_of_demo()
            self._told = changes, end
        return end or wall_time()

    def now(self, as_of: Callable[[], datetime]) -> datetime:
        """The wall clock's time; in a demo, that of the demo's clock, not before its data ends."""
        wall = wall_time()
        if self._settings.identity != "demo":
            return wall
        end = as_of()
        return max(end, clock.read(self._settings.workspace, wall=wall) or end)

    def _end_of_demo(self) -> datetime | None:
        tables = self._warehouse.fetch(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'meta'"
        )
        if not tables.scalar():
            return None
        found = self._warehouse.fetch("SELECT value FROM meta WHERE key = 'as_of'").rows
        return datetime.fromisoformat(found[0][0]) if found else None

    @cached_property
    def _end_of_source(self) -> datetime:
        """Read once: while it is attached, nobody writes to the team's warehouse."""
        return own_warehouse.end_of_events(self._warehouse, self._catalog, wall_time())


def wall_time() -> datetime:
    """What time it is for everybody, whatever the workspace's own time is (naive UTC)."""
    return datetime.now(UTC).replace(tzinfo=None)
