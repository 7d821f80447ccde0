"""How much arrives: events and bytes by name and source, and the raw log on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from collect.load import shown
from warehouse.engines.duckdb import DuckDBWarehouse


class Volume(NamedTuple):
    """Events of one name from one source.

    ``bytes`` are those of their JSON before compression; the source is empty
    where rows did not come through the collector.
    """

    name: str
    type: str | None
    source: str
    stored: int
    dead_letters: int
    bytes: int
    last_received: datetime


def volumes(warehouse: DuckDBWarehouse, since: datetime | None = None) -> list[Volume]:
    """Everything received since a moment (naive UTC), the largest first."""
    return [Volume(**row) for row in shown(warehouse, "volume", {"since": since})]


def log_bytes(folder: Path) -> int:
    """What the raw log takes on disk."""
    return sum(file.stat().st_size for file in folder.glob("*.ndjson"))
