"""Events on the command line and over HTTP: import, ledger, dead letters, sources, replay."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest

from tests.ui.command_line import CommandLine
from tests.ui.test_cli_server import running

EVENT = {"type": "track", "event": "app_opened", "userId": "u0000001", "messageId": "mine"}
PATIENCE_SECONDS = 30.0


def file_of(folder: Path, *lines: str) -> str:
    path = folder / "events.ndjson"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_events_of_a_file_are_stored_once_and_bad_lines_are_kept_with_their_reason(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = file_of(tmp_path, json.dumps(EVENT), '{"type": "track"', json.dumps({"type": "track"}))

    first = cli.json("collect", "import", file)
    again = cli.json("collect", "import", file)

    assert (first["received"], first["stored"], first["dead_letter"]) == (3, 1, 2)
    assert (again["stored"], again["duplicate"], again["dead_letter"]) == (0, 3, 0)
    assert cli.rows("SELECT user_id FROM fct_events WHERE message_id = 'mine'") == [("u0000001",)]
    (totals,) = cli.json("collect", "ledger")
    assert totals["received"] == 6 == totals["stored"] + totals["duplicate"] + totals["dead_letter"]
    letters = cli.json("collect", "dead-letters", "list", "--limit", "2", "--as", "ada@demo")
    assert {letter["code"] for letter in letters} == {"NOT_AN_EVENT", "MISSING_USER"}
    assert {'{"type": "track"'} <= {str(letter["body"]).strip() for letter in letters}
    assert cli.json("collect", "replay")["stored"] == 1


def test_a_copy_for_queries_has_what_was_imported(cli: CommandLine, tmp_path: Path) -> None:
    before = cli("sql", "run", "SELECT COUNT(*) AS n FROM fct_events").out
    cli("collect", "import", file_of(tmp_path, json.dumps(EVENT)))

    after = cli("sql", "run", "SELECT COUNT(*) AS n FROM fct_events").out

    assert int(after.split()[1]) == int(before.split()[1]) + 1


def test_making_the_demo_again_keeps_what_was_collected(cli: CommandLine, tmp_path: Path) -> None:
    cli("collect", "import", file_of(tmp_path, json.dumps(EVENT)))
    cli("demo-data", "--users", "500", "--days", "30")

    assert cli.json("collect", "import", file_of(tmp_path))["stored"] == 1
    assert len(cli.rows("SELECT 1 FROM fct_events WHERE message_id = 'mine'")) == 1


def test_only_an_admin_changes_what_is_collected(cli: CommandLine) -> None:
    refused = cli("collect", "add-source", "Shop", "--as", "mara@demo")
    assert (refused.status, refused.err.split(":")[0]) == (1, "NOT_ALLOWED")

    added = cli.json("collect", "add-source", "Shop", "--unplanned", "accept")
    assert len(added["write_key"]) > 20
    assert cli("collect", "add-source", "Shop").err.startswith("INVALID_ARGUMENT")
    assert cli("collect", "disable-source", "Nobody").err.startswith("INVALID_ARGUMENT")
    cli.json("collect", "disable-source", "Shop")

    states = {one["name"]: one["enabled"] for one in cli.json("collect", "sources")}
    assert states == {"Shop": False, "Workout app": True}
    told = [entry["what"] for entry in cli.json("audit", "list")]
    assert told[-2:] == ["source_added", "source_disabled"]
    assert cli.json("audit", "verify")["intact"] is True


@pytest.mark.parametrize("words", [("missing.ndjson",), ("x", "--source", "Nobody")])
def test_an_import_that_cannot_be_is_refused(cli: CommandLine, words: tuple[str, ...]) -> None:
    refused = cli("collect", "import", *words)

    assert (refused.status, refused.out) == (1, "")
    assert refused.err.split(":")[0] in {"INVALID_FILE", "INVALID_ARGUMENT"}


@pytest.mark.slow
def test_a_running_server_takes_events_in_and_loads_them(cli: CommandLine) -> None:
    with running(cli) as server:
        answer = httpx.post(
            f"{server.url}/v1/batch", json={"batch": [EVENT, 1]}, auth=("demo-write-key", "")
        )
        assert (answer.status_code, answer.text) == (200, "OK")
        until = time.monotonic() + PATIENCE_SECONDS
        while not (totals := cli.json("collect", "ledger")) and time.monotonic() < until:
            time.sleep(0.5)
        config = httpx.get(f"{server.url}/sourceConfig/?writeKey=demo-write-key")
        assert config.json()["source"]["enabled"] is True
        assert "pilothouse_collect_events_total" in httpx.get(f"{server.url}/metrics").text

    assert [(one["received"], one["stored"], one["dead_letter"]) for one in totals] == [(2, 1, 1)]
