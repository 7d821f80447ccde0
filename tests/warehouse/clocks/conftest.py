"""A small demo world whose first build of traits is noted, for tests that write late facts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from warehouse.catalog import Catalog, load_catalog
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet, load_models

NOW = datetime(2026, 6, 29)
THEN = datetime(2026, 6, 10)


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clocks") / "demo.duckdb"
    warehouse = DuckDBWarehouse(path, must_exist=False)
    with warehouse.cursor() as cursor:
        generate(cursor, users=400, days=60)
    warehouse.close()
    return path


@pytest.fixture
def warehouse(demo_file: Path, tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    path = tmp_path / "demo.duckdb"
    shutil.copy(demo_file, path)
    opened = DuckDBWarehouse(path)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def models() -> ModelSet:
    return load_models()
