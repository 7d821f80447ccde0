"""A small warehouse a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.measure.small_world import SmallWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    """The catalog's tables, empty."""
    made = SmallWorld(tmp_path)
    yield made
    made.warehouse.close()
