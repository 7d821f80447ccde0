"""Opening an embedded warehouse: what cannot work is said before anything is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import Code, PilothouseError
from tests.project.tree import ROOT
from warehouse.engines.duckdb import DuckDBWarehouse


def test_a_path_that_duckdb_would_misread_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "what?"
    folder.mkdir()

    with pytest.raises(PilothouseError) as refused:
        DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False)

    assert refused.value.refusal.code == Code.SETTINGS_INVALID
    assert list(folder.iterdir()) == []


DIES_MAKING_A_FILE = """
import os, signal, sys
from pathlib import Path
from warehouse.engines import duckdb
duckdb.os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
duckdb.DuckDBWarehouse(Path(sys.argv[1]), must_exist=False)
"""


def test_a_process_killed_while_a_file_is_made_leaves_none_that_nobody_can_open(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new.duckdb"
    killed = subprocess.run(
        [sys.executable, "-c", DIES_MAKING_A_FILE, str(path)], cwd=ROOT, check=False
    )
    assert killed.returncode == -9
    assert not path.exists()

    warehouse = DuckDBWarehouse(path, must_exist=False)
    warehouse.execute("CREATE TABLE t AS SELECT 1 AS one")
    warehouse.close()

    again = DuckDBWarehouse(path)
    assert again.fetch("SELECT one FROM t").scalar() == 1
    again.close()


def test_a_file_that_is_there_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    for expected in (1, 2):
        warehouse = DuckDBWarehouse(path, must_exist=False)
        warehouse.execute("CREATE TABLE IF NOT EXISTS t (one INTEGER)")
        warehouse.execute("INSERT INTO t VALUES (1)")
        assert warehouse.fetch("SELECT COUNT(*) FROM t").scalar() == expected
        warehouse.close()
    assert [one.name for one in tmp_path.iterdir()] == ["old.duckdb"]
