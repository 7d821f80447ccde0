"""The demo's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from ui import clock

END_OF_DATA = datetime(2026, 6, 29)
MADE = datetime(2030, 1, 1, 12)


def test_the_demo_starts_at_the_end_of_its_data_and_ticks(tmp_path: Path) -> None:
    clock.start(tmp_path, at=END_OF_DATA, wall=MADE)

    later = clock.read(tmp_path, wall=MADE + timedelta(hours=9))

    assert later == END_OF_DATA + timedelta(hours=9)


def test_a_workspace_without_demo_data_has_no_demo_clock(tmp_path: Path) -> None:
    assert clock.read(tmp_path, wall=MADE) is None
