"""Journeys on the command line: proposed, approved, looked at, paused, moved to another version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import warehouse
from tests.ui.command_line import CommandLine

BUILT_IN = Path(warehouse.__file__).parent / "catalogs" / "workout_app"

PUSH = {
    "kind": "message",
    "key": "push",
    "next": "opened",
    "action": {"key": "trip_push", "name": "Trip push", "channels": ["push"]},
}
OPENED = {
    "kind": "handoff",
    "key": "opened",
    "timeout_seconds": 86_400,
    "outcomes": {"opened": "done", "timeout": "done"},
}
DONE = {"kind": "exit", "key": "done"}
ON_IOS = {"kind": "attribute", "column": "device_os", "value": "ios"}


def trip(folder: Path, **more: Any) -> str:
    """A journey for everybody on iOS, as a file."""
    content = {
        "kind": "journey",
        "key": "trip",
        "name": "Trip",
        "entry": {"kind": "audience", "condition": ON_IOS},
        "steps": [PUSH, OPENED, DONE],
    }
    file = folder / "trip.json"
    file.write_text(json.dumps(content | more))
    return str(file)


def live(cli: CommandLine, file: str) -> None:
    """Proposed by one person, approved by another."""
    request = cli.json("journeys", "propose", file)["change_request"]["id"]
    assert cli("approvals", "approve", request).status == 0


def test_a_journey_is_previewed_proposed_and_approved_by_somebody_else(
    cli: CommandLine, tmp_path: Path
) -> None:
    on_ios = cli.rows(
        "SELECT COUNT(*) FROM dim_users WHERE device_os = 'ios' AND merged_into IS NULL"
    )[0][0]

    told = cli.json("journeys", "propose", trip(tmp_path))

    assert told["effect"]["enter_now"] == on_ios
    assert cli.json("journeys", "list") == []
    shown = cli("approvals", "show", told["change_request"]["id"]).out
    assert "would enter at once" in shown
    assert cli("approvals", "approve", told["change_request"]["id"]).status == 0
    assert [one["key"] for one in cli.json("journeys", "list")] == ["trip"]


def test_a_dry_run_proposes_nothing(cli: CommandLine, tmp_path: Path) -> None:
    cli("journeys", "propose", trip(tmp_path), "--dry-run")

    assert cli.json("approvals", "list") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": [PUSH, DONE]}, "there is no such step"),
        ({"steps": [PUSH, OPENED | {"outcomes": {"opened": "push", "timeout": "done"}}, DONE]},
         "go round for ever"),
        ({"steps": [PUSH, OPENED, DONE, {"kind": "exit", "key": "lost"}]}, "no path leads to"),
        ({"entry": {"kind": "event", "trigger": {"event": "pricing_veiwed"}}}, "pricing_viewed"),
        ({"goal": {"event": "workout_saved", "where": [{"column": "colour", "value": "red"}]}},
         "workout_saved.colour"),
        ({"reentry": {"mode": "keyed"}}, "names the key"),
        ({"reentry": {"mode": "sometimes"}}, "Input should be"),
        ({"max_runtime_seconds": 60}, "longer than a run may last"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_a_sentence(
    cli: CommandLine, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    done = cli("journeys", "propose", trip(tmp_path, **change))

    assert done.status == 1
    assert said in done.err


def test_runs_are_looked_at_decided_on_and_delivered(cli: CommandLine, tmp_path: Path) -> None:
    live(cli, trip(tmp_path))

    first = cli.json("journeys", "run")
    assert first["entered"] == first["due"] > 0
    at = str(first["as_of"])
    assert cli.json("journeys", "run", "--as-of", at)["entered"] == 0
    report = cli.json("cycle", "run", "--as-of", at)

    assert report["by_policy"]["trip@1"]["selected"] > 0
    again = cli.json("journeys", "run")
    assert again["moved"] == first["due"]
    shown = cli.json("journeys", "show", "trip")
    assert (
        sum(one["runs"] for one in shown["standing"]) + sum(shown["ended"].values())
        == (first["entered"])
    )


def test_explain_tells_where_a_users_run_is_and_what_became_of_its_message(
    cli: CommandLine, tmp_path: Path
) -> None:
    live(cli, trip(tmp_path))
    at = str(cli.json("journeys", "run")["as_of"])
    cli.json("cycle", "run", "--as-of", at)
    cli.json("journeys", "run")
    rows = cli.rows("SELECT MIN(user_id) FROM intents WHERE policy_key = 'trip@1'")
    user = str(rows[0][0])

    told = cli("explain", user, "--at", at).out
    (run,) = cli.json("explain", user, "--policy", "trip", "--at", at)["journeys"]

    assert f"journey trip v1: at push since {at[:10]}" in told
    assert run["run_id"] in told
    (push,) = run["messages"]
    assert f"leaves {push['not_before'][:16].replace('T', ' ')}" in told
    assert (run["version"], run["step"], push["reason_code"]) == (1, "push", "SELECTED")


def test_a_pause_asks_what_becomes_of_those_who_qualified_meanwhile(
    cli: CommandLine, tmp_path: Path
) -> None:
    live(cli, trip(tmp_path))
    assert cli("journeys", "pause", "trip").status == 0
    entered = cli.json("journeys", "show", "trip")["active"]

    resumed = cli.json("journeys", "resume", "trip", "--skip")

    assert resumed == {"key": "trip", "state": "live", "entered": 0}
    assert cli.json("journeys", "show", "trip")["active"] == entered


def test_a_migration_counts_first_and_then_moves(cli: CommandLine, tmp_path: Path) -> None:
    live(cli, trip(tmp_path))
    entered = cli.json("journeys", "run")["entered"]
    live(cli, trip(tmp_path, name="Another trip"))

    counted = cli.json("journeys", "migrate", "trip", "--to", "2", "--dry-run")
    assert (counted["moved"], counted["stay"]) == (entered, 0)
    cli("journeys", "migrate", "trip", "--to", "2")

    shown = cli.json("journeys", "show", "trip")
    assert {one["version"] for one in shown["standing"]} == {2}


def test_an_older_version_goes_live_again_as_a_new_one(cli: CommandLine, tmp_path: Path) -> None:
    live(cli, trip(tmp_path))
    live(cli, trip(tmp_path, name="Another trip"))

    again = cli.json("journeys", "rollback", "trip", "1")

    assert (again["version"], again["artifact"]["name"]) == (3, "Trip")


def test_a_journey_whose_event_is_gone_is_not_put_back(cli: CommandLine, tmp_path: Path) -> None:
    live(cli, trip(tmp_path, goal={"event": "pricing_viewed"}))
    live(cli, trip(tmp_path, name="Another trip"))
    renamed = cli.workspace / "catalog"
    shutil.copytree(BUILT_IN, renamed)
    for file in renamed.glob("*.yaml"):
        file.write_text(file.read_text().replace("pricing_viewed", "prices_seen"))
    with (cli.workspace / "pilothouse.toml").open("a") as settings:
        settings.write(f'\ncatalog = "{renamed}"\n')

    back = cli("journeys", "rollback", "trip", "1")

    assert back.status == 1
    assert "Version 1 of 'trip' cannot be put into force" in back.err
    assert "Propose the journey anew." in back.err
