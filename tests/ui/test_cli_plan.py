"""The tracking plan on the command line: proposed with its effect, approved, live, reprocessed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.ui.command_line import CommandLine
from tests.ui.test_cli_server import PATIENCE_SECONDS, running


def sent(name: str, number: int, **properties: Any) -> str:
    event = {"type": "track", "event": name, "userId": f"u{number:07}", "properties": properties}
    return json.dumps(event | {"messageId": f"{name} {number}"})


@pytest.fixture
def told(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """A workspace that was sent an event under two names, one of them planned by nobody."""
    lines = [sent("pricing_viewed", number, tries="3") for number in range(4)]
    lines += [sent("Pricing Viewed", number) for number in range(6)]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(lines))
    cli.json("collect", "import", str(file))
    return cli


def edited(cli: CommandLine, folder: Path, **events: Any) -> str:
    """The plan in force as a file, with other definitions of some events; None: not planned."""
    file = folder / "plan.yaml"
    cli.json("collect", "plan", "export", str(file))
    document = yaml.safe_load(file.read_text())
    document["events"] |= events
    document["events"] = {name: one for name, one in document["events"].items() if one is not None}
    file.write_text(yaml.safe_dump(document))
    return str(file)


ALIAS = {"pricing_viewed": {"aliases": {"Pricing Viewed": {}}}}


def test_a_workspace_begins_with_the_plan_of_a_file_as_version_1(cli: CommandLine) -> None:
    shown = cli.json("collect", "plan", "show")
    listed = cli.json("collect", "plan", "history")

    assert shown["version"] == 1
    assert shown["events"]["checkout_started"]["aliases"] == {
        "plan_selected": {"selected_plan": "plan"}
    }
    assert [(one["version"], one["state"], one["name"]) for one in listed] == [
        (1, "live", "workout_app.yaml")
    ]


def test_a_proposed_plan_says_what_it_would_do_and_does_nothing(
    told: CommandLine, tmp_path: Path
) -> None:
    before = told.rows("SELECT code, COUNT(*) FROM dead_letters GROUP BY 1")

    proposed = told.json("collect", "plan", "propose", edited(told, tmp_path, **ALIAS))

    effect = proposed["effect"]
    assert effect["summary"] == (
        "Of 10 events of the last 30 days, 6 events that were dead letters would be stored."
    )
    assert effect["changed"] == [
        {
            "kind": "event",
            "name": "pricing_viewed",
            "change": "changed",
            "note": "Pricing Viewed means it",
        }
    ]
    assert {"dead_letters", "raw_events"} == {one["table"] for one in effect["tables"]}
    assert ("audience", "upgrade_ready") in {
        (one["kind"], one["key"]) for one in effect["downstream"]
    }
    assert told.rows("SELECT code, COUNT(*) FROM dead_letters GROUP BY 1") == before
    assert told.json("collect", "plan", "show")["version"] == 1


def test_an_approved_plan_is_live_for_new_events_and_for_old_ones_after_a_reprocess(
    told: CommandLine, tmp_path: Path
) -> None:
    proposed = told.json("collect", "plan", "propose", edited(told, tmp_path, **ALIAS))
    request = proposed["change_request"]["id"]

    assert told.json("approvals", "approve", request)["state"] == "live"

    assert told.json("collect", "plan", "show")["version"] == 2
    file = tmp_path / "more.ndjson"
    file.write_text(sent("Pricing Viewed", 100))
    assert told.json("collect", "import", str(file))["stored"] == 1
    stored = "SELECT plan_version, COUNT(*) FROM raw_events WHERE seq IS NOT NULL GROUP BY 1"
    assert sorted(told.rows(stored)) == [(1, 4), (2, 1)]

    shown = told.json("reprocess", "--dry-run")
    done = told.json("reprocess")

    assert shown["changes"] == done["changes"]
    (change,) = done["changes"]
    assert (change["change"], change["events"]) == ("accepted", 6)
    assert (change["code_before"], change["event_after"]) == ("UNPLANNED_EVENT", "pricing_viewed")
    assert sorted(told.rows(stored)) == [(2, 11)]
    facts = "SELECT COUNT(*) FROM fct_events WHERE message_id LIKE 'Pricing%'"
    assert told.rows(facts) == [(7,)]
    assert "Nothing is different." in told("reprocess").out


def test_history_and_difference_name_every_version(told: CommandLine, tmp_path: Path) -> None:
    request = told.json("collect", "plan", "propose", edited(told, tmp_path, **ALIAS))
    told.json("approvals", "approve", request["change_request"]["id"])

    listed = told.json("collect", "plan", "history")
    (line,) = told.json("collect", "plan", "diff", "1", "2")

    assert [(one["version"], one["state"]) for one in listed] == [(2, "live"), (1, "superseded")]
    assert (line["change"], line["path"]) == (
        "added",
        "events › pricing_viewed › aliases › Pricing Viewed",
    )
    older = told.json("reprocess", "--plan", "1")
    assert (older["plan_version"], older["changes"]) == (1, [])
    assert told.json("collect", "plan", "rollback", "1")["version"] == 3
    assert told.json("collect", "plan", "diff", "1", "3") == []


def test_a_plan_goes_to_rudder_cli_and_comes_back(told: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "rudder"

    written = told.json("collect", "plan", "export", str(folder), "--format", "rudder")
    again = told("collect", "plan", "import", str(folder), "--as", "ana@demo")

    assert [Path(one).name for one in written["files"]] == [
        "events.yaml",
        "properties.yaml",
        "tracking-plan.yaml",
    ]
    assert "checkout_started: the alias plan_selected" in written["left_out"]
    assert (again.status, again.err.split(":")[0]) == (1, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("collect", "plan", "show", "--version", "9"), "UNKNOWN_KEY"),
        (("collect", "plan", "diff", "1", "9"), "UNKNOWN_KEY"),
        (("reprocess", "--plan", "9"), "UNKNOWN_KEY"),
        (("reprocess", "--as", "ana@demo"), "NOT_ALLOWED"),
        (("collect", "plan", "propose", "missing.yaml"), "SETTINGS_INVALID"),
        (("collect", "plan", "export", "/dev/null/plan.yaml"), "INVALID_FILE"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_or_not_allowed_is_refused(
    cli: CommandLine, words: tuple[str, ...], code: str
) -> None:
    refused = cli(*words)

    assert (refused.status, refused.err.split(":")[0], refused.out) == (1, code, "")


def test_a_plan_that_is_not_valid_is_refused_with_file_and_path(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = edited(cli, tmp_path, app_opened={"aliases": {"app_opened": {}}})

    refused = cli("collect", "plan", "propose", file)

    assert refused.status == 1
    assert "plan.yaml is not valid" in refused.err
    assert "app_opened.aliases names the event itself" in refused.err


def test_only_some_people_may_propose_a_plan(told: CommandLine, tmp_path: Path) -> None:
    file = edited(told, tmp_path, **ALIAS)

    refused = told("collect", "plan", "propose", file, "--as", "mara@demo")

    assert (refused.status, refused.err.split(":")[0]) == (1, "NOT_ALLOWED")


@pytest.mark.parametrize(
    "saved", [{}, {"aliases": {"workout_completed": {}}}], ids=["out", "other"]
)
def test_an_event_that_something_reads_cannot_be_taken_out_or_become_another(
    told: CommandLine, tmp_path: Path, saved: dict[str, Any]
) -> None:
    file = edited(told, tmp_path, workout_completed=None, workout_saved=saved)

    refused = told("collect", "plan", "propose", file)

    assert (refused.status, refused.err.split(":")[0]) == (1, "BLOCKED_BY_POLICY")


def test_a_workspace_may_start_with_a_plan_of_its_own(cli: CommandLine) -> None:
    (cli.workspace.parent / "own.yaml").write_text("events: {Order Placed: {}}")
    (cli.workspace / "pilothouse.toml").write_text('tracking_plan = "own.yaml"')

    assert cli.json("collect", "plan", "show") == {"version": 1, "events": {"Order Placed": {}}}


def test_a_plan_of_its_own_that_is_not_there_is_refused(cli: CommandLine) -> None:
    (cli.workspace / "pilothouse.toml").write_text('tracking_plan = "gone.yaml"')

    refused = cli("collect", "plan", "show")

    assert (refused.status, refused.err.split(":")[0]) == (1, "SETTINGS_INVALID")


@pytest.mark.slow
def test_a_running_server_follows_an_approved_plan_at_once(
    told: CommandLine, tmp_path: Path
) -> None:
    file = edited(told, tmp_path, **ALIAS)
    with running(told) as server:
        request = told.json("collect", "plan", "propose", file)["change_request"]["id"]
        told.json("approvals", "approve", request)
        batch = {"batch": [json.loads(sent("Pricing Viewed", 200))]}
        answer = httpx.post(f"{server.url}/v1/batch", json=batch, auth=("demo-write-key", ""))
        assert answer.text == "OK"
        until = time.monotonic() + PATIENCE_SECONDS
        while (loaded := stored(told)) < 5 and time.monotonic() < until:
            time.sleep(0.5)
        reprocessed = told.json("reprocess")

    assert loaded == 5
    assert reprocessed["loaded"]["stored"] == 11


def stored(cli: CommandLine) -> int:
    return sum(one["stored"] for one in cli.json("collect", "ledger"))


def test_a_reprocess_reaches_the_facts_that_rules_read(cli: CommandLine, tmp_path: Path) -> None:
    log = tmp_path / "events.ndjson"
    log.write_text("\n".join(sent("plan_selected", number) for number in range(3)))
    cli.json("collect", "import", str(log))
    counted = "SELECT event_name, COUNT(*) FROM fct_events"
    named = f"{counted} WHERE message_id LIKE 'plan_sel%' GROUP BY 1"
    assert cli.rows(named) == [("checkout_started", 3)]
    file = edited(cli, tmp_path, checkout_started={}, plan_selected={})
    request = cli.json("collect", "plan", "propose", file)["change_request"]["id"]
    cli.json("approvals", "approve", request)

    cli.json("reprocess")
    assert cli.rows(named) == [("plan_selected", 3)]

    cli.json("reprocess", "--plan", "1")
    assert cli.rows(named) == [("checkout_started", 3)]


def test_plans_that_were_proposed_at_once_come_together(told: CommandLine, tmp_path: Path) -> None:
    file = edited(told, tmp_path, **ALIAS)
    overtaken = told.json("collect", "plan", "propose", file)["change_request"]["id"]
    other = edited(told, tmp_path, app_rated={"properties": {"stars": {"type": "integer"}}})
    first = told.json("collect", "plan", "propose", other)["change_request"]["id"]
    told.json("approvals", "approve", first)

    anew = told.json("approvals", "rebase", overtaken, "--as", "ana@demo")

    events = anew["content"]["plan"]["events"]
    assert "Pricing Viewed" in events["pricing_viewed"]["aliases"]
    assert "app_rated" in events
    assert told.json("approvals", "approve", anew["id"])["state"] == "live"
