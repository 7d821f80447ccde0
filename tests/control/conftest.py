"""An empty store of the four demo people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.people import add_demo_people
from control.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(opened)
    yield opened
    opened.close()
