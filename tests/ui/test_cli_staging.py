"""Staging from the command line: tried, shown apart, written as letters, promoted, taken back."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.ui.command_line import DECISION, ELIGIBILITY, CommandLine
from tests.ui.test_cli_journeys import trip

RULE = "upgrade_nudge"
LATER = "2026-06-30T12:00"


@pytest.fixture(scope="module")
def once_staged(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing live and a rule in staging that nobody approved; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("staged") / "workspace"
    shutil.copytree(demo_workspace, folder)
    cli = CommandLine(folder)
    cli.json("ask", ELIGIBILITY)
    cli.json("staging", "add", "CR-1", "--as", "pavel@demo")
    return folder


@pytest.fixture
def staged(once_staged: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    """The command line on a workspace of the test's own, with a rule in staging."""
    shutil.copytree(once_staged, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


def _letters(cli: CommandLine) -> list[Path]:
    return sorted((cli.workspace / "mailbox").rglob("*.eml"))


def _count(cli: CommandLine, table: str) -> int:
    return int(cli.rows(f"SELECT COUNT(*) FROM {table}")[0][0])


# Trying


def test_a_rule_that_nobody_approved_is_tried_and_shown_apart(staged: CommandLine) -> None:
    (row,) = staged.json("staging", "list")
    assert (row["key"], row["target"], row["standing"]) == (RULE, "CR-1", "on trial")

    report = staged.json("cycle", "run")

    assert report["selected"] == report["candidates"] == 0
    assert report["policies"] == {}
    tried = report["staging"]["policies"][RULE]
    assert tried["selected"] > 0
    assert f"In staging {RULE} v1: {tried['selected']:,} selected" in staged("cycle", "run").out
    assert _count(staged, "staging.intents") == tried["selected"]
    assert f"In staging: {RULE} (on trial)." in staged("status").out
    assert staged.json("rules", "list") == []


def test_staging_that_cannot_decide_holds_nothing_that_is_live(staged: CommandLine) -> None:
    asked = staged.json("ask", DECISION)
    request = asked["change_request"]["id"]
    staged.json("approvals", "approve", request, "--as", "pavel@demo")
    with duckdb.connect(str(staged.workspace / "warehouse.duckdb")) as warehouse:
        warehouse.execute("CREATE SCHEMA staging")
        warehouse.execute("CREATE TABLE staging.cycles (unlike INTEGER)")

    report = staged.json("cycle", "run")

    assert report["candidates"] > 0
    assert "refusal" in report["staging"]
    assert "Staging could not decide" in staged("cycle", "run").out
    assert staged.json("pipeline", "run")["state"] == "done"


def test_explain_and_replay_tell_of_staging_when_asked(staged: CommandLine) -> None:
    staged.json("cycle", "run")
    query = "SELECT user_id, decision_id FROM staging.decisions WHERE outcome = 'selected' LIMIT 1"
    ((user, decision),) = staged.rows(query)

    told = staged.json("explain", user, "--staging")

    (policy,) = told["decisions"]
    assert policy["winner"] == RULE
    assert staged.json("explain", user)["decisions"] == []
    assert staged.json("replay", decision, "--staging")["decision_id"] == decision
    staged.json("replay", decision, status=1)


def test_explain_says_that_nothing_is_in_staging(cli: CommandLine) -> None:
    assert "Nothing is in staging" in cli("explain", "user_00001", "--staging").err


def test_only_an_approver_or_an_admin_may_stage_and_promote(cli: CommandLine) -> None:
    cli.json("ask", ELIGIBILITY)
    for words in (("add", "CR-1"), ("promote", "--all"), ("rollback",), ("remove", RULE)):
        refused = cli.json("staging", *words, "--as", "mara@demo", status=1)
        assert refused["refusals"][0]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize("moment", ["2026-06-29T00:00", "2026-06-20T12:00"])
def test_what_staging_decides_is_what_is_decided_once_live(
    staged: CommandLine, moment: str
) -> None:
    """At the end of the data, and at a moment that is past."""
    tried = staged.json("cycle", "run", "--as-of", moment)["staging"]["policies"][RULE]
    staged.json("approvals", "approve", "CR-1")
    staged.json("staging", "promote", "--all")

    live = staged.json("cycle", "run", "--as-of", moment)

    assert tried == {"version": 1, **live["by_policy"][RULE]}
    columns = (
        "user_id, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost"
    )
    apart = f"SELECT {columns} FROM staging.decisions ORDER BY ALL"
    together = f"SELECT {columns} FROM decisions WHERE cycle_id = '{live['cycle_id']}' ORDER BY ALL"
    assert staged.rows(apart) == staged.rows(together)


# Letters


def test_messages_of_staging_become_letters_and_nothing_else(staged: CommandLine) -> None:
    run = staged.json("pipeline", "run")

    written = next(one["detail"] for one in run["steps"] if one["step"] == "outbox")
    assert written["delivered"] == 0
    assert written["staged_letters"] > 0
    letters = _letters(staged)
    assert {one.relative_to(staged.workspace).parts[:2] for one in letters} == {
        ("mailbox", "staging")
    }
    assert len(letters) == written["staged_letters"]
    assert "Subject: [staging]" in letters[0].read_text()
    assert "staging" not in json.dumps(staged.json("deliver", "status"))
    again = staged.json("deliver", "run")["staging"]
    assert again["written"] == 0
    assert f"0 stopped before, {again['waiting']:,} waiting" in staged("deliver", "run").out
    assert _count(staged, "staging.fct_messages") == len(letters)


def test_a_provider_that_listens_hears_nothing_from_staging(
    staged: CommandLine, plain_environment: pytest.MonkeyPatch
) -> None:
    dialled: list[Any] = []

    class Listening(socket.socket):
        def connect(self, address: Any) -> None:
            dialled.append(address)
            super().connect(address)

    with socket.socket() as provider:
        provider.bind(("127.0.0.1", 0))
        provider.listen()
        provider.settimeout(0.2)
        url = f"http://127.0.0.1:{provider.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SMTP_HOST"):
            plain_environment.setenv(name, url)
        plain_environment.setattr(socket, "socket", Listening)
        staged.json("pipeline", "run")
        staged.json("deliver", "run")
        plain_environment.undo()

        with pytest.raises(TimeoutError):
            provider.accept()

    assert _letters(staged)
    assert dialled == []


