"""A control store restored from an old backup brings nothing back that was taken away since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.command_line import DECISION, CommandLine

pytestmark = pytest.mark.slow


@pytest.fixture
def sending(cli: CommandLine) -> CommandLine:
    """A policy that is live, its messages decided and none of them sent."""
    cli.json("ask", DECISION)
    cli.json("approvals", "approve", "CR-1", "--as", "pavel@demo")
    cli.json("tokens", "create", "app", "--scope", "decide")
    cli.json("people", "grant", "pavel@demo", "admin")
    cli.json("cycle", "run")
    return cli


def _mails(cli: CommandLine) -> int:
    return len([*(cli.workspace / "mailbox").rglob("*.eml")])


def _then_much_happens(cli: CommandLine) -> int:
    cli.json("tokens", "revoke", "app")
    cli.json("people", "revoke", "pavel@demo", "admin")
    cli.json("kill", "--channel", "push", "--reason", "broken links")
    cli.json("rules", "pause", _policy(cli))
    cli.json("rules", "resume", _policy(cli))
    sent = cli.json("deliver", "run")["delivered"]
    assert sent > 0
    return int(sent)


def _policy(cli: CommandLine) -> str:
    return str(cli.json("rules", "list")[0]["key"])


def test_what_an_old_backup_brings_back_is_held_and_taken_away_again(
    sending: CommandLine, tmp_path: Path
) -> None:
    saved, kept = str(tmp_path / "control.backup"), str(tmp_path / "before.backup")
    inside = str(sending.workspace / "control.backup")
    assert "does not belong into the workspace" in sending("backup", inside).err
    head = sending.json("backup", saved)["head"]
    _then_much_happens(sending)
    mails = _mails(sending)

    assert "would be lost" in sending("restore", saved).err
    assert sending.json("restore", saved, "--keep", kept)["head"] == head

    # Held: go-lives and sending wait, and everybody is told.
    assert sending.json("deliver", "run")["held"].startswith("Nothing is sent: the control store")
    assert sending("status").out.count("HELD:") == 1
    doctor = sending.json("doctor", status=1)
    (control,) = [one for one in doctor["checks"] if one["name"] == "control"]
    assert "restored from a backup" in control["detail"]
    assert [one["revoked_at"] for one in sending.json("tokens", "list")] == [None]

    # Only an admin lets it count.
    accept = ("restore", "--accept", "--reason", "the disk broke")
    assert "only an admin may" in sending(*accept, "--as", "mara@demo").err
    assert "taken from them after the backup" in sending(*accept, "--as", "pavel@demo").err
    accepted = sending.json(*accept)

    assert accepted["tokens_revoked"] == ["app"]
    assert accepted["roles_taken"] == ["pavel@demo"]
    assert accepted["kill_switches"] == ["channel push"]
    assert accepted["paused"] == [_policy(sending)]
    assert accepted["messages"]["sent"] == mails
    assert sending.json("deliver", "run")["delivered"] == 0
    assert _mails(sending) == mails
    assert [one["key"] for one in sending.json("kill", "--list")] == ["push"]
    assert sending.json("audit", "verify")["intact"]
    assert "nothing to accept" in sending(*accept).err


def test_a_control_store_that_is_swapped_for_an_older_file_is_noticed(
    sending: CommandLine, tmp_path: Path
) -> None:
    control = sending.workspace / "control.db"
    shutil.copy(control, tmp_path / "old.db")
    sending.json("tokens", "revoke", "app")
    shutil.copy(tmp_path / "old.db", control)

    assert "is older than it was" in sending("doctor").out
    held = sending.json("deliver", "run")

    assert held["delivered"] == 0
    assert "is older than it was" in held["held"]
    broken = sending.json("audit", "verify", status=1)
    assert [one["kind"] for one in broken["breaks"]] == ["cut_off"]
    assert sending.json("restore", "--accept", "--reason", "swapped")["tokens_revoked"] == ["app"]
    assert sending.json("audit", "verify")["intact"]


def test_nothing_goes_live_while_a_restored_store_is_held(cli: CommandLine, tmp_path: Path) -> None:
    cli.json("ask", DECISION)
    saved = str(tmp_path / "control.backup")
    cli.json("backup", saved)
    cli.json("restore", saved, "--keep", str(tmp_path / "kept.backup"))

    refused = cli("approvals", "approve", "CR-1", "--as", "pavel@demo")

    assert refused.status == 1
    assert "Nothing goes live: the control store was restored" in refused.err
    assert "pilothouse restore --accept" in refused.err
    assert cli.json("rules", "list") == []
    assert cli.json("restore", "--accept", "--reason", "moved")["suspended"] == ["CR-1"]
    assert cli.json("rules", "list") == []
