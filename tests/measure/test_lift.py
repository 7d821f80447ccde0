"""Lift: the checks first, then the number; and the number finds a truth that was planted."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Code, PilothouseError
from measure.assignment_readout import Arm, read_out, relative_interval
from measure.lift import LiftReport, lift
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

NOW = datetime(2026, 3, 2)
SCHEMA = """
CREATE TABLE decisions (decision_id VARCHAR, cycle_id VARCHAR, user_id VARCHAR,
    decided_at TIMESTAMP, policy_key VARCHAR, policy_version INTEGER, action_key VARCHAR,
    channel VARCHAR, outcome VARCHAR, reason_code VARCHAR, ghost BOOLEAN);
CREATE TABLE fct_events (event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR);
CREATE TABLE fct_messages (message_id VARCHAR, user_id VARCHAR, policy_key VARCHAR,
    sent_at TIMESTAMP);
"""


class Trial:
    """A policy's decisions and what users did afterwards."""

    def __init__(self, folder: Path) -> None:
        self.catalog = load_catalog()
        self.warehouse = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
        self.warehouse.execute(SCHEMA)

    def decide(self, arm: str, first: int, users: int, *, days_ago: float = 10) -> None:
        """``users`` users from number ``first`` on, selected or held out."""
        self.warehouse.execute(
            "INSERT INTO decisions SELECT 'd' || i, 'c', 'u' || i, $at, 'nudge', 1, "
            "'upgrade_nudge', 'push', $outcome, $reason, $ghost FROM range($first, $last) t(i)",
            {
                "at": NOW - timedelta(days=days_ago),
                "outcome": arm,
                "reason": "SELECTED" if arm == "selected" else "HELD_OUT_POLICY",
                "ghost": arm == "held_out",
                "first": first,
                "last": first + users,
            },
        )

    def pay(self, first: int, users: int, *, days_ago: float = 9) -> None:
        """They subscribe."""
        self.warehouse.execute(
            "INSERT INTO fct_events SELECT $at, 'u' || i, 'subscription_started' "
            "FROM range($first, $last) t(i)",
            {"at": NOW - timedelta(days=days_ago), "first": first, "last": first + users},
        )

    def message(self, user: int, *, days_ago: float = 9.5) -> None:
        """They get a message of the policy."""
        row = {"user": f"u{user}", "at": NOW - timedelta(days=days_ago)}
        self.warehouse.execute("INSERT INTO fct_messages VALUES ('m', $user, 'nudge', $at)", row)

    def lift(self, **more: object) -> LiftReport:
        """Read it out."""
        runner = CheckedRunner(self.warehouse, self.catalog)
        return lift(runner, self.catalog, "nudge", as_of=NOW, **more)


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path)
    yield made
    made.warehouse.close()


def _fair(trial: Trial) -> None:
    trial.decide("selected", 0, 900)
    trial.decide("held_out", 900, 100)


def test_lift_is_the_difference_of_the_arms(trial: Trial) -> None:
    _fair(trial)
    trial.pay(0, 180)
    trial.pay(900, 10)

    report = trial.lift()

    found = report.overall
    assert (found.treated, found.treated_reached) == (900, 180)
    assert (found.held_out, found.held_out_reached) == (100, 10)
    assert found.difference == pytest.approx(0.1)
    assert found.relative == pytest.approx(1.0)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert 0 < found.ci_low < 0.1 < found.ci_high
    assert report.verdict.startswith("Lift: +10.0 percentage points")


def test_no_effect_is_called_no_clear_lift(trial: Trial) -> None:
    _fair(trial)
    trial.pay(0, 90)
    trial.pay(900, 10)

    assert trial.lift().verdict.startswith("No clear lift")


def test_a_sample_ratio_mismatch_is_reported_before_lift(trial: Trial) -> None:
    trial.decide("selected", 0, 900)
    trial.decide("held_out", 900, 300)
    trial.pay(0, 500)

    found = trial.lift().overall

    assert found.difference is None
    assert "do not match the holdout of 10%" in str(found.withheld)
    assert found.sample_ratio_p < 0.001


def test_a_message_to_a_held_out_user_withholds_the_number(trial: Trial) -> None:
    _fair(trial)
    trial.message(950)

    found = trial.lift().overall

    assert found.contaminated == 1
    assert found.difference is None
    assert "1 held-out users got a message" in str(found.withheld)


def test_only_decisions_whose_horizon_is_over_count(trial: Trial) -> None:
    _fair(trial)
    trial.decide("selected", 2000, 50, days_ago=3)

    assert trial.lift().overall.treated == 900
    assert trial.lift(horizon_days=2).overall.treated == 950


def test_a_goal_before_the_decision_or_after_the_horizon_does_not_count(trial: Trial) -> None:
    _fair(trial)
    trial.pay(0, 5, days_ago=11)
    trial.pay(10, 5, days_ago=2)
    trial.pay(20, 5, days_ago=4)

    assert trial.lift().overall.treated_reached == 5


def test_a_user_who_was_decided_on_twice_counts_once(trial: Trial) -> None:
    _fair(trial)
    trial.decide("selected", 0, 100, days_ago=8)

    assert trial.lift().overall.treated == 900


def test_another_goal_can_be_named_but_not_an_unknown_one(trial: Trial) -> None:
    _fair(trial)

    assert trial.lift(goal_event="workout_completed").goal_event == "workout_completed"
    with pytest.raises(PilothouseError) as refused:
        trial.lift(goal_event="flew_to_mars")
    assert refused.value.refusal.code is Code.UNKNOWN_EVENT


def test_a_policy_without_decisions_is_refused_with_the_next_step(trial: Trial) -> None:
    with pytest.raises(PilothouseError, match="no decisions that are 7 days old") as refused:
        trial.lift()

    assert refused.value.refusal.fix


def test_the_interval_covers_a_planted_lift_about_95_times_in_100() -> None:
    chance = random.Random(7)
    planted, base, covered = 0.05, 0.10, 0
    for _ in range(200):
        treated = sum(chance.random() < base + planted for _ in range(900))
        held_out = sum(chance.random() < base for _ in range(100))
        found = read_out(Arm(900, treated), Arm(100, held_out), held_out_share=0.1)
        assert found.ci_low is not None
        assert found.ci_high is not None
        covered += found.ci_low <= planted <= found.ci_high

    assert 180 <= covered <= 198


def test_an_empty_arm_gives_no_number() -> None:
    found = read_out(Arm(5, 2), Arm(0, 0), held_out_share=0.1)

    assert found.difference is None
    assert "one of the arms is empty" in str(found.withheld)


def test_the_relative_interval_is_katz() -> None:
    # Katz et al. 1978; 15/30 against 10/30: ratio 1.5, standard error sqrt(1/15+1/10-2/30).
    interval = relative_interval(Arm(30, 15), Arm(30, 10))

    assert interval is not None
    assert interval.low == pytest.approx(1.5 * 0.538055 - 1, abs=1e-4)
    assert interval.high == pytest.approx(1.5 / 0.538055 - 1, abs=1e-4)
    assert relative_interval(Arm(30, 15), Arm(30, 0)) is None


def test_a_report_is_plain_json(trial: Trial) -> None:
    _fair(trial)

    assert json.loads(trial.lift().model_dump_json())["policy"] == "nudge"