def test_settings_cannot_name_a_destination_for_staging(staged: CommandLine) -> None:
    with (staged.workspace / "pilothouse.toml").open("a") as settings:
        settings.write('\n[staging]\ndestination = "https://provider.example"\n')

    assert staged("cycle", "run").status == 1


def test_consent_that_is_withdrawn_meanwhile_stops_a_letter(staged: CommandLine) -> None:
    staged.json("cycle", "run")
    with duckdb.connect(str(staged.workspace / "warehouse.duckdb")) as warehouse:
        warehouse.execute("UPDATE fct_consent SET status = 'withdrawn'")

    letters = staged.json("deliver", "run")["staging"]

    assert letters["written"] == 0
    assert set(letters["by_reason"]) == {"NO_CONSENT"}


# Live is not touched


def test_measures_and_analysts_see_nothing_of_staging(staged: CommandLine) -> None:
    counted = "SELECT COUNT(*) AS n FROM decisions"
    ((before,),) = staged.rows(counted)

    staged.json("pipeline", "run")

    assert staged.json("measure", "lift", RULE, status=1)["refusals"]
    assert staged.rows(counted) == [(before,)]
    assert staged.json("sql", "run", counted)["rows"] == [[before]]
    assert staged.rows(f"{counted} WHERE policy_key = '{RULE}'") == [(0,)]
    checked = staged.json("sql", "check", "SELECT * FROM staging.decisions", status=1)
    assert checked["allowed"] is False


def test_forgetting_somebody_empties_staging_of_them(staged: CommandLine) -> None:
    staged.json("pipeline", "run")
    query = "SELECT user_id FROM staging.fct_messages WHERE failed_reason IS NULL LIMIT 1"
    ((user,),) = staged.rows(query)
    assert any(user in letter.read_text() for letter in _letters(staged))

    receipt = staged.json("forget", user, "--reason", "asked", "--as", "ada@demo")

    assert receipt["found"] == []
    assert receipt["removed"]["warehouse"]["staging.decisions"] > 0
    assert receipt["removed"]["warehouse"]["staging.intents"] > 0
    for table in ("decisions", "slots", "intents", "fct_messages", "record_users"):
        rows = f"SELECT COUNT(*) FROM staging.{table} WHERE user_id = '{user}'"
        assert staged.rows(rows) == [(0,)]
    assert not any(user in letter.read_text() for letter in _letters(staged))


