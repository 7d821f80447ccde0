"""A business for every test, in which nothing has happened yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.measure.outcomes.business import Business


@pytest.fixture(scope="package")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Business]:
    """The tables, made once."""
    made = Business(tmp_path_factory.mktemp("business"))
    yield made
    made.warehouse.close()


@pytest.fixture
def business(premises: Business) -> Business:
    """Nothing has happened yet."""
    premises.clear()
    return premises
