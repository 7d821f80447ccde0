"""Freshness: a trait is stale when a source of it has fallen silent, through all models between."""

from __future__ import annotations

from tests.warehouse.clocks.conftest import NOW
from tests.warehouse.clocks.late_facts import DAY
from warehouse.clocks.freshness import freshness, sources_of, stale
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet


def test_fresh_data_makes_no_trait_stale(warehouse: DuckDBWarehouse, models: ModelSet) -> None:
    with warehouse.cursor() as cursor:
        assert stale(cursor, models, NOW) == ()
        assert [one.trait for one in freshness(cursor, models, NOW)] == [
            model.name for model in models.traits
        ]


def test_a_silent_source_makes_stale_what_is_made_from_it_and_nothing_else(
    warehouse: DuckDBWarehouse, models: ModelSet
) -> None:
    warehouse.execute(
        "DELETE FROM fct_support WHERE created_at > $now OR closed_at > $now",
        {"now": NOW - 2 * DAY},
    )

    with warehouse.cursor() as cursor:
        found = {one.trait: one for one in stale(cursor, models, NOW)}

    assert set(found) == {"support_risk", "churn_risk"}
    assert found["churn_risk"].source == "fct_support"
    assert (found["churn_risk"].age_seconds or 0) > found["churn_risk"].slo_seconds == 86_400


def test_an_empty_source_is_as_stale_as_can_be(
    warehouse: DuckDBWarehouse, models: ModelSet
) -> None:
    warehouse.execute("DELETE FROM fct_subscriptions")
    with warehouse.cursor() as cursor:
        found = {one.trait: one for one in stale(cursor, models, NOW)}
    assert found["ltv"].newest is None
    assert found["ltv"].age_seconds is None


def test_events_are_as_fresh_as_their_arrival(warehouse: DuckDBWarehouse, models: ModelSet) -> None:
    warehouse.execute("DELETE FROM fct_events WHERE received_at > $then", {"then": NOW - 3 * DAY})
    warehouse.execute(
        "UPDATE fct_events SET event_time = $now WHERE message_id IN "
        "(SELECT message_id FROM fct_events LIMIT 1)",
        {"now": NOW},
    )
    with warehouse.cursor() as cursor:
        assert "upgrade_intent" in {one.trait for one in stale(cursor, models, NOW)}


def test_sources_are_those_of_the_columns_that_a_trait_reads(models: ModelSet) -> None:
    assert sources_of("upgrade_intent", models) == {"dim_users", "fct_events"}
    assert sources_of("churn_risk", models) == {"dim_users", "fct_events", "fct_support"}
    assert sources_of("ltv", models) == {"dim_users", "fct_subscriptions"}


def test_every_trait_says_what_it_means_who_owns_it_and_how_fresh_it_is(models: ModelSet) -> None:
    for model in models.traits:
        assert model.meaning.endswith(".")
        assert model.meaning.count(". ") == 0
        assert model.owner
        assert model.freshness > 0
        assert {"not_null"} <= {audit.kind for audit in model.audits}
