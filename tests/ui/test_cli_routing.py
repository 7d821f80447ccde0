"""``pilothouse routing``: what leaves a workspace, and that nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.ui.command_line import CommandLine

SECRET = "zebra-secret-4711"
EVENT = {
    "type": "track",
    "event": "workout_completed",
    "userId": "u0000001",
    "messageId": "routed-1",
    "properties": {"workout_type": "yoga", "note": SECRET},
    "context": {"traits": {"nickname": SECRET}},
}


def listed(cli: CommandLine, **changes: object) -> None:
    crm = {"events": {"workout_completed": ["workout_type"]}, "user": ["country"]} | changes
    text = yaml.safe_dump({"destinations": {"crm": crm}})
    (cli.workspace / "routing.yaml").write_text(text)


def taken_in(cli: CommandLine, folder: Path, *events: dict[str, object]) -> None:
    file = folder / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert cli("collect", "import", str(file)).status == 0


def test_listed_events_leave_once_and_nothing_that_is_not_listed(
    cli: CommandLine, tmp_path: Path
) -> None:
    taken_in(cli, tmp_path, EVENT | {"messageId": "before"})
    listed(cli)
    cli("routing", "run")
    taken_in(cli, tmp_path, EVENT)

    assert cli.json("routing", "run") == [{"destination": "crm", "queued": 1, "sent": 1}]
    assert cli.json("routing", "run") == [{"destination": "crm", "queued": 0, "sent": 0}]

    files = list((cli.workspace / "routed" / "crm").iterdir())
    gone = "".join(file.read_text() for file in files)
    assert [json.loads(line)["messageId"] for line in gone.splitlines()] == ["routed-1"]
    assert SECRET not in gone
    assert SECRET.encode() not in (cli.workspace / "control.db").read_bytes()
    (shown,) = cli.json("routing", "show")
    assert (shown["routed_events"], shown["routed_bytes"]) == (1, len(gone.encode()) - 1)


def test_a_plan_that_gives_too_much_away_routes_nothing(cli: CommandLine) -> None:
    listed(cli, user=["email"])

    checked = cli.json("routing", "check", status=1)

    assert checked["allowed"] is False
    assert "personal" in checked["refusals"][0]["message"]
    assert cli("routing", "run").status == 1
    assert not (cli.workspace / "routed").exists()


def test_without_a_plan_nothing_leaves(cli: CommandLine) -> None:
    assert cli("routing", "show").out.startswith("Nothing is routed")
    assert cli("routing", "check").status == 0
    assert cli.json("routing", "run") == []
