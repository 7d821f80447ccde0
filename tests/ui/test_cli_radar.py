"""What the radar finds becomes a change of the plan that people decide on, once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from control import people, requests
from control.radar import keep, latest
from control.radar_tables import radar_proposals
from core.lifecycle import State
from tests.collect.radar_worlds import DOMAINS, story
from tests.ui.command_line import CommandLine
from ui.environment import load_settings
from ui.radar import RADAR, look, propose_by_itself
from ui.rounds import Rounds
from ui.workspace import Workspace, open_workspace

PATIENCE_SECONDS = 60.0
LOG = story(DOMAINS["fitness"], 5)


@pytest.fixture
def told(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """A workspace that was sent a log in which events have other names."""
    file = tmp_path / "log.ndjson"
    file.write_text("\n".join(json.dumps(one) for _, events in LOG.requests for one in events))
    cli.json("collect", "import", str(file))
    return cli


@pytest.fixture
def workspace(told: CommandLine) -> Iterator[Workspace]:
    opened = open_workspace(load_settings({"workspace": str(told.workspace)}))
    yield opened
    opened.close()


def test_what_the_radar_sees_is_proposed_approved_and_true_for_the_history(
    told: CommandLine,
) -> None:
    seen = told.json("collect", "radar")
    proposed = told.json("collect", "radar", "--propose")
    request = proposed["change_request"]
    shown = told("approvals", "show", request).out

    names = {one["sent_name"]: one["event_name"] for one in seen["candidates"]}
    assert len(names) > 1
    assert names.items() <= LOG.truth.items()
    assert {one["standing"] for one in seen["candidates"]} == {"new"}
    assert all(f"{name} seems to be {event}" in shown for name, event in names.items())
    again = told.json("collect", "radar", "--propose")
    assert {one["standing"] for one in again["candidates"]} == {"waiting"}
    assert again["change_request"] is None

    told.json("approvals", "approve", request)
    done = told.json("reprocess")

    assert {one["sent_name"] for one in done["changes"]} == {*names}
    stored = "SELECT DISTINCT event_name FROM raw_events WHERE sent_name <> event_name"
    assert {name for (name,) in told.rows(stored)} >= {*names.values()}
    assert told.json("collect", "radar")["candidates"] == []


def test_by_itself_the_radar_proposes_one_after_the_other_and_none_twice(
    workspace: Workspace,
) -> None:
    count = len(look(workspace))
    assert count > 1

    first = propose_by_itself(workspace)
    waits = propose_by_itself(workspace)

    assert first is not None
    assert (first.author, first.state) == (RADAR.email, State.IN_REVIEW)
    assert waits is None
    pavel = people.get(workspace.store, "pavel@demo")
    workspace.decide(first.id, pavel, "reject", "These are two events.")
    others = [propose_by_itself(workspace)]
    while others[-1] is not None:
        workspace.decide(others[-1].id, pavel, "reject", "Not now.")
        others.append(propose_by_itself(workspace))
    assert len(others) == count
    assert {one.standing for one in look(workspace)} == {"decided"}
    kept = latest(workspace.store).values()
    keep(workspace.store, [one._replace(events=one.events // 2) for one in kept])
    assert {one.standing for one in look(workspace)} == {"grown"}
    assert propose_by_itself(workspace) is not None
    assert len(requests.list_all(workspace.store)) == count + 1


def test_what_was_proposed_before_is_known_when_it_still_lies_in_the_warehouse(
    workspace: Workspace,
) -> None:
    request = propose_by_itself(workspace)
    assert request is not None
    before = latest(workspace.store)
    rows = ", ".join(["(?, ?, ?, ?, ?)"] * len(before))
    workspace.warehouse.execute(
        "CREATE TABLE radar_proposals (sent_name VARCHAR, event_name VARCHAR, "
        "change_request_id VARCHAR, events BIGINT, proposed_at TIMESTAMP)"
    )
    with workspace.warehouse.cursor() as cursor:
        values = [value for one in before.values() for value in one]
        cursor.execute(f"INSERT INTO radar_proposals VALUES {rows}", values)
    with workspace.store.write() as connection:
        connection.execute(radar_proposals.delete())

    seen = look(workspace)

    assert latest(workspace.store) == before
    assert [one.change_request_id for one in seen if one.standing == "waiting"] == [request.id]
    tables = workspace.warehouse.fetch("SELECT table_name FROM duckdb_tables()").rows
    assert ("radar_proposals",) not in tables


def test_only_names_that_it_sees_can_be_proposed(told: CommandLine) -> None:
    refused = told("collect", "radar", "--propose", "--only", "app_opened")
    assert (refused.status, refused.err.split(":")[0]) == (1, "UNKNOWN_EVENT")

    name = told.json("collect", "radar")["candidates"][0]["sent_name"]
    proposed = told.json("collect", "radar", "--propose", "--only", name)
    request = told.json("approvals", "show", proposed["change_request"])
    assert request["name"].startswith("Tracking plan: ")
    assert [one["sent_name"] for one in proposed["candidates"]] == [name]


def test_a_workspace_without_events_under_other_names_has_nothing_to_tell(cli: CommandLine) -> None:
    told = cli("collect", "radar", "--propose")

    assert (told.status, told.out.strip()) == (0, "No event seems to be sent under another name.")


def test_a_server_looks_by_itself(workspace: Workspace) -> None:
    rounds = Rounds("radar", partial(propose_by_itself, workspace), 60.0, first_seconds=0.0)

    rounds.open()
    until = time.monotonic() + PATIENCE_SECONDS
    while not requests.list_all(workspace.store) and time.monotonic() < until:
        time.sleep(0.1)
    rounds.close()

    (request,) = requests.list_all(workspace.store)
    assert request.author == RADAR.email
