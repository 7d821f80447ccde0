"""The demo data: contracted, deterministic, messy on purpose, with a cause that can be seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from core.assignment import bucket, in_range, share_end
from core.errors import Code, PilothouseError
from core.reasons import BY_CODE
from warehouse.consolidate.consolidation import consolidate_in, run
from warehouse.demo.generate import SCENARIOS, generate
from warehouse.demo.reactions import simulate_reactions
from warehouse.demo.truth import DemoTruth
from warehouse.identity import update as identity
from warehouse.identity.settings import IdentitySettings

NOW = datetime(2026, 6, 29)

FIRST_COLUMNS = {
    "dim_users": "user_id device_os utm_source country marketing_opt_in timezone email signup_at "
    "app_version merged_into",
    "fct_events": "event_time user_id event_name properties message_id anonymous_id received_at "
    "device_os app_version",
    "fct_subscriptions": "user_id status trial_start trial_end is_upgrade plan price started_at "
    "ended_at",
    "fct_support": "user_id ticket_reason created_at csat_score ticket_id status closed_at",
    "fct_messages": "message_id user_id channel action_key policy_key decision_id campaign sent_at "
    "delivered_at opened_at clicked_at failed_reason",
    "fct_consent": "user_id purpose channel status effective_at observed_at source",
    "fct_spend": "day utm_source country spend",
    "decisions": "decision_id cycle_id user_id decided_at policy_key policy_version action_key "
    "channel outcome reason_code ghost",
    "dim_releases": "device_os app_version released_at",
    "traits": "user_id activation_state momentum_score upgrade_intent support_risk "
    "preferred_workout_type lifecycle_stage churn_risk ltv upgrade_propensity",
    "meta": "key value",
}


@cache
def _world(scenario: str) -> tuple[duckdb.DuckDBPyConnection, DemoTruth]:
    connection = duckdb.connect(config={"threads": 2})
    return connection, generate(connection, users=4_000, days=56, scenario=scenario)


@pytest.fixture
def demo() -> duckdb.DuckDBPyConnection:
    return _world("ios_checkout")[0]


def _value(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def _fingerprints(threads: int, seed: int = 7) -> dict[str, tuple[object, ...] | None]:
    """A number per table that any change of any row changes, whatever the order of rows."""
    connection = duckdb.connect(config={"threads": threads})
    generate(connection, users=500, days=40, seed=seed)
    tables = connection.execute("""
        SELECT table_name FROM information_schema.tables
        WHERE table_schema = 'main' AND table_catalog = current_database()
    """)
    names = [name for (name,) in tables.fetchall()]
    marks = exp.select("count(*)", "bit_xor(hash(t))")
    return {
        name: connection.execute(marks.from_(f"{name} AS t").sql(dialect="duckdb")).fetchone()
        for name in names
    }


class TestSameArgumentsSameData:
    def test_two_runs_agree_in_every_table_whatever_the_number_of_threads(self) -> None:
        one = _fingerprints(threads=1)
        assert one == _fingerprints(threads=3)
        assert one.keys() >= FIRST_COLUMNS.keys() | {"raw_events", "dead_letters"}

    def test_another_seed_gives_other_data(self) -> None:
        one, other = _fingerprints(threads=2), _fingerprints(threads=2, seed=8)
        assert {name for name in one if one[name] == other[name]} == {"dim_releases"}

    def test_generating_again_replaces_what_was_there_and_leaves_nothing_behind(self) -> None:
        connection = duckdb.connect()
        generate(connection, users=300, days=35, seed=1)
        generate(connection, users=200, days=35, seed=2, as_of=date(2026, 3, 30))
        assert _value(connection, "SELECT count(*) FROM dim_users") == 200
        assert _value(connection, "SELECT max(event_time) < '2026-03-30' FROM fct_events")
        assert _value(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == 0

    def test_a_failure_leaves_the_tables_as_they_were(self) -> None:
        connection = duckdb.connect()
        generate(connection, users=300, days=35)

        def fail(what: str, _share: float) -> None:
            if what == "raw":
                raise RuntimeError("the disk is full")

        with pytest.raises(RuntimeError):
            generate(connection, users=200, days=35, progress=fail)
        assert _value(connection, "SELECT count(*) FROM dim_users") == 300
        assert _value(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == 0

    @pytest.mark.parametrize(
        "arguments", [{"users": 5}, {"days": 0}, {"seed": -1}, {"scenario": "godzilla"}]
    )
    def test_impossible_arguments_are_refused(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(PilothouseError) as refused:
            generate(duckdb.connect(), **arguments)
        assert refused.value.refusal.code == Code.INVALID_ARGUMENT
        assert refused.value.refusal.fix


class TestContract:
    @pytest.mark.parametrize("table", FIRST_COLUMNS)
    def test_a_table_has_its_columns_in_the_contracted_order(
        self, table: str, demo: duckdb.DuckDBPyConnection
    ) -> None:
        columns = demo.execute("SELECT name FROM pragma_table_info(?)", [table]).fetchall()
        assert [name for (name,) in columns] == FIRST_COLUMNS[table].split()

    def test_events_have_the_contracted_names_and_only_their_properties(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        rows = demo.execute("""
            SELECT event_name, string_agg(DISTINCT array_to_string(json_keys(properties), '+'), '|')
            FROM fct_events GROUP BY event_name
        """)
        keys = dict(rows.fetchall())
        plain = "app_opened onboarding_completed workout_started pricing_viewed plan_compared "
        plain += "checkout_started subscription_cancelled ticket_opened"
        assert keys == dict.fromkeys(plain.split(), "") | {
            "workout_completed": "workout_type+duration_seconds",
            "workout_saved": "workout_type",
            "checkout_failed": "error",
            "subscription_started": "plan+price",
        }

    def test_nothing_happens_at_or_after_the_end_of_the_data(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        latest = demo.execute("""
            SELECT greatest(
                (SELECT max(greatest(event_time, received_at)) FROM fct_events),
                (SELECT max(signup_at) FROM dim_users),
                (SELECT max(greatest(coalesce(trial_start, started_at), coalesce(started_at,
                    trial_start))) FROM fct_subscriptions),
                (SELECT max(ended_at) FROM fct_subscriptions),
                (SELECT max(greatest(created_at, coalesce(closed_at, created_at)))
                    FROM fct_support),
                (SELECT max(greatest(sent_at, coalesce(clicked_at, opened_at, delivered_at,
                    sent_at))) FROM fct_messages),
                (SELECT max(observed_at) FROM fct_consent),
                (SELECT max(decided_at) FROM decisions),
                (SELECT max(released_at) FROM dim_releases))
        """).fetchone()
        assert latest is not None
        assert latest[0] < NOW
        assert _value(demo, "SELECT max(event_time) > '2026-06-28 20:00' FROM fct_events")

    def test_meta_says_how_the_data_was_made_and_what_is_true(self) -> None:
        connection, truth = _world("ios_checkout")
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        assert meta["as_of"] == "2026-06-29T00:00:00"
        assert (meta["users"], meta["days"], meta["seed"]) == ("4000", "56", "7")
        assert DemoTruth.model_validate(json.loads(meta["truth"])) == truth

    def test_events_lie_in_order_of_time_so_that_recent_days_are_found_fast(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        disorder = _value(
            demo,
            """
            SELECT count(*) FROM (
                SELECT event_time < lag(event_time) OVER (ORDER BY rowid) AS earlier FROM fct_events
            ) WHERE earlier
        """,
        )
        assert disorder < 20


class TestConsistency:
    def test_facts_refer_only_to_canonical_users(self, demo: duckdb.DuckDBPyConnection) -> None:
        for table in ("fct_events", "fct_subscriptions", "fct_support", "fct_consent", "decisions"):
            strangers = (
                exp.select("count(*)")
                .from_(table)
                .where("user_id NOT IN (SELECT user_id FROM dim_users WHERE merged_into IS NULL)")
            )
            assert _value(demo, strangers.sql(dialect="duckdb")) == 0

    def test_merged_users_point_at_a_canonical_one(self, demo: duckdb.DuckDBPyConnection) -> None:
        share, broken = demo.execute("""
            SELECT avg(CASE WHEN u.merged_into IS NULL THEN 0 ELSE 1 END),
                count(*) FILTER (WHERE u.merged_into IS NOT NULL AND (c.user_id IS NULL
                    OR c.merged_into IS NOT NULL))
            FROM dim_users u LEFT JOIN dim_users c ON c.user_id = u.merged_into
        """).fetchone() or (0, 1)
        assert 0.02 < share < 0.05
        assert broken == 0

    def test_a_ticket_is_open_exactly_while_it_is_not_closed(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        assert (
            _value(
                demo,
                "SELECT count(*) FROM fct_support WHERE (status = 'open') <> (closed_at IS NULL)",
            )
            == 0
        )
        assert _value(demo, "SELECT count(*) FROM fct_support WHERE status = 'open'") > 60

    def test_a_subscription_has_the_dates_of_its_status(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        assert (
            _value(
                demo,
                """
            SELECT count(*) FROM fct_subscriptions WHERE CASE status
                WHEN 'trialing' THEN trial_start IS NULL OR trial_end <= trial_start
                    OR started_at IS NOT NULL OR ended_at IS NOT NULL
                WHEN 'active' THEN started_at IS NULL OR ended_at IS NOT NULL
                WHEN 'canceled' THEN started_at IS NULL OR ended_at IS NULL
                WHEN 'expired' THEN ended_at IS NULL
                ELSE TRUE END OR (is_upgrade AND NOT started_at BETWEEN trial_start AND trial_end)
        """,
            )
            == 0
        )

    def test_every_payment_of_the_window_has_its_event_but_for_those_still_on_the_way(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        paid, told = demo.execute("""
            SELECT count(*), count(e.user_id) FROM fct_subscriptions s
            LEFT JOIN fct_events e ON e.user_id = s.user_id
                AND e.event_name = 'subscription_started' AND e.event_time = s.started_at
            WHERE s.started_at >= TIMESTAMP '2026-06-29' - INTERVAL 56 DAY
                AND s.user_id NOT IN (SELECT user_id FROM dim_users
                    WHERE signup_at < TIMESTAMP '2026-06-29' - INTERVAL 59 DAY)
        """).fetchone() or (0, 0)
        assert paid > 100
        assert paid - told <= 0.02 * paid

    def test_the_holdout_of_past_decisions_is_the_bucket_rule(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        rows = demo.execute("""
            SELECT policy_key, user_id, outcome = 'held_out', ghost FROM decisions
                WHERE outcome IN ('selected', 'held_out')
        """).fetchall()
        end = share_end(0.1)
        for policy, user, held_out, ghost in rows:
            assert held_out == ghost == in_range(bucket(policy, user), "0", end)

    def test_past_decisions_carry_codes_of_the_closed_list_with_their_outcome(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        pairs = demo.execute("SELECT DISTINCT reason_code, outcome FROM decisions").fetchall()
        assert all(BY_CODE[code].outcome == outcome for code, outcome in pairs)
        assert {outcome for _, outcome in pairs} == {"selected", "held_out", "suppressed", "lost"}

    def test_messages_are_exactly_those_of_selected_decisions(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        assert (
            _value(
                demo,
                """
            SELECT count(*) FROM fct_messages m FULL JOIN (SELECT * FROM decisions
                WHERE outcome = 'selected') d USING (decision_id)
            WHERE m.message_id IS NULL OR d.user_id IS NULL
        """,
            )
            == 0
        )


class TestMess:
    @pytest.mark.parametrize(
        "mess",
        [
            "SELECT count(*) - count(country) FROM dim_users",
            "SELECT count(*) - count(timezone) FROM dim_users",
            "SELECT count(*) - count(utm_source) FROM dim_users",
            "SELECT count(*) - count(email) FROM dim_users",
            "SELECT count(*) - count(marketing_opt_in) FROM dim_users",
            "SELECT count(*) FROM dim_users WHERE timezone = 'Mars/Base'",
            "SELECT count(*) FROM dim_users WHERE timezone IN ('Europe/Berlin',"
            " 'America/New_York')",
            "SELECT count(*) FROM fct_support WHERE status = 'closed' AND csat_score IS NULL",
            "SELECT count(*) FROM fct_subscriptions WHERE status = 'trialing'"
            " AND trial_end < TIMESTAMP '2026-06-29'",
            "SELECT count(*) - count(DISTINCT user_id) FROM fct_subscriptions",
            "SELECT count(*) FROM fct_events WHERE received_at > event_time + INTERVAL 1 HOUR",
            "SELECT count(*) - count(DISTINCT message_id) FROM raw_events",
            "SELECT count(*) FROM raw_events WHERE user_id IS NULL",
            "SELECT count(*) FROM (SELECT anonymous_id FROM raw_events GROUP BY 1"
            " HAVING count(DISTINCT user_id) > 1)",
            "SELECT count(*) FROM dead_letters",
            "SELECT count(*) FROM dim_users u WHERE merged_into IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM fct_consent c WHERE c.user_id = u.user_id)",
            "SELECT count(*) FROM fct_consent WHERE status = 'withdrawn'",
        ],
    )
    def test_the_data_has_the_gaps_of_real_data(
        self, mess: str, demo: duckdb.DuckDBPyConnection
    ) -> None:
        assert _value(demo, mess) >= 5

    def test_facts_hold_each_message_once(self, demo: duckdb.DuckDBPyConnection) -> None:
        assert _value(demo, "SELECT count(*) - count(DISTINCT message_id) FROM fct_events") == 0


class TestTheWayOfRealTraffic:
    @staticmethod
    def _consolidated(connection: duckdb.DuckDBPyConnection) -> None:
        identity.prepare(connection)
        run(connection, "tables")
        consolidate_in(connection, IdentitySettings())

    @pytest.mark.parametrize(
        ("scenario", "seed"),
        [("ios_checkout", 7), ("mix_shift", 3), ("tracking_break", 11), ("none", 2)],
    )
    def test_facts_and_users_are_what_consolidation_makes_of_the_raw_events(
        self, scenario: str, seed: int
    ) -> None:
        connection = duckdb.connect(config={"threads": 2})
        generate(connection, users=600, days=40, raw_days=40, scenario=scenario, seed=seed)
        for table in ("fct_events", "dim_users"):
            connection.execute(f"CREATE TABLE made_{table} AS FROM {table}")
            connection.execute(f"DELETE FROM {table}")

        self._consolidated(connection)

        for table in ("fct_events", "dim_users"):
            one, other = f"SELECT * FROM {table}", f"SELECT * FROM made_{table}"
            assert _value(connection, f"SELECT count(*) FROM ({one} EXCEPT ALL {other})") == 0
            assert _value(connection, f"SELECT count(*) FROM ({other} EXCEPT ALL {one})") == 0

    def test_with_a_short_raw_log_consolidation_changes_nothing(self) -> None:
        connection = duckdb.connect(config={"threads": 2})
        generate(connection, users=600, days=40)
        marks = "SELECT (SELECT bit_xor(hash(e)) FROM fct_events e), count(*), bit_xor(hash(u))"
        before = connection.execute(f"{marks} FROM dim_users u").fetchone()

        self._consolidated(connection)

        assert connection.execute(f"{marks} FROM dim_users u").fetchone() == before
        assert _value(connection, "SELECT count(DISTINCT reason) FROM identity_map") == 5

    def test_raw_events_have_the_loaders_key_from_the_start(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        for table in ("raw_events", "dead_letters"):
            wrong = f"""
                SELECT count(*) FROM {table} WHERE message_key IS DISTINCT FROM
                    CAST('0x' || substr(md5(message_id), 1, 15) AS BIGINT)
            """
            assert _value(demo, wrong) == 0


class TestEnoughUsersForThePrompts:
    def test_the_upgrade_prompt_finds_a_tenth_to_a_third_of_the_users(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        share = _value(
            demo,
            """
            SELECT avg(CASE WHEN
                (SELECT count(*) FROM fct_events e WHERE e.user_id = u.user_id
                    AND event_name = 'workout_completed') >= 3
                AND EXISTS (SELECT 1 FROM fct_events e WHERE e.user_id = u.user_id
                    AND event_name = 'pricing_viewed')
                AND NOT EXISTS (SELECT 1 FROM fct_support s WHERE s.user_id = u.user_id
                    AND status = 'open')
                THEN 1.0 ELSE 0.0 END)
            FROM dim_users u WHERE merged_into IS NULL
        """,
        )
        assert 0.1 < share < 0.33

    def test_trial_users_are_spread_over_every_entry_of_the_decision_prompt(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        trial, one, open_tickets, looked = demo.execute("""
            WITH trial AS (
                SELECT user_id, max(trial_start) AS since FROM fct_subscriptions
                WHERE status = 'trialing' AND trial_end > TIMESTAMP '2026-06-29' GROUP BY user_id
            )
            SELECT count(*),
                count(*) FILTER (WHERE 1 = (SELECT count(*) FROM fct_events e
                    WHERE e.user_id = t.user_id AND event_name = 'workout_completed'
                        AND event_time >= t.since)),
                count(*) FILTER (WHERE EXISTS (SELECT 1 FROM fct_support s
                    WHERE s.user_id = t.user_id AND status = 'open')),
                count(*) FILTER (WHERE EXISTS (SELECT 1 FROM fct_events e
                    WHERE e.user_id = t.user_id AND event_name = 'pricing_viewed'))
            FROM trial t
        """).fetchone() or (0, 0, 0, 0)
        assert trial > 300
        assert min(one, open_tickets, looked) > 50


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
        assert planted(_value(_world(scenario)[0], sql))
        assert absent(_value(_world("none")[0], sql))

    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_the_truth_names_the_cause(self, scenario: str) -> None:
        truth = _world(scenario)[1]
        assert truth.scenario == scenario
        assert (truth.starts_at is None) == (truth.kind == "none") == (truth.effect == 0)

    def test_while_tracking_is_broken_people_go_on_subscribing(self) -> None:
        count = "SELECT count(*) FROM fct_subscriptions WHERE started_at >= TIMESTAMP '2026-06-22'"
        assert _value(_world("tracking_break")[0], count) == _value(_world("none")[0], count)

    def test_the_upgrade_nudge_really_moved_people_in_the_past(self) -> None:
        truth = _world("none")[1]
        assert truth.upgrade_base_rate is not None
        assert truth.upgrade_lift is not None
        assert 0 < truth.upgrade_base_rate < 0.2
        assert 0.1 < truth.upgrade_lift < 0.25

    def test_without_a_cause_the_platforms_differ_by_noise_only(self) -> None:
        rows = _world("none")[0].execute("""
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
        before = _value(world, "SELECT count(*) FROM fct_events")
        truth = simulate_reactions(
            world,
            policy_key="come_back",
            goal_event="workout_completed",
            after=datetime(2026, 6, 1),
        )
        added = _value(world, "SELECT count(*) FROM fct_events") - before
        assert added == truth.selected_conversions + truth.held_out_conversions > 0
        assert (
            _value(
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
        before = _value(world, upgrades)
        simulate_reactions(
            world,
            policy_key="starter_journey",
            goal_event="subscription_started",
            after=datetime(2026, 6, 20),
            lift=0.5,
        )
        assert _value(world, upgrades) > before

    def test_a_lift_beyond_certainty_is_refused(self, world: duckdb.DuckDBPyConnection) -> None:
        with pytest.raises(PilothouseError):
            simulate_reactions(world, policy_key="x", goal_event="y", after=NOW, lift=1.0)
