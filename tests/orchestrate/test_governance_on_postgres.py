"""What one person proposes and another approves, once more: in a team's store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.store import Store
from tests.control_stores import store_on
from tests.orchestrate.test_governance import *  # noqa: F403 - the same suite, another store

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_on("postgresql", tmp_path) as opened:
        yield opened
