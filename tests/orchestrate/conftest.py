"""Rules and people that the tests of decisions share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control.people import Person, add_demo_people, get
from control.store import Store, open_store
from tests.orchestrate.world import World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/control.db")
    add_demo_people(opened)
    yield opened
    opened.close()


@pytest.fixture
def mara(store: Store) -> Person:
    return get(store, "mara@demo")


@pytest.fixture
def pavel(store: Store) -> Person:
    return get(store, "pavel@demo")


@pytest.fixture
def ada(store: Store) -> Person:
    return get(store, "ada@demo")


@pytest.fixture
def world(tmp_path: Path, store: Store) -> Iterator[World]:
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