# Going live


def test_approved_rules_go_live_together_and_come_back_together(staged: CommandLine) -> None:
    request = staged.json("ask", DECISION)["change_request"]["id"]
    staged.json("staging", "add", request)
    staged.json("cycle", "run")
    early = staged.json("staging", "promote", "--all", status=1)
    assert early["refusals"][0]["code"] == "NOT_ALLOWED"
    for one in ("CR-1", request):
        assert staged.json("approvals", "approve", one)["state"] == "scheduled"
    assert staged.json("rules", "list") == []

    staged.json("staging", "promote", "--all")

    live = staged.json("rules", "list")
    assert [one["state"] for one in live] == ["live", "live"]
    assert staged.json("staging", "list") == []
    report = staged.json("cycle", "run", "--as-of", LATER)
    assert report["selected"] > 0
    assert report["staging"] is None

    staged.json("staging", "rollback")

    assert {one["state"] for one in staged.json("rules", "list")} == {"paused"}
    acts = [one["what"] for one in staged.json("audit", "list")]
    assert acts[-1] == "take_back"
    assert staged.json("audit", "verify")["intact"]


def test_one_rule_is_promoted_and_nothing_else(staged: CommandLine) -> None:
    staged.json("approvals", "approve", "CR-1")

    done = staged("staging", "promote", RULE)

    assert done.status == 0, done
    assert f"{RULE} v1 is live." in done.out
    assert staged("staging", "promote").status == 2


# Journeys


def test_a_journey_is_tried_in_runs_of_its_own_and_promoted(
    cli: CommandLine, tmp_path: Path
) -> None:
    action = {"key": "hi", "name": "Hi", "message_class": "service", "channels": ["push"]}
    steps = [
        {"kind": "message", "key": "push", "next": "done", "action": action},
        {"kind": "exit", "key": "done"},
    ]
    request = cli.json("journeys", "propose", trip(tmp_path, steps=steps))["change_request"]["id"]

    (row,) = cli.json("staging", "add", request)
    run = cli.json("pipeline", "run")

    assert (row["key"], row["kind"], row["standing"]) == ("trip", "journey", "on trial")
    written = next(one["detail"] for one in run["steps"] if one["step"] == "outbox")
    assert written["delivered"] == 0
    assert written["staged_letters"] > 0
    assert len(_letters(cli)) == written["staged_letters"]
    found = cli.json("staging", "runs", "trip", "--limit", "3")
    assert {one["step"] for one in found} <= {"push", "done"}
    user = found[0]["user_id"]
    told = cli.json("explain", user, "--staging", "--policy", "trip@1")
    assert [one["policy"] for one in told["decisions"]] == ["trip@1"]
    assert cli.json("journeys", "list") == []
    cycle = cli("cycle", "run")
    assert "In staging trip: " in cycle.out
    cli.json("approvals", "approve", request)
    cli.json("staging", "promote", "trip")
    assert [one["state"] for one in cli.json("journeys", "list")] == ["live"]
    assert _count(cli, "staging.journey_runs") == 0
    assert cli.json("staging", "runs", "trip", status=1)["refusals"][0]["code"] == "UNKNOWN_KEY"
    cli.json("staging", "rollback")
    assert [one["state"] for one in cli.json("journeys", "list")] == ["paused"]


def test_forgetting_somebody_removes_their_runs_in_staging(
    cli: CommandLine, tmp_path: Path
) -> None:
    request = cli.json("journeys", "propose", trip(tmp_path))["change_request"]["id"]
    cli.json("staging", "add", request)
    cli.json("cycle", "run")
    user = cli.json("staging", "runs", "trip", "--limit", "1")[0]["user_id"]

    receipt = cli.json("forget", user, "--reason", "asked", "--as", "ada@demo")

    assert receipt["found"] == []
    assert receipt["removed"]["warehouse"]["staging.journey_runs"] > 0
    assert cli.json("staging", "runs", "trip", "--user", user) == []


def test_what_cannot_be_staged_says_why_and_what_to_do(cli: CommandLine) -> None:
    refused = cli("staging", "add", "contact_policy")

    assert refused.status == 1
    assert "cannot be staged" in refused.err
    assert "catalog propose contact-policy --dry-run" in refused.err
