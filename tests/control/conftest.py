"""An empty store of the four demo people, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.store import Store
from tests.control_stores import ENGINES, store_on


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store_on(request.param, tmp_path) as opened:
        yield opened
