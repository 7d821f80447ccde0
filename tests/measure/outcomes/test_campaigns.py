"""Campaigns: what a policy changed, in conversions and in money, beside what it cost."""

from __future__ import annotations

import pytest

from core.errors import Code, refuse
from measure.lift import lift
from measure.outcomes.campaigns import ReadOut, campaigns
from measure.outcomes.result import Campaign
from tests.measure.outcomes.business import AS_OF, Business
from tests.measure.small_world import CATALOG
from warehouse.catalog import Catalog

_WORLD = """
CREATE OR REPLACE TABLE arms AS
SELECT i, 'u' || i AS user_id, i % 10 = 0 AS held_out FROM range(2000) AS t(i);
INSERT INTO dim_users (user_id, device_os, signup_at)
SELECT user_id, 'ios', TIMESTAMP '2025-01-01' FROM arms;
INSERT INTO decisions
SELECT 'd' || i, 'c', user_id, TIMESTAMP '2026-06-15', 'nudge', 1, 'upgrade_nudge', 'push',
    CASE WHEN held_out THEN 'held_out' ELSE 'selected' END,
    CASE WHEN held_out THEN 'HELD_OUT_POLICY' ELSE 'SELECTED' END, held_out
FROM arms;
INSERT INTO fct_messages (
    message_id, user_id, channel, action_key, policy_key, decision_id, sent_at, delivered_at
)
SELECT 'm' || i, user_id, 'push', 'upgrade_nudge', 'nudge', 'd' || i,
    TIMESTAMP '2026-06-15 01:00', TIMESTAMP '2026-06-15 01:00'
FROM arms WHERE NOT held_out;
INSERT INTO fct_subscriptions (user_id, status, price, started_at)
SELECT user_id, 'active', 10, TIMESTAMP '2026-06-17' FROM arms
WHERE i % 100 < CASE WHEN held_out THEN 10 ELSE 30 END AND i % 3 = 0;
INSERT INTO fct_events (user_id, event_name, event_time, received_at)
SELECT user_id, 'subscription_started', started_at, started_at FROM fct_subscriptions;
"""
_PAID = """
SELECT SUM(CASE WHEN held_out THEN 0 ELSE price END), SUM(CASE WHEN held_out THEN price END)
FROM fct_subscriptions JOIN arms USING (user_id)
"""


def _with_cost(cost: float | None) -> Catalog:
    push = CATALOG.channels["push"].model_copy(update={"cost_per_message": cost})
    return CATALOG.model_copy(update={"channels": CATALOG.channels | {"push": push}})


def _campaign(business: Business, cost: float | None) -> Campaign:
    asked = business.asked(catalog=_with_cost(cost))
    report = lift(business.runner(), asked.catalog, "nudge", as_of=AS_OF)
    (found,) = campaigns(asked, {"nudge": ReadOut("Nudge", report)}, horizon_days=7)
    return found


def test_the_return_is_revenue_beyond_the_holdout_less_the_messages(business: Business) -> None:
    business.warehouse.execute(_WORLD)

    found = _campaign(business, 0.05)

    (paid,) = business.warehouse.fetch(_PAID).rows
    revenue = paid[0] - paid[1] * 1800 / 200
    assert found.revenue == pytest.approx(revenue)
    assert found.messages == 1800
    assert found.cost == pytest.approx(90)
    assert found.roi == pytest.approx(revenue / 90 - 1)
    assert found.roi is not None
    assert found.roi_interval is not None
    assert found.roi_interval.low is not None
    assert found.roi_interval.low < found.roi
    assert found.incremental == pytest.approx((found.uplift or 0) * found.treated)


def test_without_a_declared_cost_there_is_no_return_and_it_is_said_where(
    business: Business,
) -> None:
    business.warehouse.execute(_WORLD)

    found = _campaign(business, None)

    assert found.revenue is not None
    assert (found.cost, found.roi) == (None, None)
    assert found.statements == (
        "No cost and no return: push has no 'cost_per_message' in channels.yaml.",
    )


def test_a_holdout_that_is_no_comparison_has_no_revenue_either(business: Business) -> None:
    business.warehouse.execute(_WORLD)
    business.messages("u10", 13.9)  # somebody who is held out

    found = _campaign(business, 0.05)

    assert (found.uplift, found.revenue, found.roi) == (None, None, None)
    assert found.cost is not None
    assert any("No revenue" in why for why in found.statements)


def test_a_policy_that_cannot_be_read_out_says_why(business: Business) -> None:
    refusal = refuse(Code.UNKNOWN_KEY, "'nudge' has no decisions yet.", fix="Wait.")

    (found,) = campaigns(business.asked(), {"nudge": ReadOut("Nudge", refusal)}, horizon_days=7)

    assert found.uplift is None
    assert found.verdict == "'nudge' has no decisions yet."
    assert "Wait." in found.statements[0]
