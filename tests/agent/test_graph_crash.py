"""A process killed between approval and publication: the next one publishes exactly once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from control import audit, requests, versions
from core.lifecycle import State
from tests.tools.demo import ELIGIBILITY, demo_file, open_demo


@pytest.mark.parametrize(
    "moment",
    [
        "approved",
        pytest.param("publishing", marks=pytest.mark.slow),
        pytest.param("published", marks=pytest.mark.slow),
    ],
)
def test_killing_the_process_between_approve_and_publish_publishes_once(
    tmp_path: Path, repository: Path, moment: str
) -> None:
    folder, warehouse = tmp_path / "workspace", tmp_path / "warehouse.duckdb"
    shutil.copy(demo_file(), warehouse)
    asking = open_demo(folder, warehouse)
    asking.ask(ELIGIBILITY, asking.person("mara@demo"))
    asking.close()

    killed = subprocess.run(
        [sys.executable, "-m", "tests.agent.dies_at", str(folder), str(warehouse), moment],
        cwd=repository,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    again = open_demo(folder, warehouse)
    before = requests.get(again.store, "CR-1").state
    assert before is (State.LIVE if moment == "published" else State.APPROVED)
    again.reconcile()
    again.wake("CR-1")
    again.reconcile()

    (live,) = versions.live(again.store)
    assert len(versions.history(again.store, live.key)) == 1
    assert requests.get(again.store, "CR-1").state is State.LIVE
    acts = [(entry.what, entry.subject) for entry in audit.entries(again.store)]
    assert acts.count(("publish", f"{live.key} version 1")) == 1
    again.close()
