"""A cycle that is held because a population jumped: told everywhere, decided on by an approver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.jumps import JumpedPolicy, PopulationJump
from orchestrate import jump_requests
from tests.ui.command_line import ELIGIBILITY, CommandLine
from tests.ui.conftest import Visit, shown
from tests.ui.demo_desk import NOW
from ui.console.desk import Desk

LATER = "2026-06-30T12:00"


@pytest.fixture
def emptied(cli: CommandLine) -> CommandLine:
    """A workspace that decided once and whose users are gone since."""
    asked = cli.json("ask", ELIGIBILITY)
    cli.json("approvals", "approve", asked["change_request"]["id"], "--as", "pavel@demo")
    cli.json("cycle", "run")
    _empty(cli.workspace)
    return cli


def _empty(workspace: Path) -> None:
    with duckdb.connect(str(workspace / "warehouse.duckdb")) as warehouse:
        warehouse.execute("DELETE FROM dim_users")


def _held(cli: CommandLine) -> Any:
    return cli.json("cycle", "run", "--as-of", LATER, status=1)["refusals"][0]


def test_a_held_cycle_asks_once_and_decides_after_the_approval(emptied: CommandLine) -> None:
    refusal = _held(emptied)

    assert "went from 1,939 users to 0" in refusal["message"]
    assert "CR-2" in refusal["message"]
    assert "approvals approve CR-2" in refusal["fix"]
    assert _held(emptied) == refusal
    assert [one["kind"] for one in emptied.json("approvals", "list")][1:] == ["population_jump"]
    card = emptied("approvals", "show", "CR-2").out
    assert "1,939 → 0 users since the last cycle" in card
    assert "CR-2 is in review" in emptied("status").out
    emptied.json("approvals", "approve", "CR-2", "--as", "pavel@demo")
    assert emptied.json("cycle", "run", "--as-of", LATER)["records"] == 0
    assert emptied.json("status")["held"] is None


def test_a_rejected_jump_keeps_cycles_held_and_status_says_so(emptied: CommandLine) -> None:
    _held(emptied)
    words = ("approvals", "reject", "CR-2", "--as", "pavel@demo", "--comment", "The load failed.")
    emptied.json(*words)

    refusal = _held(emptied)

    assert "pavel@demo turned down CR-2" in refusal["message"]
    assert emptied.json("status")["held"]["state"] == "rejected"
    assert "CR-2 is rejected" in emptied("status").out


def test_an_approver_may_accept_a_jump_while_running_the_cycle_and_nobody_else(
    emptied: CommandLine,
) -> None:
    words = ("cycle", "run", "--as-of", LATER, "--accept-jump", "--as")

    refused = emptied.json(*words, "mara@demo", status=1)

    assert refused["refusals"][0]["code"] == "NOT_ALLOWED"
    assert emptied.json(*words, "pavel@demo")["records"] == 0
    acts = [(one["who"], one["what"]) for one in emptied.json("audit", "list")]
    assert [one for one in acts if not one[1].startswith("cycle")][-3:] == [
        ("breaker@pilothouse", "propose"),
        ("pavel@demo", "approve"),
        ("pavel@demo", "publish"),
    ]


def test_an_approver_reads_in_the_console_what_holds_the_cycle(visit: Visit, office: Desk) -> None:
    jumped = JumpedPolicy(key="trial_help", version=2, before=41_000, after=0)
    jump = PopulationJump(name="The trials are gone", since="cycle", policies=(jumped,))
    request = jump_requests.open_for(office.workspace.store, jump, now=NOW)

    page = visit("pavel@demo")
    page.query_params["request"] = request.id
    page.switch_page("../pages/approvals.py").run()

    assert not page.exception
    said = shown(page).replace("\\", "")
    assert "41,000 → 0 users since the last cycle" in said
    assert "It accepts this jump and no other" in said
    assert "Accept this jump" in {button.label for button in page.button}
