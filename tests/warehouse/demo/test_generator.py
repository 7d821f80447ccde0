"""The demo data: the same for the same arguments, contracted, consistent."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from core.assignment import bucket, in_range, share_end
from core.errors import Code, PilothouseError
from core.reasons import BY_CODE
from tests.warehouse.demo.worlds import NOW, demo_world, value
from warehouse.demo.generate import generate
from warehouse.demo.truth import DemoTruth

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
        assert value(connection, "SELECT count(*) FROM dim_users") == 200
        assert value(connection, "SELECT max(event_time) < '2026-03-30' FROM fct_events")
        assert value(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == 0

    def test_a_failure_leaves_the_tables_as_they_were(self) -> None:
        connection = duckdb.connect()
        generate(connection, users=300, days=35)

        def fail(what: str, _share: float) -> None:
            if what == "raw":
                raise RuntimeError("the disk is full")

        with pytest.raises(RuntimeError):
            generate(connection, users=200, days=35, progress=fail)
        assert value(connection, "SELECT count(*) FROM dim_users") == 300
        assert value(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == 0

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
        assert value(demo, "SELECT max(event_time) > '2026-06-28 20:00' FROM fct_events")

    def test_meta_says_how_the_data_was_made_and_what_is_true(self) -> None:
        connection, truth = demo_world("ios_checkout")
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        assert meta["as_of"] == "2026-06-29T00:00:00"
        assert (meta["users"], meta["days"], meta["seed"]) == ("4000", "56", "7")
        assert DemoTruth.model_validate(json.loads(meta["truth"])) == truth

    def test_events_lie_in_order_of_time_so_that_recent_days_are_found_fast(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        disorder = value(
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
            assert value(demo, strangers.sql(dialect="duckdb")) == 0

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
            value(
                demo,
                "SELECT count(*) FROM fct_support WHERE (status = 'open') <> (closed_at IS NULL)",
            )
            == 0
        )
        assert value(demo, "SELECT count(*) FROM fct_support WHERE status = 'open'") > 60

    def test_a_subscription_has_the_dates_of_its_status(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        assert (
            value(
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
            value(
                demo,
                """
            SELECT count(*) FROM fct_messages m FULL JOIN (SELECT * FROM decisions
                WHERE outcome = 'selected') d USING (decision_id)
            WHERE m.message_id IS NULL OR d.user_id IS NULL
        """,
            )
            == 0
        )
