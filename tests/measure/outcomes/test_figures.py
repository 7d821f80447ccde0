"""Figures: what counts, when there is no number, and what is said instead."""

from __future__ import annotations

import pytest

from control.store import open_store
from measure.outcomes.acquisition import acquisition_cost
from measure.outcomes.conversion import conversion
from measure.outcomes.defaults import asked_for, lacking
from measure.outcomes.governance import guardrail_pass_share
from measure.outcomes.house import House
from measure.outcomes.operation import data_freshness
from measure.outcomes.report import figures
from measure.outcomes.revenue import revenue_per_user
from measure.outcomes.value import time_to_value
from tests.measure.outcomes.business import Business, figure
from tests.measure.small_world import CATALOG
from tests.project.tree import ROOT
from warehouse.catalog import load_catalog

ARPU = figure(CATALOG, "revenue_per_user")
CAC = figure(CATALOG, "acquisition_cost")
FUNNEL = ("app_opened", "pricing_viewed", "plan_compared", "checkout_started")


def test_revenue_per_user_shares_payments_out_over_who_was_there(business: Business) -> None:
    for user in ("a", "b", "c", "d"):
        business.does(user, "app_opened", 2)
    business.buys("a", 3, price=12)
    business.does("e", "app_opened", 9)
    business.buys("e", 9, price=5)

    found = revenue_per_user(business.asked(), ARPU)

    assert found.value == pytest.approx(3.0)
    assert found.before == pytest.approx(5.0)
    assert [one.users for one in found.trend] == [0, 0, 1, 4]
    assert found.sql[0].text.lower().startswith("with")


def test_a_plan_that_renews_is_paid_again_while_it_runs(business: Business) -> None:
    business.does("a", "app_opened", 1)
    business.buys("a", 61, price=10, plan="monthly")
    business.buys("b", 61, price=100, plan="monthly", until=31)
    business.buys("c", 61, price=1000)

    found = revenue_per_user(business.asked(), ARPU)

    assert found.value == pytest.approx(10.0)


def test_amounts_that_are_no_amounts_are_left_out_and_counted(business: Business) -> None:
    business.does("a", "app_opened", 1)
    for price in (float("inf"), float("nan"), -5.0, 8.0):
        business.buys("a", 2, price=price)

    found = revenue_per_user(business.asked(), ARPU)

    assert found.value == pytest.approx(8.0)
    assert found.notes == (
        "3 payments have no usable amount (missing, below 0, infinite or not a number) and are "
        "left out.",
    )


def test_without_anybody_there_is_no_revenue_per_user_and_no_zero(business: Business) -> None:
    found = revenue_per_user(business.asked(), ARPU)

    assert found.value is None
    assert found.statement == "Nobody had the event app_opened in the week up to 2026-06-29."


def test_a_catalog_without_sales_says_where_to_name_them(business: Business) -> None:
    layout = CATALOG.layout.model_copy(update={"sales": None})
    bare = CATALOG.model_copy(update={"layout": layout})

    found = revenue_per_user(business.asked(catalog=bare), ARPU)

    assert found.value is None
    assert "layout.yaml under 'sales'" in str(found.statement)


def test_the_cost_of_a_customer_is_spend_over_who_came_and_paid_in_time(
    business: Business,
) -> None:
    for number in range(4):
        business.signs_up(f"g{number}", 17, "google")
        business.signs_up(f"o{number}", 17, "organic")
    business.buys("g0", 16)
    business.buys("g1", 16)
    business.buys("g2", 1)  # later than two weeks after
    business.buys("o0", 16)
    business.spends(16, 50, "google")
    business.spends(16, float("inf"), "google")

    found = acquisition_cost(business.asked(), CAC)

    by_source = {one.label: one for one in found.parts}
    assert found.value == pytest.approx(50 / 3)
    assert by_source["google"].value == pytest.approx(25)
    assert by_source["organic"].value is None
    assert by_source["organic"].statement == (
        "No spend is noted for the week; 1 new customers came in it."
    )
    assert found.notes == ("1 rows of spend have no usable amount and are left out.",)
    assert found.as_of == "2026-06-15T00:00:00"


def test_values_of_too_few_customers_are_kept(business: Business) -> None:
    business.signs_up("a", 17)
    business.buys("a", 16)
    business.spends(16, 50)

    found = acquisition_cost(business.asked(smallest=5), CAC)

    assert found.value is None
    assert found.trend[-1].users is None
    assert found.statement == "Too few customers came in the week to tell their cost."


