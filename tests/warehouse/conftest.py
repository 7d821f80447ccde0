"""A few users, written out test by test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.store import open_store
from tests.orchestrate.world import World


@pytest.fixture
def people(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()
