"""The demo data: each planted cause can be seen, and reactions have the lift that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import duckdb
import pytest

from core.errors import PilothouseError
from tests.warehouse.demo.worlds import NOW, demo_world, value
from warehouse.demo.generate import SCENARIOS, generate
from warehouse.demo.reactions import simulate_reactions

# What each planted cause shows in plain SQL: the value where it is planted, and where it is not.
SIGNS: dict[str, tuple[str, Callable[[float], bool], Callable[[float], bool]]] = {
    "ios_checkout": (
        "SELECT count(*) FILTER (WHERE event_name = 'subscription_started')"
        " / count(*) FILTER (WHERE event_name = 'checkout_started')"
        " FROM fct_events WHERE device_os = 'ios' AND app_version = '5.4.0'",
        lambda v: v < 0.3,
        lambda v: v > 0.5,
    ),
    "tracking_break": (
        "SELECT count(*) FILTER (WHERE event_name = 'checkout_started')"
        " / count(*) FILTER (WHERE event_name = 'subscription_started')"
        " FROM fct_events WHERE device_os = 'ios' AND app_version = '5.4.0'",
        lambda v: v == 0,
        lambda v: v > 1,
    ),
    "mix_shift": (
        "SELECT avg(CASE WHEN utm_source = 'tiktok' THEN 1.0 ELSE 0.0 END) FROM dim_users"
        " WHERE device_os = 'ios' AND signup_at >= TIMESTAMP '2026-06-22'",
        lambda v: v > 0.6,
        lambda v: v < 0.3,
    ),
    "send_outage": (
        "SELECT avg(CASE WHEN failed_reason IS NULL THEN 0.0 ELSE 1.0 END)"
        " FROM fct_messages m JOIN dim_users u USING (user_id)"
        " WHERE device_os = 'ios' AND channel = 'push' AND sent_at >= TIMESTAMP '2026-06-22'",
        lambda v: v > 0.9,
        lambda v: v < 0.1,
    ),
    "cap_starves_ios": (
        "SELECT avg(CASE WHEN reason_code = 'CAP_REACHED' THEN 1.0 ELSE 0.0 END)"
        " FROM decisions d JOIN dim_users u USING (user_id)"
        " WHERE device_os = 'ios' AND action_key = 'upgrade_nudge'"
        " AND decided_at >= TIMESTAMP '2026-06-22'",
        lambda v: v > 0.4,
        lambda v: v < 0.1,
    ),
    "price_change": (
        "SELECT count(*) FILTER (WHERE event_name = 'checkout_started')"
        " / count(*) FILTER (WHERE event_name = 'plan_compared')"
        " FROM fct_events WHERE event_time >= TIMESTAMP '2026-06-22'",
        lambda v: v < 0.4,
        lambda v: v > 0.5,
    ),
}


class TestScenarios:
    @pytest.mark.parametrize("scenario", SIGNS)
    def test_the_planted_cause_shows_where_it_is_planted_and_only_there(
        self, scenario: str
    ) -> None:
        sql, planted, absent = SIGNS[scenario]
        assert planted(value(demo_world(scenario)[0], sql))
        assert absent(value(demo_world("none")[0], sql))

    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_the_truth_names_the_cause(self, scenario: str) -> None:
        truth = demo_world(scenario)[1]
        assert truth.scenario == scenario
        assert (truth.starts_at is None) == (truth.kind == "none") == (truth.effect == 0)

    def test_while_tracking_is_broken_people_go_on_subscribing(self) -> None:
        count = "SELECT count(*) FROM fct_subscriptions WHERE started_at >= TIMESTAMP '2026-06-22'"
        assert value(demo_world("tracking_break")[0], count) == value(demo_world("none")[0], count)

    def test_the_upgrade_nudge_really_moved_people_in_the_past(self) -> None:
        truth = demo_world("none")[1]
        assert truth.upgrade_base_rate is not None
        assert truth.upgrade_lift is not None
        assert 0 < truth.upgrade_base_rate < 0.2
        assert 0.1 < truth.upgrade_lift < 0.25

    def test_without_a_cause_the_platforms_differ_by_noise_only(self) -> None:
        rows = demo_world("none")[0].execute("""
            SELECT device_os,
                count(*) FILTER (WHERE event_name = 'subscription_started')
                / count(*) FILTER (WHERE event_name = 'checkout_started')
            FROM fct_events WHERE device_os <> 'web' AND event_time >= TIMESTAMP '2026-06-22'
                GROUP BY device_os
        """)
        rates = dict(rows.fetchall())
        assert abs(rates["ios"] - rates["android"]) < 0.2


class TestReactions:
    @pytest.fixture
    def world(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        generate(connection, users=3_000, days=45, scenario="none")
        return connection

    def test_the_selected_convert_more_by_the_lift_and_the_clock_moves_on(
        self, world: duckdb.DuckDBPyConnection
    ) -> None:
        truth = simulate_reactions(
            world,
            policy_key="starter_journey",
            goal_event="subscription_started",
            after=datetime(2026, 5, 20),
            lift=0.3,
            base_rate=0.1,
        )
        assert truth.selected > 5 * truth.held_out > 100
        assert 0.33 < truth.selected_conversions / truth.selected < 0.47
        assert 0.02 < truth.held_out_conversions / truth.held_out < 0.2
        assert truth.as_of > NOW
        meta = dict(world.execute("SELECT key, value FROM meta").fetchall())
        assert datetime.fromisoformat(meta["as_of"]) == truth.as_of

    def test_what_is_simulated_can_be_read_from_events_alone(
        self, world: duckdb.DuckDBPyConnection
    ) -> None:
        before = value(world, "SELECT count(*) FROM fct_events")
        truth = simulate_reactions(
            world,
            policy_key="come_back",
            goal_event="workout_completed",
            after=datetime(2026, 6, 1),
        )
        added = value(world, "SELECT count(*) FROM fct_events") - before
        assert added == truth.selected_conversions + truth.held_out_conversions > 0
        assert (
            value(
                world,
                "SELECT count(*) FROM fct_events WHERE message_id LIKE 'r%'"
                " AND received_at < event_time",
            )
            == 0
        )

    def test_only_those_decided_for_the_named_action_react(
        self, world: duckdb.DuckDBPyConnection
    ) -> None:
        truth = simulate_reactions(
            world,
            policy_key="starter_journey",
            action_key="second_workout_help",
            goal_event="workout_completed",
            after=datetime(2026, 5, 20),
        )
        decided = world.execute("""
            SELECT count(DISTINCT user_id) FILTER (WHERE outcome = 'selected'),
                count(DISTINCT user_id) FILTER (WHERE outcome = 'held_out')
            FROM decisions WHERE action_key = 'second_workout_help' AND decided_at >= '2026-05-20'
        """).fetchone()
        assert (truth.selected, truth.held_out) == decided

    def test_simulating_again_adds_nothing(self, world: duckdb.DuckDBPyConnection) -> None:
        def once() -> object:
            return simulate_reactions(
                world,
                policy_key="starter_journey",
                goal_event="subscription_started",
                after=datetime(2026, 6, 1),
            )

        first = once()
        counts = (
            "SELECT (SELECT count(*) FROM fct_events), (SELECT count(*)"
            " FROM fct_subscriptions), (SELECT count(opened_at) FROM fct_messages)"
        )
        before = world.execute(counts).fetchone()
        assert once() == first
        assert world.execute(counts).fetchone() == before

    def test_a_trial_that_pays_becomes_an_upgrade(self, world: duckdb.DuckDBPyConnection) -> None:
        upgrades = "SELECT count(*) FROM fct_subscriptions WHERE is_upgrade AND status = 'active'"
        before = value(world, upgrades)
        simulate_reactions(
            world,
            policy_key="starter_journey",
            goal_event="subscription_started",
            after=datetime(2026, 6, 20),
            lift=0.5,
        )
        assert value(world, upgrades) > before

    def test_a_lift_beyond_certainty_is_refused(self, world: duckdb.DuckDBPyConnection) -> None:
        with pytest.raises(PilothouseError):
            simulate_reactions(world, policy_key="x", goal_event="y", after=NOW, lift=1.0)
