"""The demo data: messy on purpose, and on the way that real traffic takes."""

from __future__ import annotations

import duckdb
import pytest

from tests.warehouse.demo.worlds import value
from warehouse.consolidate.consolidation import consolidate_in, run
from warehouse.demo.generate import generate
from warehouse.identity import update as identity
from warehouse.identity.settings import IdentitySettings


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
        assert value(demo, mess) >= 5

    def test_facts_hold_each_message_once(self, demo: duckdb.DuckDBPyConnection) -> None:
        assert value(demo, "SELECT count(*) - count(DISTINCT message_id) FROM fct_events") == 0


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
            assert value(connection, f"SELECT count(*) FROM ({one} EXCEPT ALL {other})") == 0
            assert value(connection, f"SELECT count(*) FROM ({other} EXCEPT ALL {one})") == 0

    def test_with_a_short_raw_log_consolidation_changes_nothing(self) -> None:
        connection = duckdb.connect(config={"threads": 2})
        generate(connection, users=600, days=40)
        marks = "SELECT (SELECT bit_xor(hash(e)) FROM fct_events e), count(*), bit_xor(hash(u))"
        before = connection.execute(f"{marks} FROM dim_users u").fetchone()

        self._consolidated(connection)

        assert connection.execute(f"{marks} FROM dim_users u").fetchone() == before
        assert value(connection, "SELECT count(DISTINCT reason) FROM identity_map") == 5

    def test_raw_events_have_the_loaders_key_from_the_start(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        for table in ("raw_events", "dead_letters"):
            wrong = f"""
                SELECT count(*) FROM {table} WHERE message_key IS DISTINCT FROM
                    CAST('0x' || substr(md5(message_id), 1, 15) AS BIGINT)
            """
            assert value(demo, wrong) == 0


class TestEnoughUsersForThePrompts:
    def test_the_upgrade_prompt_finds_a_tenth_to_a_third_of_the_users(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        share = value(
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
