"""``simulate``, ``backtest``, ``rules diff`` and ``rollback``: what would be, before it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import warehouse
from tests.ui.command_line import ELIGIBILITY, CommandLine

pytestmark = pytest.mark.slow

BUILT_IN = Path(warehouse.__file__).parent / "catalogs" / "workout_app"


def test_a_dry_run_says_what_the_cycle_would_do_and_keeps_nothing(live: CommandLine) -> None:
    before = live.contents()

    found = live.json("simulate")
    told = live("simulate", "--no-week").out

    assert live.contents() == before
    assert found["selected"] == live.json("cycle", "run", "--dry-run")["selected"]
    assert set(found["rules"]) == {"trial_users_priority", "upgrade_nudge"}
    assert len(found["calendar"]) == 7
    assert found["assumptions"]
    assert "get it" in told
    assert "The days to come" not in told


def test_a_draft_in_a_file_is_rehearsed_among_the_rules_in_force(live: CommandLine) -> None:
    rule = live.json("rules", "show", "upgrade_nudge")["artifact"]
    rule["population"] = {"kind": "and", "of": []}
    draft = Path(live.workspace) / "draft.json"
    draft.write_text(json.dumps(rule | {"key": "wider_nudge"}))

    found = live.json("simulate", str(draft), "--no-week")

    assert found["rules"]["wider_nudge"] is None
    actions = {(one["policy"], one["action"]) for one in found["actions"]}
    assert ("wider_nudge", "upgrade_nudge") in actions
    assert ("upgrade_nudge", "upgrade_nudge") in actions
    assert live("simulate", "nonsense").status == 1


def test_a_difference_of_versions_says_who_gains_and_who_loses(live: CommandLine) -> None:
    narrower = ELIGIBILITY.replace("3 workouts", "5 workouts")
    request = live.json("ask", narrower)["change_request"]["id"]
    live.json("approvals", "approve", request)

    told = live("rules", "diff", "upgrade_nudge", "1", "2").out
    people = live.json("rules", "diff", "upgrade_nudge", "1", "2", "--people")

    effect = people["effect"]
    assert effect["lost"] == effect["before"] - effect["after"] > 0
    assert effect["gained"] == effect["winner_changed"] == 0
    assert people["lines"] == live.json("rules", "diff", "upgrade_nudge", "1", "2")
    assert f"{effect['lost']:,} lost" in told


def test_a_version_whose_event_is_gone_is_not_put_back(live: CommandLine) -> None:
    narrower = ELIGIBILITY.replace("3 workouts", "5 workouts")
    live.json("approvals", "approve", live.json("ask", narrower)["change_request"]["id"])
    live.json("rules", "pause", "upgrade_nudge")
    renamed = live.workspace / "catalog"
    shutil.copytree(BUILT_IN, renamed)
    for file in renamed.glob("*.yaml"):
        file.write_text(file.read_text().replace("pricing_viewed", "prices_seen"))
    with (live.workspace / "pilothouse.toml").open("a") as settings:
        settings.write(f'\ncatalog = "{renamed}"\n')

    back = live("rules", "rollback", "upgrade_nudge", "1")
    on = live("rules", "resume", "upgrade_nudge")

    assert (back.status, on.status) == (1, 1)
    assert "Version 1 of 'upgrade_nudge' cannot be put into force" in back.err
    assert "Propose the rule anew." in back.err


def test_a_backtest_replays_days_and_says_what_its_lift_rests_on(live: CommandLine) -> None:
    before = live.contents()
    days = ("--from", "2026-06-22T10:00", "--to", "2026-06-24T10:00")

    found = live.json("backtest", "trial_users_priority", *days)
    told = live("backtest", "trial_users_priority", *days).out

    assert live.contents() == before
    assert [day["day"][:10] for day in found["days"]] == ["2026-06-22", "2026-06-23", "2026-06-24"]
    assert found["messages"] >= found["reached"] > 0
    for lift in found["expected"]:
        if lift["expected"] is None:
            assert lift["basis"].startswith("No basis")
        else:
            assert lift["low"] <= lift["expected"] <= lift["high"]
            assert "holdout" in lift["basis"]
    assert "Expected lift:" in told


def test_days_to_come_are_not_replayed(live: CommandLine) -> None:
    done = live("backtest", "upgrade_nudge", "--from", "2026-06-28", "--to", "2036-01-01")

    assert done.status == 1
    assert "pilothouse simulate" in done.err
