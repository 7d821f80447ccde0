"""``pilothouse sync``: what tools are told, what is wrong with it, and what ends with status 1."""

from __future__ import annotations

import pytest

from tests.deliver.destinations.fake_webhook import signing_secret
from tests.ui.command_line import CommandLine

SYNC = """
[destinations.crm]
kind = "webhook"
url = "http://127.0.0.1:9/nobody"
secrets = ["env:HOOK_SECRET"]
allow_private = true

[syncs.growth]
destination = "crm"
traits = ["activation_state"]
purpose = "marketing"
channel = "email"
"""


@pytest.fixture
def synced(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("HOOK_SECRET", signing_secret("words"))
    (cli.workspace / "pilothouse.toml").write_text(SYNC)
    return cli


def test_nothing_is_synced_unless_it_is_asked_for(cli: CommandLine) -> None:
    assert cli.json("sync", "list") == []
    assert cli.json("sync", "run") == []


def test_what_a_tool_is_told_is_listed_and_checked(synced: CommandLine) -> None:
    (listed,) = synced.json("sync", "list")

    assert (listed["name"], listed["traits"]) == ("growth", ["activation_state"])
    assert synced.json("sync", "check") == {"allowed": True, "refusals": []}


def test_a_run_that_left_something_ends_with_one_and_says_why(synced: CommandLine) -> None:
    (report,) = synced.json("sync", "run", status=1)

    assert report["told"] == 0
    assert report["left"] == report["counts"]["added"] > 0
    assert "There is no connection" in report["why"]


def test_a_key_that_a_sync_does_not_have_is_refused_by_name(synced: CommandLine) -> None:
    (synced.workspace / "pilothouse.toml").write_text(SYNC + 'trait = "x"\n')

    assert "syncs.growth.trait" in synced("sync", "list").err


def test_a_sync_that_is_not_there_is_refused(synced: CommandLine) -> None:
    found = synced.json("sync", "run", "growht", status=1)["refusals"][0]

    assert found["code"] == "UNKNOWN_KEY"


def test_audiences_alike_are_listed(cli: CommandLine) -> None:
    assert cli.json("sync", "duplicates") == []