def test_a_catalog_without_spend_says_how_to_bring_it_in(business: Business) -> None:
    layout = CATALOG.layout.model_copy(update={"spend": None})

    found = acquisition_cost(
        business.asked(catalog=CATALOG.model_copy(update={"layout": layout})), CAC
    )

    assert "pilothouse import fct_spend FILE" in str(found.statement)


def test_conversion_looks_only_at_who_has_had_the_whole_window(business: Business) -> None:
    for user, days in (("a", 4.0), ("b", 4.0), ("new", 1.0)):
        business.signs_up(user, 40)
        business.does(user, "app_opened", days)
    for place, event in enumerate((*FUNNEL[1:], "subscription_started")):
        business.does("a", event, 3.9 - place / 10)

    found = conversion(business.asked(), figure(CATALOG, "conversion"))

    assert found.value == pytest.approx(0.5)
    assert found.trend[-1].users == 2
    assert found.interval is not None
    assert found.as_of == "2026-06-26T00:00:00"


def test_who_has_not_got_to_value_yet_is_not_dropped(business: Business) -> None:
    for number in range(10):
        business.signs_up(f"u{number}", 35)
    for number, days in enumerate((34, 34, 34, 33, 33, 30)):
        business.does(f"u{number}", "workout_completed", days)

    found = time_to_value(business.asked(), figure(CATALOG, "time_to_value"))

    assert found.value == pytest.approx(2, abs=0.1)
    assert found.trend[-1].users == 10


def test_no_median_is_given_while_fewer_than_half_got_to_value(business: Business) -> None:
    for number in range(10):
        business.signs_up(f"u{number}", 35)
    business.does("u0", "workout_completed", 34)

    found = time_to_value(business.asked(), figure(CATALOG, "time_to_value"))

    assert found.value is None
    assert "Fewer than half got there: 1 of 10" in str(found.statement)


def test_what_stopped_decisions_is_told_by_its_reason(business: Business) -> None:
    business.decides("a", 1)
    business.decides("b", 1, held_out=True)
    business.decides("c", 1, reason="CAP_REACHED")
    business.decides("d", 8, reason="NO_CONSENT")

    found = guardrail_pass_share(business.asked(), figure(CATALOG, "guardrail_pass_share"))

    assert found.value == pytest.approx(2 / 3)
    assert found.before == 0
    reasons = {part.label: part.value for part in found.parts}
    assert reasons["CAP_REACHED"] == pytest.approx(1 / 3)


def test_a_table_that_fell_silent_is_named_with_its_promise(business: Business) -> None:
    business.does("a", "app_opened", 0.5)
    business.messages("a", 5)

    found = data_freshness(business.asked(), figure(CATALOG, "data_freshness"))

    late = {part.label: part.statement for part in found.parts}
    assert found.value == pytest.approx(1 / 3)
    assert late["fct_events"] is None
    assert late["fct_messages"] == "Its newest row is 120 h old; 48 h are promised."
    assert late["fct_support"] == "It has no rows; 24 h are promised."
    assert "traits" in found.notes[0]


def test_a_catalog_of_another_business_says_what_it_lacks() -> None:
    shop = load_catalog(ROOT / "examples" / "shop" / "catalog")

    kinds = {one.metric.kind: one.metric for one in asked_for(shop)}

    assert kinds["conversion"].metric == "conversion"
    assert kinds["revenue_per_user"].event is None
    assert [*lacking(shop)] == ["time_to_value"]
    assert "say in outcomes.yaml which event is value" in lacking(shop)["time_to_value"][2]


def test_a_figure_that_names_what_the_catalog_lacks_says_so(business: Business) -> None:
    named = CATALOG.outcomes["time_to_value"].model_copy(update={"event": "workout_complete"})
    bare = CATALOG.model_copy(update={"outcomes": {"first_value": named}, "metrics": {}})
    store = open_store("sqlite://")

    found = {
        one.key: one
        for kind in ("time_to_value", "conversion")
        for one in figures(business.asked(catalog=bare), House(business.warehouse, store), kind)
    }

    store.close()
    assert "no event 'workout_complete'" in str(found["first_value"].statement)
    assert "workout_completed" in str(found["first_value"].statement)
    assert "The catalog names no metric" in str(found["conversion"].statement)
