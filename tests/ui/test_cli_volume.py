"""How much arrives and leaves, by event, source and destination; and what nobody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import CommandLine


@pytest.fixture
def told(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """A workspace that was sent a few events, one of them planned by nobody."""
    events: list[dict[str, Any]] = [
        {"type": "track", "event": "plan_compared", "properties": {"é": "x" * 100}},
        {"type": "track", "event": "plan_compared"},
        {"type": "track", "event": "nobody's"},
        {"type": "identify", "traits": {"email": "a@example.org"}},
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(one | {"userId": "u1"}) for one in events))
    cli.json("collect", "import", str(file))
    return cli


def test_events_and_bytes_are_told_by_name_and_source(told: CommandLine) -> None:
    found = told.json("collect", "volume")

    mine = {one["name"]: one for one in found["events"] if one["source"] == "demo"}
    assert {name: (one["stored"], one["dead_letters"]) for name, one in mine.items()} == {
        "plan_compared": (2, 0),
        "nobody's": (0, 1),
        "identify": (1, 0),
    }
    assert mine["plan_compared"]["source_name"] == "Workout app"
    assert mine["plan_compared"]["bytes"] >= 102 + len('{"":""}')
    assert found["raw_log_bytes"] > 1_000
    said = told("collect", "volume").out
    assert "Workout app: 2 events, " in said
    assert "The raw log takes " in said


def test_only_what_was_received_in_the_last_days_is_told(told: CommandLine) -> None:
    found = told.json("collect", "volume", "--days", "1")

    assert {one["name"] for one in found["events"]} >= {"plan_compared", "identify"}
    everything = told.json("collect", "volume")
    assert sum(one["stored"] for one in found["events"]) < sum(
        one["stored"] for one in everything["events"]
    )


def test_what_left_for_a_destination_is_told(told: CommandLine) -> None:
    routes = "destinations: {lake: {events: {plan_compared: []}, history: true}}"
    (told.workspace / "routing.yaml").write_text(routes)
    told.json("routing", "run")

    (left,) = told.json("collect", "volume")["destinations"]

    assert (left["destination"], left["name"], left["events"]) == ("lake", "plan_compared", 2)
    assert left["bytes"] > 100


def test_events_that_nothing_reads_are_listed(told: CommandLine, tmp_path: Path) -> None:
    before = {one["event"] for one in told.json("collect", "unread")}
    read = {"workout_completed", "pricing_viewed", "subscription_started", "checkout_failed"}
    assert not before & read

    file = tmp_path / "plan.yaml"
    told.json("collect", "plan", "export", str(file))
    file.write_text(file.read_text().replace("events:\n", "events:\n  nobody's: {}\n", 1))
    request = told.json("collect", "plan", "propose", str(file))["change_request"]["id"]
    told.json("approvals", "approve", request)
    told.json("reprocess")

    after = told.json("collect", "unread")
    (mine,) = [one for one in after if one["event"] == "nobody's"]
    assert (mine["stored"], mine["planned"]) == (1, True)
