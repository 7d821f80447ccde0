"""Lift: the checks first, then the number; and the number finds a truth that was planted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from core.errors import Code, PilothouseError
from core.rules import Holdout
from measure.lift import LiftReport, lift
from tests.measure.small_world import CATALOG, SmallWorld
from warehouse.runner import CheckedRunner

NOW = datetime(2026, 3, 2)


class Trial:
    """A policy's decisions and what users did afterwards."""

    def __init__(self, world: SmallWorld) -> None:
        kept = {"tickets": CATALOG.readout_metrics["tickets"]}
        self.catalog = CATALOG.model_copy(update={"readout_metrics": kept})
        self.warehouse = world.warehouse

    def decide(self, arm: str, first: int, users: int, *, days_ago: float = 10) -> None:
        """``users`` users from number ``first`` on, selected or held out."""
        self.warehouse.execute(
            "INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at, policy_key, "
            "policy_version, action_key, channel, outcome, reason_code, ghost) "
            "SELECT 'd' || i, 'c', 'u' || i, $at, 'nudge', 1, 'upgrade_nudge', 'push', "
            "$outcome, $reason, $ghost FROM range($first, $last) t(i)",
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
            "INSERT INTO fct_events (event_time, user_id, event_name) "
            "SELECT $at, 'u' || i, 'subscription_started' FROM range($first, $last) t(i)",
            {"at": NOW - timedelta(days=days_ago), "first": first, "last": first + users},
        )

    def message(self, user: int, *, days_ago: float = 9.5) -> None:
        """They get a message of the policy."""
        row = {"user": f"u{user}", "at": NOW - timedelta(days=days_ago)}
        self.warehouse.execute(
            "INSERT INTO fct_messages (message_id, user_id, policy_key, sent_at) "
            "VALUES ('m', $user, 'nudge', $at)",
            row,
        )

    def lift(self, **more: object) -> LiftReport:
        """Read it out."""
        runner = CheckedRunner(self.warehouse, self.catalog)
        return lift(runner, self.catalog, "nudge", as_of=NOW, **more)


@pytest.fixture
def trial(world: SmallWorld) -> Trial:
    return Trial(world)


def _fair(trial: Trial) -> None:
    trial.decide("selected", 0, 900)
    trial.decide("held_out", 900, 100)


def test_lift_is_the_difference_of_the_arms(trial: Trial) -> None:
    _fair(trial)
    trial.pay(0, 270)
    trial.pay(900, 10)

    report = trial.lift()

    found = report.overall
    assert (found.treated, found.treated_reached) == (900, 270)
    assert (found.held_out, found.held_out_reached) == (100, 10)
    assert found.difference == pytest.approx(0.2)
    assert found.relative == pytest.approx(2.0)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert 0 < found.ci_low < 0.2 < found.ci_high
    assert report.verdict.startswith("Lift: +20.0 percentage points")


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
    assert "do not match their shares (0.1 : 0.9)" in str(found.withheld)
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


def test_a_report_is_plain_json(trial: Trial) -> None:
    _fair(trial)

    assert json.loads(trial.lift().model_dump_json())["policy"] == "nudge"


def test_the_effect_on_whom_the_message_reached_stands_beside_that_of_being_meant(
    trial: Trial,
) -> None:
    _fair(trial)
    trial.pay(0, 270)
    trial.pay(900, 10)
    trial.warehouse.execute(
        "INSERT INTO fct_messages (message_id, user_id, policy_key, sent_at, delivered_at) "
        "SELECT 'm' || i, 'u' || i, 'nudge', $at, CASE WHEN i < 600 THEN $at END "
        "FROM range(0, 900) t(i)",
        {"at": NOW - timedelta(days=9.5)},
    )

    (row,) = trial.lift().readout.metrics[0].comparisons

    assert row.effect is not None
    assert row.compliance == pytest.approx(2 / 3)
    assert row.cace is not None
    assert row.cace.value == pytest.approx(row.effect.value * 1.5)


def test_opt_outs_and_bounces_are_watched_beside_the_goal(trial: Trial) -> None:
    _fair(trial)
    trial.warehouse.execute(
        "INSERT INTO fct_consent (user_id, purpose, channel, status, effective_at, source) "
        "SELECT 'u' || i, 'marketing', 'push', 'withdrawn', $at, "
        "CASE WHEN i < 300 THEN 'preference_center' ELSE 'mail: complained' END "
        "FROM range(0, 350) t(i)",
        {"at": NOW - timedelta(days=9)},
    )
    trial.warehouse.execute(
        "INSERT INTO fct_messages (message_id, user_id, policy_key, sent_at, failed_reason) "
        "SELECT 'm' || i, 'u' || i, 'nudge', $at, CASE WHEN i < 200 THEN 'bounced' END "
        "FROM range(0, 900) t(i)",
        {"at": NOW - timedelta(days=9.5)},
    )

    guards = {row.key: row for row in trial.lift().readout.guards}

    assert guards["unsubscribed"].harmed
    assert guards["unsubscribed"].rate == pytest.approx(300 / 900)
    assert guards["complained"].rate == pytest.approx(50 / 900)
    assert guards["bounces"].harmed
    assert not guards["tickets"].harmed


def test_a_holdout_that_was_changed_withholds_the_number(trial: Trial) -> None:
    _fair(trial)

    drawn_otherwise = trial.lift(holdout=Holdout(share=0.1, salt="another")).overall

    assert "in another arm than salt and shares give now" in str(drawn_otherwise.withheld)


def test_a_tiny_p_is_never_0(trial: Trial) -> None:
    trial.decide("selected", 0, 90_000)
    trial.decide("held_out", 90_000, 10_000)
    trial.pay(0, 60_000)
    trial.pay(90_000, 100)

    (row,) = trial.lift().readout.metrics[0].comparisons

    assert row.p_text == "p < 1e-16"
    assert 0 < float(row.p or 0) < 1e-100
