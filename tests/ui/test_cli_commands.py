"""Every other command: its shape as JSON, its exit status, and where its words go."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import pytest

from tests.ui.command_line import ELIGIBILITY, CommandLine, give
from tests.ui.conftest import Asked
from ui.cli.main import COMMANDS, group


@pytest.mark.parametrize("name", [*COMMANDS])
def test_every_command_has_help_and_its_line_in_the_overview(name: str) -> None:
    assert f"  {name} " in give("--help").out
    assert f"Usage: pilothouse {name}" in give(name, "--help").out


@pytest.mark.parametrize("name", [*COMMANDS])
def test_no_overview_cuts_a_sentence_short(name: str) -> None:
    assert "..." not in give(name, "--help").out.partition("Commands:")[2]


def test_help_and_a_check_of_sql_start_without_the_agent() -> None:
    program = (
        "import sys\nfrom ui.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "heavy = {'langgraph', 'langchain_core', 'streamlit', 'chromadb', 'openai', 'scipy'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    for words in (["--help"], ["sql", "check", "SELECT user_id FROM dim_users"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
        )
        assert "heavy: []" in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert give("--version").out == "pilothouse 0.1.0\n"


def test_global_options_stand_before_or_after_the_command(cli: CommandLine) -> None:
    folder = str(cli.workspace)

    before = give("--workspace", folder, "--json", "rules", "list")
    after = give("rules", "list", "--json", "--workspace", folder)

    assert before == after
    assert before.document == []


def test_quiet_keeps_progress_off_stderr(cli: CommandLine) -> None:
    assert cli("ask", "How many users viewed pricing?", "--quiet").err == ""
    assert cli("--quiet", "ask", "How many users viewed pricing?").err == ""


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("rules", "nonsense"),
        ("ask",),
        ("sql",),
        ("kill", "--reason", "x"),
        ("kill", "--all"),
        ("cycle", "run", "--as-of", "yesterday"),
        ("demo-data", "--users", "0"),
    ],
)
def test_wrong_usage_ends_with_2_and_an_empty_stdout(words: tuple[str, ...]) -> None:
    done = give(*words)

    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("Usage: pilothouse")


def test_the_same_arguments_make_the_same_data(tmp_path: Path, plain_environment: object) -> None:
    arguments = ("demo-data", "--users", "300", "--days", "30", "--seed", "3", "--json")
    prints = []
    for name in ("one", "two"):
        done = give(*arguments, "--workspace", str(tmp_path / name))
        assert done.document["users"] == 300
        with duckdb.connect(str(tmp_path / name / "warehouse.duckdb"), read_only=True) as data:
            tables = sorted(row[0] for row in data.execute("SHOW TABLES").fetchall())
            hashes = [
                data.execute(f'SELECT COUNT(*), BIT_XOR(HASH(t)) FROM "{table}" t').fetchone()
                for table in tables
            ]
        prints.append(dict(zip(tables, hashes, strict=True)))

    assert prints[0] == prints[1]
    assert len(prints[0]) >= 10


def test_init_makes_a_workspace_and_keeps_a_settings_file_that_is_there(
    tmp_path: Path, plain_environment: object
) -> None:
    words = ("init", "--workspace", str(tmp_path / "mine"), "--json")
    assert set(give(*words).document) == {"workspace", "settings"}
    settings = tmp_path / "mine" / "pilothouse.toml"
    settings.write_text("port = 9000\n")

    assert give(*words).status == 0
    assert settings.read_text() == "port = 9000\n"


def test_doctor_says_what_is_fine_and_what_to_do(cli: CommandLine, tmp_path: Path) -> None:
    settings = cli.workspace / "pilothouse.toml"
    settings.write_text("port = 18599\n")
    fine = cli.json("doctor")
    nothing = give("doctor", "--workspace", str(tmp_path / "nowhere"))

    assert {"python", "warehouse", "control", "model", "port"} <= {
        check["name"] for check in fine["checks"]
    }
    assert {"name", "fine", "detail", "fix"} == set(fine["checks"][0])
    assert nothing.status == 1
    assert "pilothouse demo-data" in nothing.out


def test_a_cell_that_a_spreadsheet_would_run_is_shown_as_text(asked: Asked) -> None:
    query = "SELECT '=HYPERLINK(1)' AS link, '@SUM(1)' AS total, -5 AS owed, '-5' AS said"

    assert asked("sql", "run", query, "--as", "ada@demo").out.splitlines()[1:] == [
        "'=HYPERLINK(1),'@SUM(1),-5,-5"
    ]


def test_sql_check_has_the_documented_shape(asked: Asked) -> None:
    query = "SELECT device_os, COUNT(*) AS n FROM dim_users GROUP BY device_os"
    keys = {"allowed", "refusals", "tables", "columns", "row_limit", "sql"}

    allowed = asked.json("sql", "check", query)
    refused = asked.json("sql", "check", "SELECT email FROM dim_users", status=1)

    assert set(allowed) == set(refused) == keys
    assert allowed["tables"] == ["dim_users"]
    assert allowed["columns"] == ["dim_users.device_os"]
    assert set(refused["refusals"][0]) == {"code", "message", "span", "fix"}
    assert refused["refusals"][0]["code"] == "SQL_FORBIDDEN_COLUMN"


def test_an_admin_may_read_personal_columns_and_an_analyst_may_not(asked: Asked) -> None:
    query = "SELECT email FROM dim_users LIMIT 1"

    assert asked("sql", "run", query, "--as", "ada@demo").status == 0
    assert asked("sql", "run", query, "--as", "ana@demo").status == 1
    assert asked("sql", "run", query).status == 1


def test_a_query_runs_from_an_argument_and_from_standard_input(asked: Asked) -> None:
    query = "SELECT COUNT(*) AS users FROM dim_users"

    assert asked("sql", "run", query).out == "users\n2000\n"
    assert asked("sql", "run", "-", piped=query).out == "users\n2000\n"
    assert asked.json("sql", "run", query)["rows"] == [[2000]]


def test_a_row_limit_holds(asked: Asked) -> None:
    rows = asked.json("sql", "run", "SELECT user_id FROM dim_users", "--limit", "3")["rows"]

    assert len(rows) == 3


def test_a_change_request_is_listed_shown_and_sent_back(cli: CommandLine) -> None:
    request = cli.json("ask", ELIGIBILITY)["change_request"]["id"]

    assert [one["id"] for one in cli.json("approvals", "list")] == [request]
    assert cli.json("approvals", "list", "--state", "live") == []
    card = cli("approvals", "show", request).out
    assert "workout completed at least 3 times" in card
    assert "Upgrade nudge by push then email" in card
    assert cli("approvals", "reject", request).status == 1
    back = cli.json("approvals", "request-changes", request, "--comment", "Name a window.")
    assert back["state"] == "changes_requested"
    assert back["review"]["comment"] == "Name a window."


def test_an_author_and_a_person_without_the_role_cannot_approve(cli: CommandLine) -> None:
    own = cli.json("ask", ELIGIBILITY, "--as", "ada@demo")["change_request"]["id"]
    before = cli.contents()

    author = cli.json("approvals", "approve", own, "--as", "ada@demo", status=1)
    marketer = cli.json("approvals", "approve", own, "--as", "mara@demo", status=1)

    assert author["refusals"][0]["code"] == "SELF_APPROVAL"
    assert marketer["refusals"][0]["code"] == "NOT_ALLOWED"
    assert cli.contents() == before


def test_a_rule_in_force_is_listed_shown_paused_and_compared(live: CommandLine) -> None:
    listed = live.json("rules", "list")
    assert [(one["key"], one["version"], one["state"]) for one in listed] == [
        ("trial_users_priority", 1, "live"),
        ("upgrade_nudge", 1, "live"),
    ]
    assert live.json("rules", "show", "upgrade_nudge", "--version", "1")["version"] == 1
    assert len(live.json("rules", "history", "upgrade_nudge")) == 1
    assert {line["change"] for line in live.json("rules", "diff", "upgrade_nudge", "1", "1")} <= {
        "same"
    }
    assert live.json("rules", "pause", "upgrade_nudge")["state"] == "paused"
    assert live.json("rules", "resume", "upgrade_nudge")["state"] == "live"
    assert live("rules", "pause", "upgrade_nudge", "--as", "mara@demo").status == 1
    assert live.json("rules", "audience", "upgrade_nudge")["version"] == 1


def test_an_older_version_comes_back_as_a_new_one(live: CommandLine) -> None:
    narrower = ELIGIBILITY.replace("3 workouts", "5 workouts")
    request = live.json("ask", narrower)["change_request"]["id"]
    assert "3 times → workout completed at least 5" in live("approvals", "show", request).out
    live.json("approvals", "approve", request)

    back = live.json("rules", "rollback", "upgrade_nudge", "1")

    assert back["version"] == 3
    versions = live.json("rules", "history", "upgrade_nudge")
    assert versions[0]["content_hash"] == versions[2]["content_hash"]
    assert live.json("rules", "diff", "upgrade_nudge", "1", "2") != []


def test_a_dry_cycle_writes_nothing_and_a_real_one_delivers(live: CommandLine) -> None:
    before = live.contents()
    dry = live.json("cycle", "run", "--dry-run")
    assert live.contents() == before

    real = live.json("cycle", "run", "--as-of", "2026-06-28T15:00")
    sent = live.json("deliver", "run")

    assert dry["selected"] > 0
    assert real["selected"] > 0
    assert sent["delivered"] > 0
    counts = live.json("deliver", "status")
    assert counts["delivered"] == sent["delivered"]
    assert live.json("deliver", "run")["delivered"] == 0


def test_explain_has_the_documented_shape(live: CommandLine) -> None:
    user = live.json("rules", "audience", "upgrade_nudge", "--ids")["user_ids"][0]
    document = live.json("explain", user, "--policy", "upgrade_nudge")

    assert set(document) == {"user_id", "at", "as_known", "decisions", "journeys", "messages"}
    decision = document["decisions"][0]
    assert set(decision) == {"policy", "version", "winner", "candidates"}
    keys = {"action", "tier", "stage", "reason_code", "sentence", "failed_leaf", "clauses", "ghost"}
    assert set(decision["candidates"][0]) == keys | {"value_read", "expected", "flip"}


def test_explain_names_what_would_change_a_no(live: CommandLine) -> None:
    inside = set(live.json("rules", "audience", "upgrade_nudge", "--ids")["user_ids"])
    everyone = [row[0] for row in live.rows("SELECT user_id FROM traits ORDER BY user_id")]
    outside = next(user for user in everyone if user not in inside)

    done = live("explain", outside, "--policy", "upgrade_nudge")

    assert "Would change if" in done.out


def test_a_kill_switch_stops_and_is_listed_until_it_is_lifted(live: CommandLine) -> None:
    live.json("kill", "--all", "--reason", "Wrong price", "--as", "mara@demo")
    assert [one["reason"] for one in live.json("kill", "--list")] == ["Wrong price"]
    assert live.json("cycle", "run")["selected"] == 0

    assert live("unkill", "--all", "--as", "mara@demo").status == 1
    assert live("unkill", "--all").status == 0
    assert live("kill", "--list").out == "Nothing is stopped.\n"


def test_an_action_is_stopped_by_its_key_whichever_rule_sends_it(live: CommandLine) -> None:
    assert live.json("kill", "--action", "upgrade_nudge", "--reason", "Wrong price") == {
        "scope": "action",
        "key": "upgrade_nudge",
        "reason": "Wrong price",
    }

    cycle = live.json("cycle", "run")["cycle_id"]

    decided = live.rows("SELECT DISTINCT cycle_id, action_key, reason_code FROM decisions")
    of_cycle = {
        reason for one, action, reason in decided if (one, action) == (cycle, "upgrade_nudge")
    }
    assert of_cycle == {"KILLED"}
    assert live("unkill", "--action", "upgrade_nudge").status == 0
    assert "UNKNOWN_KEY" in live("kill", "--action", "upgrade", "--reason", "x").err


def test_the_audit_log_lists_who_did_what_and_its_chain_holds(live: CommandLine) -> None:
    entries = live.json("audit", "list")

    of_people = [entry["what"] for entry in entries if entry["who"] != "pilothouse"]
    assert of_people == ["ask", "propose", "approve", "publish"] * 2
    assert {"seq", "at", "who", "what", "subject", "hash", "prev_hash"} <= set(entries[0])
    assert live.json("audit", "verify") == {"intact": True, "entries": len(entries)}
    assert len(live.json("audit", "list", "--limit", "2")) == 2


def test_lift_is_refused_until_the_horizon_is_over(live: CommandLine) -> None:
    live.json("cycle", "run")

    refused = live.json("measure", "lift", "upgrade_nudge", status=1)

    assert "7 days" in refused["refusals"][0]["message"]


def test_a_name_behind_as_is_refused_where_people_sign_in(live: CommandLine) -> None:
    (live.workspace / "pilothouse.toml").write_text('identity = "proxy"\n')

    done = live.json("approvals", "list")
    refused = live.json("ask", ELIGIBILITY, "--as", "mara@demo", status=1)

    assert len(done) == 2
    assert refused["refusals"][0]["code"] == "NOT_ALLOWED"


def test_what_was_approved_before_a_crash_is_published_once(cli: CommandLine) -> None:
    request = cli.json("ask", ELIGIBILITY)["change_request"]["id"]
    program = """
