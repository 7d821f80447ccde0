"""The tools as an agent gets them, over a small generated demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.demo import open_demo
from ui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace")
    yield opened
    opened.close()
