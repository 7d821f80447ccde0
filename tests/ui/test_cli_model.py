"""Trait models on the command line: plan, apply through approval, history, rollback, drift."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from control import requests
from orchestrate import approvals, rulebook
from tests.ui.command_line import DECISION, CommandLine, Done
from ui import data_changes, model_effects, modelling
from ui.environment import load_settings
from ui.workspace import Workspace, open_workspace

WIN_BACK = (
    "Create eligibility rules for a win-back email for users who are at risk and have no open "
    "support tickets."
)
AT_RISK = "SELECT COUNT(*) FROM traits WHERE activation_state = 'at_risk'"


@pytest.fixture
def mine(cli: CommandLine, tmp_path: Path) -> Path:
    """The live models, written to a folder to be changed."""
    cli("model", "export", str(tmp_path / "mine"))
    return tmp_path / "mine"


def change(folder: Path, name: str, old: str, new: str) -> str:
    """Edit one model file; gives the folder for the command."""
    file = folder / f"{name}.sql"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return str(folder)


def sooner_at_risk(folder: Path) -> str:
    """Seven quiet days are enough to be at risk."""
    quiet = "workouts_14d = 0 AND signup_at < $as_of - INTERVAL '14' DAY"
    soon = "workouts_7d = 0 AND signup_at < $as_of - INTERVAL '7' DAY"
    return change(folder, "activation_state", quiet, soon)


def refused_by(cli: CommandLine, *words: str) -> Done:
    done = cli(*words)
    assert done.status == 1, done
    return done


def approve(cli: CommandLine, request: str) -> None:
    done = cli("approvals", "approve", request, "--as", "pavel@demo")
    assert done.status == 0, done


def count(cli: CommandLine, sql: str) -> int:
    return int(cli.rows(sql)[0][0])


class TestPlan:
    def test_the_live_models_change_nothing(self, cli: CommandLine, mine: Path) -> None:
        planned = cli.json("model", "plan", "--dir", str(mine))

        assert planned["effect"]["summary"] == "Nothing changes."
        assert planned["cpu_seconds"] < 1

    def test_it_counts_who_moves_and_what_rules_would_mean(
        self, cli: CommandLine, mine: Path
    ) -> None:
        asked = cli.json("ask", WIN_BACK)
        approve(cli, asked["change_request"]["id"])
        before = count(cli, AT_RISK)

        planned = cli.json("model", "plan", "--dir", sooner_at_risk(mine))

        assert planned["differences"]["changed"] == ["activation_state"]
        (trait,) = planned["traits"]
        gone = sum(m["users"] for m in trait["moves"] if m["after"] == "at_risk")
        assert trait["changed"] == gone == planned["effect"]["users_changed"] > 0
        assert trait["unchanged"] + trait["changed"] == planned["effect"]["users_total"]
        assert {one["after"] for one in trait["sample"]} == {"at_risk"}
        (rule,) = [one for one in planned["effect"]["downstream"] if one["kind"] == "rule"]
        assert rule["reads"] == ["activation_state"]
        assert rule["before"] < rule["after"] <= before + gone
        assert count(cli, AT_RISK) == before

    def test_a_trait_that_reads_a_changed_one_is_rebuilt(
        self, cli: CommandLine, mine: Path
    ) -> None:
        change(mine, "support_risk", "LEAST(trouble, 1.0)", "LEAST(trouble / 2, 1.0)")

        planned = cli.json("model", "plan", "--dir", str(mine))

        assert planned["differences"]["changed"] == ["support_risk"]
        assert planned["differences"]["rebuilt"] == ["churn_risk"]
        moves = {one["trait"]: one["moves"] for one in planned["traits"]}
        assert {one["after"] for one in moves["support_risk"]} == {"lower"}

    def test_a_new_trait_and_a_gone_one_are_told(self, cli: CommandLine, mine: Path) -> None:
        text = (mine / "ltv.sql").read_text()
        (mine / "paid_ever.sql").write_text(
            text.replace("ltv", "paid_ever").replace("ROUND(revenue, 2)", "paid")
        )
        (mine / "upgrade_intent.sql").unlink()

        planned = cli.json("model", "plan", "--dir", str(mine))

        assert planned["differences"]["added"] == ["paid_ever"]
        assert planned["differences"]["removed"] == ["upgrade_intent"]
        assert any("catalog does not list paid_ever" in note for note in planned["effect"]["notes"])


class TestApply:
    def test_a_change_is_shown_after_another_persons_approval_and_rolled_back_at_once(
        self, cli: CommandLine, mine: Path
    ) -> None:
        before = count(cli, AT_RISK)
        planned = cli.json("model", "apply", "--dir", sooner_at_risk(mine))
        request = planned["change_request"]["id"]
        assert count(cli, AT_RISK) == before
        refused_by(cli, "approvals", "approve", request, "--as", "ana@demo")

        approve(cli, request)

        assert count(cli, AT_RISK) == before + planned["effect"]["users_changed"]
        listed = cli.json("model", "history", "activation_state")
        assert [(one["version"], one["state"]) for one in listed] == [
            (2, "live"),
            (1, "superseded"),
        ]
        assert listed[1]["published_by"] == "pilothouse"
        assert cli.json("model", "diff", "1", "2")[0]["path"] == "activation_state"

        refused_by(cli, "model", "rollback", "activation_state", "1", "--as", "mara@demo")
        back = cli.json("model", "rollback", "activation_state", "1")

        assert (back["version"], back["models_of"]) == (3, 1)
        assert count(cli, AT_RISK) == before
        acts = [one["what"] for one in cli.json("audit", "list")]
        assert "rollback" in acts

    def test_two_models_that_were_changed_at_once_come_together(
        self, cli: CommandLine, mine: Path
    ) -> None:
        others = mine.with_name("others")
        shutil.copytree(mine, others)
        overtaken = cli.json("model", "apply", "--dir", sooner_at_risk(mine))["change_request"]
        change(others, "ltv", "-- meaning: ", "-- meaning: In dollars: ")
        first = cli.json("model", "apply", "--dir", str(others))["change_request"]
        approve(cli, first["id"])

        anew = cli.json("approvals", "rebase", overtaken["id"], "--as", "ana@demo")

        assert "In dollars" in anew["content"]["models"]["ltv"]
        assert anew["effect"]["changed"][0]["name"] == "activation_state"
        assert anew["effect"]["users_changed"] > 0

    def test_an_audit_that_fails_leaves_the_version_before_live(
        self, cli: CommandLine, mine: Path
    ) -> None:
        before = cli.rows("SELECT SUM(momentum_score) FROM traits")
        change(mine, "momentum_score", "40.0 * LEAST", "90.0 * LEAST")
        request = cli.json("model", "apply", "--dir", str(mine))["change_request"]["id"]

        refused = refused_by(cli, "approvals", "approve", request, "--as", "pavel@demo")

        assert "AUDIT_FAILED" in refused.err
        assert "range 0 .. 100" in refused.err
        assert cli.rows("SELECT SUM(momentum_score) FROM traits") == before
        assert cli.json("model", "history")[0]["published_by"] == "pilothouse"
        assert cli.json("approvals", "show", request)["state"] == "expired"

    def test_a_trait_that_a_live_rule_reads_is_not_taken_away(
        self, cli: CommandLine, mine: Path
    ) -> None:
        asked = cli.json("ask", WIN_BACK)
        approve(cli, asked["change_request"]["id"])
        (mine / "activation_state.sql").unlink()

        refused = refused_by(cli, "model", "apply", "--dir", str(mine))

        assert "would be gone" in refused.err

    def test_the_live_models_are_not_proposed(self, cli: CommandLine, mine: Path) -> None:
        assert "those that are live" in refused_by(cli, "model", "apply", "--dir", str(mine)).err


def _broken(folder: Path) -> None:
    change(folder, "ltv", "SELECT\n", "SELEC\n")


def _circle(folder: Path) -> None:
    change(folder, "support_risk", "FROM user_facts", "FROM user_facts AS f, churn_risk AS c")


def _unknown_table(folder: Path) -> None:
    change(folder, "ltv", "FROM user_facts", "FROM raw_events")


def _unknown_column(folder: Path) -> None:
    change(folder, "ltv", "ROUND(revenue, 2)", "ROUND(revenues, 2)")


def _wrong_type(folder: Path) -> None:
    change(folder, "ltv", "-- type: number", "-- type: boolean")


def _header(folder: Path) -> None:
    change(folder, "ltv", "-- owner: billing\n", "")


def _header_key(folder: Path) -> None:
    change(folder, "ltv", "-- owner: billing", "-- ownr: billing")


def _audit(folder: Path) -> None:
    change(folder, "ltv", "-- audit: range 0 ..", "-- audit: positive")


def _name(folder: Path) -> None:
    change(folder, "ltv", "-- name: ltv", "-- name: value")


def _files(folder: Path) -> None:
    change(folder, "ltv", "FROM user_facts", "FROM read_csv('/etc/passwd')")


def _clock(folder: Path) -> None:
    change(folder, "ltv", "ROUND(revenue, 2)", "EXTRACT(YEAR FROM CURRENT_DATE)")


def _two(folder: Path) -> None:
    change(folder, "ltv", "FROM user_facts", "FROM user_facts; DROP TABLE dim_users")


def _star(folder: Path) -> None:
    change(folder, "user_plans", "    user_id,\n", "    *,\n")


@pytest.mark.parametrize(
    ("spoil", "where", "says"),
    [
        (_broken, "ltv.sql:", "cannot be read"),
        (_circle, "sql:", "circle"),
        (_unknown_table, "ltv.sql:12", "reads raw_events"),
        (_unknown_column, "ltv.sql:11", "revenues"),
        (_wrong_type, "ltv.sql:", "is DOUBLE, not boolean"),
        (_header, "ltv.sql:1", "lacks owner"),
        (_header_key, "ltv.sql:4", "no header line"),
        (_audit, "ltv.sql:7", "no audit"),
        (_name, "ltv.sql:1", "says its name is value"),
        (_files, "ltv.sql:", "may not be"),
        (_clock, "ltv.sql:", "may not be used"),
        (_two, "ltv.sql:1", "not one query"),
        (_star, "user_plans.sql:", "SELECT *"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place_and_what_to_do(
    cli: CommandLine, mine: Path, spoil: Any, where: str, says: str
) -> None:
    spoil(mine)

    refused = refused_by(cli, "model", "plan", "--dir", str(mine), "--json")

    (refusal,) = refused.document["refusals"]
    assert refusal["code"] == "MODEL_INVALID"
    assert where in refusal["span"]
    assert says in refusal["message"]
    assert refusal["fix"]


class TestBuild:
    def test_a_build_is_carried_on_and_compared_with_the_one_before(self, cli: CommandLine) -> None:
        again = cli.json("model", "build")
        full = cli.json("model", "build", "--full")

        assert again["how"] == {"user_events": "rolled"}
        assert full["how"] == {"user_events": "full"}
        drift = cli.json("model", "drift")
        assert {one["verdict"] for one in drift["traits"]} == {"quiet"}
        assert all(one["psi"] == 0 for one in drift["traits"])

    def test_the_models_are_listed_with_what_they_read(self, cli: CommandLine) -> None:
        listed = {one["name"]: one for one in cli.json("model", "list")["models"]}

        assert listed["churn_risk"]["reads"] == ["support_risk", "user_facts"]
        assert listed["user_events"]["incremental"] == ["event_time", "received_at"]


class TestLineage:
    def test_a_column_of_events_is_followed_to_a_live_rule_and_its_channel(
        self, cli: CommandLine
    ) -> None:
        asked = cli.json("ask", WIN_BACK)
        approve(cli, asked["change_request"]["id"])

        found = cli.json("model", "lineage", "fct_events.event_name")

        down = {one["name"] for one in found["downstream"]}
        assert {"workout_completed", "user_events.workouts_14d", "activation_state"} <= down
        (rule,) = [one for one in found["downstream"] if one["kind"] == "rule"]
        assert (rule["name"], rule["version"]) == (asked["artifact"]["key"], 1)
        assert rule["state"] == "live"
        assert {"action", "channel"} <= {one["kind"] for one in found["downstream"]}
        assert "action" not in {one["kind"] for one in found["upstream"]}

    def test_an_event_reaches_only_the_traits_that_count_it(self, cli: CommandLine) -> None:
        found = cli.json("model", "lineage", "pricing_viewed")

        traits = {one["name"] for one in found["downstream"] if one["kind"] == "trait"}
        assert "upgrade_intent" in traits
        assert not traits & {"activation_state", "momentum_score", "churn_risk", "support_risk"}

    def test_a_policy_is_followed_back_to_its_columns_and_on_to_its_channels(
        self, cli: CommandLine
    ) -> None:
        asked = cli.json("ask", DECISION)
        approve(cli, asked["change_request"]["id"])

        found = cli.json("model", "lineage", asked["artifact"]["key"])

        assert {"action", "channel"} <= {one["kind"] for one in found["downstream"]}
        up = {one["name"] for one in found["upstream"]}
        assert {"fct_events.event_name", "workout_completed"} <= up

    def test_an_unknown_name_is_refused_with_the_nearest(self, cli: CommandLine) -> None:
        refused = refused_by(cli, "model", "lineage", "fct_events.event_nam")

        assert "fct_events.event_name" in refused.err


def _opened(cli: CommandLine) -> Workspace:
    return open_workspace(load_settings({"workspace": str(cli.workspace)}))


def test_a_version_that_was_published_before_a_crash_is_shown_at_the_next_start(
    cli: CommandLine, mine: Path
) -> None:
    before = count(cli, AT_RISK)
    workspace = _opened(cli)
    proposed = modelling.read_folder(Path(sooner_at_risk(mine)))
    planned = model_effects.plan(workspace, proposed)
    ana, pavel = workspace.person("ana@demo"), workspace.person("pavel@demo")
    request = model_effects.propose_models(workspace, proposed, planned, author=ana, reason="")
    approvals.decide(
        workspace.store,
        request.id,
        person=pavel,
        verdict="approve",
        comment="",
        now=workspace.now(),
    )
    rulebook.publish(
        workspace.store,
        request.id,
        now=workspace.now(),
        prepare=partial(data_changes.prepare, workspace),
    )
    # The process ends here: the version is live, and readers still see the build before.
    assert workspace.warehouse.fetch(AT_RISK).scalar() == before
    workspace.close()

    again = _opened(cli)
    try:
        assert again.warehouse.fetch(AT_RISK).scalar() > before
        assert requests.get(again.store, request.id).state.value == "live"
        started = time.process_time()
        data_changes.roll_back(again, "trait_models", 1, person=again.person("ada@demo"))
        assert time.process_time() - started < 1
        assert again.warehouse.fetch(AT_RISK).scalar() == before
    finally:
        again.close()
