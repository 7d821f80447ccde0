"""Opening an embedded warehouse: what cannot work is said before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Code, PilothouseError
from warehouse.engines.duckdb import DuckDBWarehouse


def test_a_path_that_duckdb_would_misread_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "what?"
    folder.mkdir()

    with pytest.raises(PilothouseError) as refused:
        DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False)

    assert refused.value.refusal.code == Code.SETTINGS_INVALID
    assert list(folder.iterdir()) == []
