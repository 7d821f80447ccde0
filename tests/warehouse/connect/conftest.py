"""A warehouse to import into, and a PostgreSQL to import from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.connect.imports_world import ImportsWorld
from tests.warehouse.connect.postgres_server import programs, running_server


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImportsWorld]:
    made = ImportsWorld(tmp_path)
    yield made
    made.warehouse.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real server; skips, with the reason, where none is installed."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url:
        yield url
