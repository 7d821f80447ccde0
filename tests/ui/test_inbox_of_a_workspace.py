"""The inbox and the receipts of a whole workspace: settings, tokens from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control.receipts import standing
from deliver import signing
from tests.deliver.receipts.senders import WEBHOOK_SECRET
from tests.tools.demo import demo_file, settings_for
from tests.ui.command_line import CommandLine
from ui.inbox import inbox_routes
from ui.receiving import ApplyRound, apply_receipts, receiving
from ui.workspace import Workspace

SECRET = "a secret of thirty-two letters and more"
FILE = """
[destinations.app]
kind = "inbox"
token_secrets = ["env:INBOX_SECRET"]
"""
HOOK = {"kind": "webhook", "url": "https://hooks.example.com/x", "secrets": ["env:HOOK"]}
APP = {"kind": "inbox", "token_secrets": ["env:INBOX_SECRET"]}


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setenv("INBOX_SECRET", SECRET)
    (tmp_path / "pilothouse.toml").write_text(FILE)
    return CommandLine(tmp_path)


def test_a_token_from_the_command_line_opens_the_inbox_of_its_user(
    cli: CommandLine, tmp_path: Path
) -> None:
    made = cli.json("inbox", "token", "u0000001", "--hours", "2")
    given = settings_for(tmp_path / "workspace", demo_file()).model_dump()
    given |= {
        "destinations": {"app": APP, "hook": HOOK},
        "secrets": {"INBOX_SECRET": SECRET, "HOOK": WEBHOOK_SECRET},
    }
    workspace = Workspace(type(settings_for(tmp_path, tmp_path)).model_validate(given))
    receipts = receiving(workspace)
    client = TestClient(Starlette(routes=[*receipts.routes(), *inbox_routes(workspace)]))

    answer = client.get("/v1/inbox", headers={"Authorization": f"Bearer {made['token']}"})
    assert (answer.status_code, answer.json()) == (200, {"messages": []})
    ends = datetime.fromisoformat(made["expires_at"])
    assert timedelta(hours=1) < ends - datetime.now(UTC) <= timedelta(hours=2)

    wall = datetime.now(UTC).replace(tzinfo=None)
    body = b'{"type": "message.opened", "timestamp": "%s", "data": {"intent_id": "i1"}}'
    said = body % wall.isoformat().encode()
    headers = signing.signed_headers("r1", said, [WEBHOOK_SECRET], at=wall)
    assert client.post("/v1/receipts/hook", content=said, headers=headers).status_code == 200
    ApplyRound(workspace).once()
    assert apply_receipts(workspace).waiting == 1
    (here,) = standing(workspace.store)
    assert (here.destination, here.counts, here.waiting) == ("hook", {"new": 1}, 1)
    receipts.close()
    workspace.close()


def test_a_token_is_for_thirty_days_at_most(cli: CommandLine) -> None:
    assert cli("inbox", "token", "u1", "--hours", "721").status == 2


def test_without_an_inbox_there_is_no_token(tmp_path: Path) -> None:
    done = CommandLine(tmp_path)("inbox", "token", "u1")

    assert done.status == 1
    assert "no inbox" in done.err


def test_a_secret_that_is_too_short_is_refused_without_being_shown(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_SECRET", "short-secret")

    done = cli("inbox", "token", "u1")

    assert done.status == 1
    assert "token_secrets" in done.err
    assert "short-secret" not in done.out + done.err
