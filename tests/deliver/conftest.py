"""A world to decide, and worlds that were decided: what is left is to send."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from control.people import add_demo_people
from control.store import open_store
from tests.deliver.sending import closed, decided, opened
from tests.orchestrate.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(store)
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()


@pytest.fixture(scope="session")
def decided_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """(channel, users) → the folder of a world that was decided; a test takes a copy of it."""
    made: dict[tuple[str, int], Path] = {}

    def folder_of(channel: str, users: int) -> Path:
        if (channel, users) not in made:
            folder = made[channel, users] = tmp_path_factory.mktemp(f"decided-{channel}-{users}")
            closed(decided(folder, channel, users))
        return made[channel, users]

    return folder_of


@pytest.fixture
def world_of(
    tmp_path: Path, decided_once: Callable[[str, int], Path]
) -> Iterator[Callable[[str, int], World]]:
    """(channel, users) → a decided world of the test's own."""
    worlds: list[World] = []

    def made(channel: str, users: int = 5) -> World:
        folder = tmp_path / f"decided-{len(worlds)}"
        shutil.copytree(decided_once(channel, users), folder)
        worlds.append(opened(folder))
        return worlds[-1]

    yield made
    for world in worlds:
        closed(world)
