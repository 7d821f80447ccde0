"""A prompt that is running while its asker loses their role ends there, and proposes nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from control import people, requests, runs
from core.errors import Code, PilothouseError
from tests.ui.command_line import ELIGIBILITY
from ui.environment import load_settings
from ui.worker import Worker
from ui.workspace import Workspace, open_workspace

SECONDS = 60.0


@pytest.fixture
def workspace(
    demo_workspace: Path, tmp_path: Path, plain_environment: object
) -> Iterator[Workspace]:
    shutil.copytree(demo_workspace, tmp_path / "workspace")
    opened = open_workspace(load_settings({"workspace": str(tmp_path / "workspace")}))
    yield opened
    opened.close()


def test_a_prompt_under_way_ends_when_its_asker_loses_the_role(workspace: Workspace) -> None:
    worker = Worker(workspace)
    mara = people.get(workspace.store, "mara@demo")
    run_id = worker.start(ELIGIBILITY, mara.email, submit=True)
    ends = time.monotonic() + SECONDS
    while not runs.steps(workspace.store, run_id) and time.monotonic() < ends:
        time.sleep(0.002)

    people.add(workspace.store, [mara.model_copy(update={"roles": frozenset()})])

    while (run := runs.get(workspace.store, run_id)).state in ("queued", "running"):
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert run.state == "failed"
    assert run.result is not None
    assert [one["code"] for one in run.result["refusals"]] == [Code.NOT_ALLOWED]
    assert requests.list_all(workspace.store) == []
    with pytest.raises(PilothouseError, match="may not ask"):
        worker.start(ELIGIBILITY, mara.email)
    worker.close()
