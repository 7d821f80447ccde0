"""A workspace over a small generated demo, with people, for prompts that run for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.people import Person
from tests.tools.demo import open_demo
from ui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def mara(workspace: Workspace) -> Person:
    return workspace.person("mara@demo")


@pytest.fixture
def pavel(workspace: Workspace) -> Person:
    return workspace.person("pavel@demo")


@pytest.fixture
def ada(workspace: Workspace) -> Person:
    return workspace.person("ada@demo")
