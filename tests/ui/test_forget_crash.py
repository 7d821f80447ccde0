"""Forgetting beside a running server, and forgetting that is killed: in the end nothing is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.project.tree import ROOT
from tests.ui.command_line import CommandLine
from tests.ui.test_cli_server import running
from tests.ui.test_forget import (
    DEVICE,
    EMAIL,
    USER,
    planted,
    planted_workspace,
    traces,
    track,
)

__all__ = ["planted", "planted_workspace"]
pytestmark = pytest.mark.slow

DIES_AT = """
import os, signal, sys
from importlib import import_module
module, name = sys.argv[1].rsplit(".", 1)
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(import_module(module), name, die)
from ui.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize(
    "place",
    [
        "ui.forgetting.blank",
        "control.forgetting.advance",
    ],
)
def test_forgetting_that_was_killed_is_completed_by_asking_again(
    planted: CommandLine, place: str
) -> None:
    words = ("forget", USER, "--reason", "asked", "--workspace", str(planted.workspace))
    killed = subprocess.run(
        [sys.executable, "-c", DIES_AT, place, *words], cwd=ROOT, capture_output=True, check=False
    )
    assert killed.returncode == -9, killed

    planted.json("forget", USER, "--reason", "asked again")

    assert traces(planted.workspace) == []
    assert {one["state"] for one in planted.json("forget", "--list")} == {"done"}
    assert planted.json("audit", "verify")["intact"] is True


def test_a_running_server_forgets_and_takes_nothing_in_of_the_person_any_more(
    planted: CommandLine,
) -> None:
    key = ("demo-write-key", "")
    with running(planted) as server:
        receipt = planted.json("forget", EMAIL, "--reason", "asked")
        late = [
            track("late1", userId=USER),
            track("late2", userId=None, anonymousId=DEVICE),
            track("late3"),
        ]
        answer = httpx.post(f"{server.url}/v1/batch", json={"batch": late}, auth=key)
        ledger = planted.json("collect", "ledger")

    assert receipt["found"] == []
    assert answer.status_code == 200
    assert ledger
    assert traces(Path(planted.workspace)) == []