import os, sys
from datetime import datetime
from pathlib import Path
from control import people
from control.store import open_store
from orchestrate import approvals
store = open_store(f"sqlite:///{Path(sys.argv[1]) / 'control.db'}")
approvals.decide(store, sys.argv[2], person=people.get(store, "pavel@demo"), verdict="approve",
                 comment="", now=datetime(2026, 6, 29))
os._exit(9)
"""
    crashed = subprocess.run(
        [sys.executable, "-c", program, str(cli.workspace), request], check=False
    )
    assert crashed.returncode == 9

    first, second = cli.json("rules", "list"), cli.json("rules", "list")

    assert first == second
    assert [(one["key"], one["version"]) for one in first] == [("upgrade_nudge", 1)]
    assert cli.json("approvals", "show", request)["state"] == "live"


def test_every_command_of_the_overview_is_where_the_table_says() -> None:
    for name, (_, about) in COMMANDS.items():
        command = group.get_command(click.Context(group), name)
        assert command is not None
        assert command.name == name
        assert about.endswith(".")


def test_a_document_is_json_that_other_programs_read(asked: Asked) -> None:
    for words in (("audit", "list"), ("approvals", "list"), ("rules", "list")):
        done = asked(*words, "--json")
        assert json.loads(done.out) == done.document
        assert "T" in str(done.document) or done.document == []
