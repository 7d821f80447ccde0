"""Trait history: a row only when a value changed, and the past as it was known then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.warehouse.clocks.conftest import NOW, THEN
from tests.warehouse.clocks.late_facts import DAY, a_user_of_then, arrive_late, next_build
from warehouse.catalog import Catalog
from warehouse.clocks.late import hindsight
from warehouse.clocks.past import Moment, as_known, stand_at, step_back
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.build import build, show
from warehouse.models.modelset import ModelSet, models_of

TRAITS = "SELECT * FROM traits ORDER BY user_id"


def known(warehouse: DuckDBWarehouse, catalog: Catalog, at: datetime) -> list[tuple[Any, ...]]:
    with as_known(warehouse, catalog, at) as engine:
        return engine.fetch(TRAITS).rows


class TestRecording:
    def test_the_first_build_is_noted_whole(
        self, warehouse: DuckDBWarehouse, models: ModelSet
    ) -> None:
        users = warehouse.fetch("SELECT count(*) FROM traits").scalar()
        noted = warehouse.fetch(
            "SELECT trait, count(*), min(known_at), max(event_at), min(fingerprint) "
            "FROM trait_history GROUP BY trait ORDER BY trait"
        )
        wanted = sorted(model.name for model in models.traits)
        assert noted.rows == [(name, users, NOW, NOW, models.fingerprints[name]) for name in wanted]

    def test_a_build_without_changes_adds_nothing(self, warehouse: DuckDBWarehouse) -> None:
        before = warehouse.fetch("SELECT count(*) FROM trait_history").scalar()
        next_build(warehouse, NOW)
        assert warehouse.fetch("SELECT count(*) FROM trait_history").scalar() == before

    def test_the_next_build_adds_the_changed_values_and_no_others(
        self, warehouse: DuckDBWarehouse
    ) -> None:
        before = warehouse.fetch("SELECT user_id, upgrade_intent FROM traits").rows
        next_build(warehouse, NOW + DAY)
        after = dict(warehouse.fetch("SELECT user_id, upgrade_intent FROM traits").rows)
        changed = {user for user, value in before if after[user] != value}
        noted = warehouse.fetch(
            "SELECT user_id FROM trait_history WHERE known_at = $at AND trait = 'upgrade_intent'",
            {"at": NOW + DAY},
        )
        assert {user for (user,) in noted.rows} == changed
        assert changed

    def test_a_user_who_is_gone_is_gone_from_then_on_only(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        user = a_user_of_then(warehouse, THEN)
        warehouse.execute(
            "UPDATE dim_users SET merged_into = 'u0000001' WHERE user_id = $user", {"user": user}
        )
        next_build(warehouse, NOW + DAY)
        next_build(warehouse, NOW + 2 * DAY)
        assert user in {row[0] for row in known(warehouse, catalog, NOW)}
        assert user not in {row[0] for row in known(warehouse, catalog, NOW + DAY)}


class TestTheTraitsThatWereKnown:
    def test_history_gives_a_past_build_back_exactly(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        first = warehouse.fetch(TRAITS).rows
        next_build(warehouse, NOW + DAY)
        second = warehouse.fetch(TRAITS).rows
        next_build(warehouse, NOW + 3 * DAY)
        assert known(warehouse, catalog, NOW) == first
        assert known(warehouse, catalog, NOW + 2 * DAY) == second
        assert first != second

    def test_before_the_first_build_they_are_worked_out_from_what_had_arrived(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        user = a_user_of_then(warehouse, THEN)
        before = known(warehouse, catalog, THEN)
        arrive_late(warehouse, user, "pricing_viewed", happened=THEN - DAY, arrived=THEN + DAY)
        assert known(warehouse, catalog, THEN) == before
        with warehouse.cursor() as cursor:
            past = step_back(cursor, catalog, Moment(THEN, NOW), models=models)
            query = "SELECT upgrade_intent FROM traits WHERE user_id = $user"
            assert past.traits == "recomputed"
            assert cursor.execute(query, {"user": user}).fetchone() == (0.3,)

    def test_the_past_knows_only_users_who_had_signed_up(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        signed_up = warehouse.fetch(
            "SELECT count(*) FROM dim_users WHERE signup_at < $then AND merged_into IS NULL",
            {"then": THEN},
        )
        assert len(known(warehouse, catalog, THEN)) == signed_up.scalar()

    def test_a_subscription_bought_later_was_still_a_trial(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        bought = """
            SELECT user_id, trial_start, started_at FROM fct_subscriptions
            WHERE is_upgrade AND started_at > trial_start + INTERVAL 1 DAY
            ORDER BY started_at DESC LIMIT 1
        """
        ((user, _, started),) = warehouse.fetch(bought).rows
        one = (
            "SELECT status, is_upgrade, started_at, plan FROM fct_subscriptions "
            "WHERE user_id = $user AND trial_start IS NOT NULL"
        )
        with as_known(warehouse, catalog, started) as engine:
            assert engine.fetch(one, {"user": user}).rows == [("trialing", False, None, None)]

    def test_consent_that_was_not_observed_yet_did_not_count(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        warehouse.execute(
            "INSERT INTO fct_consent BY NAME SELECT 'u0000001' AS user_id, 'marketing' AS purpose, "
            "'sms' AS channel, 'granted' AS status, $said AS effective_at, $told AS observed_at",
            {"said": THEN - DAY, "told": THEN + DAY},
        )
        count = "SELECT count(*) FROM fct_consent WHERE effective_at = $said"
        for moment, seen in ((THEN, 0), (THEN + DAY, 1)):
            with as_known(warehouse, catalog, moment) as engine:
                assert engine.fetch(count, {"said": THEN - DAY}).scalar() == seen

    def test_the_present_is_read_as_it_is(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        with as_known(warehouse, catalog, NOW) as engine:
            assert engine is warehouse
        with warehouse.cursor() as cursor:
            assert stand_at(cursor, catalog, NOW + DAY) is None

    def test_what_arrived_before_the_present_ended_belongs_to_it(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        user = a_user_of_then(warehouse, THEN)
        arrive_late(warehouse, user, "pricing_viewed", happened=THEN, arrived=NOW + DAY)
        with as_known(warehouse, catalog, NOW) as engine:
            assert engine is warehouse

    def test_a_warehouse_without_a_moment_of_its_own_is_in_the_past_before_its_last_arrival(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        warehouse.execute("DROP TABLE meta")
        for moment, is_present in ((NOW, True), (NOW - DAY, False)):
            with as_known(warehouse, catalog, moment) as engine:
                assert (engine is warehouse) is is_present

    def test_without_a_noted_build_nothing_says_what_was_known_when(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        warehouse.execute("DROP TABLE models.trait_builds")
        with as_known(warehouse, catalog, THEN) as engine:
            assert engine is warehouse


class TestLateFacts:
    def test_nobody_else_sees_a_connection_that_stands_in_the_past(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        everything = warehouse.fetch("SELECT count(*) FROM fct_events").scalar()
        with as_known(warehouse, catalog, THEN) as engine:
            assert engine.fetch("SELECT count(*) FROM fct_events").scalar() < everything
            assert warehouse.fetch("SELECT count(*) FROM fct_events").scalar() == everything

    def test_the_report_names_who_would_have_had_another_value(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        user = a_user_of_then(warehouse, THEN)
        with warehouse.cursor() as cursor:
            before = hindsight(cursor, catalog, THEN, models)
        arrive_late(warehouse, user, "pricing_viewed", happened=THEN - DAY, arrived=THEN + 3 * DAY)

        with warehouse.cursor() as cursor:
            report = hindsight(cursor, catalog, THEN, models)

        late = {one.table: one.rows for one in report.late}
        assert late["fct_events"] == {one.table: one.rows for one in before.late}["fct_events"] + 3
        intent = next(one for one in report.traits if one.trait == "upgrade_intent")
        assert (user, "0.0", "0.3") in [tuple(one) for one in intent.examples]

    def test_without_late_facts_the_report_is_empty(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        warehouse.execute("UPDATE fct_events SET received_at = event_time")
        with warehouse.cursor() as cursor:
            report = hindsight(cursor, catalog, THEN, models)
        assert report.traits == ()
        assert {one.rows for one in report.late} == {0}


def test_the_past_is_worked_out_with_the_models_that_are_live(
    warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
) -> None:
    every_look = models.files["upgrade_intent"].replace("LEAST(pricing_30d, 3)", "1")
    with warehouse.transaction() as cursor:
        changed = models_of({**models.files, "upgrade_intent": every_look})
        show(cursor, build(cursor, changed, as_of=NOW, built_at=NOW).build.number)
    least = "SELECT min(upgrade_intent) FROM traits"
    with as_known(warehouse, catalog, THEN) as engine:
        assert engine.fetch(least).scalar() == 0.1
