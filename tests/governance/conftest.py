"""One control store for all attacks of a module; each has a target of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from control.people import Person, get
from control.store import Store
from tests.control_stores import store_on


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_on("sqlite", tmp_path_factory.mktemp("attacked")) as opened:
        yield opened


@pytest.fixture
def pavel(store: Store) -> Person:
    return get(store, "pavel@demo")


@pytest.fixture
def ada(store: Store) -> Person:
    return get(store, "ada@demo")
