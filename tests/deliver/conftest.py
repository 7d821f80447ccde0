"""A decided world: what is left is to send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.people import add_demo_people
from control.store import open_store
from tests.orchestrate.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()
