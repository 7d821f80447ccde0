"""The demo with its default cause."""

from __future__ import annotations

import duckdb
import pytest

from tests.warehouse.demo.worlds import demo_world


@pytest.fixture
def demo() -> duckdb.DuckDBPyConnection:
    return demo_world("ios_checkout")[0]
