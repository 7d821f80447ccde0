"""The demo's clock: it starts at the end of the demo data when the data is made, and ticks on."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

FILE = "demo-clock.json"


def start(workspace: Path, *, at: datetime, wall: datetime) -> None:
    """From ``wall`` on, which is now, the demo's time is ``at`` (both naive UTC)."""
    (workspace / FILE).write_text(json.dumps({"at": at.isoformat(), "wall": wall.isoformat()}))


def read(workspace: Path, *, wall: datetime) -> datetime | None:
    """The demo's time when the wall clock says ``wall``; None when it was never started."""
    try:
        started = json.loads((workspace / FILE).read_text())
    except FileNotFoundError:
        return None
    elapsed = wall - datetime.fromisoformat(started["wall"])
    return datetime.fromisoformat(started["at"]) + elapsed
