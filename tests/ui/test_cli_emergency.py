"""``pilothouse emergency``: it works when nothing else does, and can only stop."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.ui.command_line import ELIGIBILITY, CommandLine
from ui.cli.main import answer
from ui.cli.session import Session
from ui.environment import load_settings
from ui.workspace import open_workspace

MORE = ELIGIBILITY.replace("3 workouts", "5 workouts")
WHY = ("--reason", "Wrong price")


@pytest.fixture(scope="module")
def once(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a rule of two versions."""
    folder = tmp_path_factory.mktemp("twice") / "workspace"
    shutil.copytree(demo_workspace, folder)
    cli = CommandLine(folder)
    for prompt in (ELIGIBILITY, MORE):
        request = cli.json("ask", prompt)["change_request"]["id"]
        assert cli.json("approvals", "approve", request, "--comment", "Yes")["state"] == "live"
    return folder


@pytest.fixture
def twice(once: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    shutil.copytree(once, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


def unanswering_server(cli: CommandLine) -> None:
    """A server that owns the workspace, lives and does not answer."""
    told = {"url": "http://127.0.0.1:9", "token": "t", "pid": os.getppid()}
    (cli.workspace / "server.json").write_text(json.dumps(told))


def test_it_stops_and_pauses_past_a_server_that_does_not_answer(twice: CommandLine) -> None:
    unanswering_server(twice)
    assert "WAREHOUSE_LOCKED" in twice("kill", "--all", *WHY).err

    stopped = twice.json("emergency", "stop", "--all", *WHY, "--as", "mara@demo")
    paused = twice.json("emergency", "pause", "upgrade_nudge", *WHY)

    assert (stopped["deed"], stopped["subject"]) == ("stop", "global *")
    assert (paused["deed"], paused["subject"]) == ("pause", "upgrade_nudge")
    (twice.workspace / "server.json").unlink()
    assert [one["scope"] for one in twice.json("kill", "--list")] == ["global"]
    assert twice.json("rules", "show", "upgrade_nudge")["state"] == "paused"
    assert "WAREHOUSE_LOCKED" not in twice("rules", "list").err


def test_it_stops_and_pauses_without_a_warehouse(twice: CommandLine) -> None:
    (twice.workspace / "warehouse.duckdb").unlink()

    assert twice("emergency", "stop", "--policy", "upgrade_nudge", *WHY).status == 0
    assert twice("emergency", "pause", "upgrade_nudge", *WHY).status == 0
    assert twice("emergency", "rollback", "upgrade_nudge", "1", *WHY).status == 1


def test_a_rollback_is_reviewed_by_somebody_else(twice: CommandLine) -> None:
    done = twice.json("emergency", "rollback", "upgrade_nudge", "1", *WHY)

    assert twice.json("rules", "show", "upgrade_nudge")["version"] == 3
    own = twice("emergency", "review", done["id"], "--comment", "Right", "--as", "ada@demo")
    assert "SELF_APPROVAL" in own.err
    assert [one["id"] for one in twice.json("emergency", "list", "--open")] == [done["id"]]
    assert twice("emergency", "review", done["id"], "--comment", "Right").status == 0
    assert twice.json("emergency", "list", "--open") == []
    acts = [one["what"] for one in twice.json("audit", "list", "--limit", "3")]
    assert acts == ["rollback", "emergency", "review_emergency"]


def test_a_version_that_reads_what_is_gone_does_not_come_back(twice: CommandLine) -> None:
    workspace = open_workspace(load_settings({"workspace": str(twice.workspace)}))
    left = {name: one for name, one in workspace.catalog.events.items() if name != "pricing_viewed"}
    workspace.catalog = workspace.catalog.model_copy(update={"events": left})

    words = ["emergency", "rollback", "upgrade_nudge", "1", *WHY]
    refused = answer(words, Session(served=workspace))

    assert (refused.status, refused.error.partition(":")[0]) == (1, "UNDECIDABLE")
    assert "Propose the rule anew" in refused.error
    workspace.close()
    assert twice("emergency", "pause", "upgrade_nudge", *WHY).status == 0


@pytest.mark.parametrize(
    "words",
    [
        ("emergency", "approve", "CR-1"),
        ("emergency", "resume", "upgrade_nudge", *WHY),
        ("emergency", "publish", "CR-1", *WHY),
        ("emergency", "unkill", "--all", *WHY),
        ("emergency", "stop", *WHY),
        ("emergency", "stop", "--all"),
        ("emergency", "stop", "--all", "--channel", "push", *WHY),
        ("emergency", "rollback", "upgrade_nudge", "{}", *WHY),
        ("emergency", "rollback", "upgrade_nudge", "0", *WHY),
        ("emergency", "rollback", "upgrade_nudge", "rule.json", *WHY),
        ("emergency", "rollback", "upgrade_nudge", "1", "--content", "{}", *WHY),
        ("emergency", "pause", "upgrade_nudge", "--file", "rule.json", *WHY),
    ],
)
def test_there_is_no_other_verb_and_no_argument_that_takes_content(
    twice: CommandLine, words: tuple[str, ...]
) -> None:
    before = twice.contents()[0]

    assert twice(*words).status == 2
    assert twice.contents()[0] == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("stop", "--channel", "fax", *WHY), "UNKNOWN_KEY"),
        (("stop", "--all", "--reason", " "), "COMMENT_REQUIRED"),
        (("stop", "--all", *WHY, "--as", "ana@demo"), "NOT_ALLOWED"),
        (("pause", "upgrade_nudge", *WHY, "--as", "mara@demo"), "NOT_ALLOWED"),
        (("rollback", "upgrade_nudge", "1", *WHY, "--as", "mara@demo"), "NOT_ALLOWED"),
        (("rollback", "upgrade_nudge", "2", *WHY), "INVALID_ARGUMENT"),
        (("rollback", "trait_models", "1", *WHY), "UNKNOWN_KEY"),
        (("pause", "nobody_knows", *WHY), "UNKNOWN_KEY"),
        (("review", "EM-9", "--comment", "x"), "UNKNOWN_KEY"),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(
    twice: CommandLine, words: tuple[str, ...], code: str
) -> None:
    before = twice.contents()[0]

    refused = twice("emergency", *words)

    assert (refused.status, refused.err.partition(":")[0]) == (1, code)
    assert twice.contents()[0] == before
