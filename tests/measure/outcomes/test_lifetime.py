"""Lifetime value: right for customers who come by chance, withheld for those who do not."""

from __future__ import annotations

import numpy as np
import pytest

from measure.outcomes.lifetime import lifetime_value
from measure.outcomes.result import Figure
from tests.measure.outcomes.business import Business, figure
from tests.measure.small_world import CATALOG

LTV = figure(CATALOG, "lifetime_value")
WEEKS = LTV.metric.horizon_days / 7
CUSTOMERS, WATCHED = 1_100, 52


def _sell(business: Business, days_ago: np.ndarray, users: np.ndarray, prices: np.ndarray) -> None:
    with business.warehouse.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fct_subscriptions (user_id, price, started_at) "
            "SELECT 'c' || unnest($users), unnest($prices), "
            "TIMESTAMP '2026-06-29' - to_seconds(unnest($seconds))",
            {
                "users": users.tolist(),
                "prices": prices.tolist(),
                "seconds": (days_ago * 86_400).tolist(),
            },
        )


def _asked(business: Business) -> Figure:
    return lifetime_value(business.asked(), LTV)


def _by_chance(chance: np.random.Generator) -> tuple[list[float], list[int], list[float], float]:
    """Customers after BG/NBD and Gamma-Gamma, and what they really pay in the time ahead."""
    days, users, prices, ahead = [], [], [], 0.0
    rates = chance.gamma(1.2, 1 / 6, CUSTOMERS)
    quits = chance.beta(1.0, 9.0, CUSTOMERS)
    usual = 6.0 * 10 / chance.gamma(4.0, 1.0, CUSTOMERS)
    came = chance.uniform(20, WATCHED, CUSTOMERS)
    for who in range(CUSTOMERS):
        at = 0.0
        while at < came[who] + WEEKS:
            price = chance.gamma(6.0, usual[who] / 6.0)
            if at < came[who]:
                days.append((came[who] - at) * 7)
                users.append(who)
                prices.append(price)
            elif at > 0:
                ahead += price
            if at > 0 and chance.random() < quits[who]:
                break
            at += chance.exponential(1 / rates[who])
    return days, users, prices, ahead / CUSTOMERS


def test_the_value_of_customers_who_come_by_chance_is_found(business: Business) -> None:
    days, users, prices, truth = _by_chance(np.random.default_rng(5))
    _sell(business, *(np.array(one) for one in (days, users, prices)))

    found = _asked(business)

    assert found.statement is None
    assert found.value == pytest.approx(truth, rel=0.2)
    assert found.parts[0].value == pytest.approx(1, abs=0.15)
    assert len(found.parts) == 4
    assert "foresaw the last third of the time" in found.notes[0]


def test_customers_who_pay_by_contract_are_not_forecast(business: Business) -> None:
    """Everybody pays every four weeks, and half of them stop on the day the check begins."""
    weeks = np.arange(0, WATCHED, 4)
    users = np.repeat(np.arange(900), len(weeks))
    ago_ = np.tile(WATCHED * 7.0 - weeks * 7.0, 900)
    stays = (users % 2 == 0) | (ago_ > WATCHED * 7 / 3)
    _sell(business, ago_[stays], users[stays], np.full(int(stays.sum()), 9.0))

    found = _asked(business)

    assert found.value is None
    assert "does not foresee these customers" in str(found.statement)


def test_fewer_than_500_repeat_buyers_are_too_few(business: Business) -> None:
    users = np.repeat(np.arange(499), 2)
    _sell(business, np.tile([200.0, 150.0], 499), users, np.full(len(users), 9.0))

    found = _asked(business)

    assert found.value is None
    assert "499 customers have paid more than once" in str(found.statement)
    assert "it takes 500" in str(found.statement)


def test_a_week_of_history_is_too_little(business: Business) -> None:
    _sell(business, np.array([6.0, 5.0]), np.array([1, 2]), np.array([9.0, 9.0]))

    found = _asked(business)

    assert "Payments go back 6 days" in str(found.statement)


def test_sales_without_one_usable_amount_are_no_sales(business: Business) -> None:
    prices = np.array([np.inf, -3.0])
    _sell(business, np.array([90.0, 50.0]), np.array([1, 2]), prices)

    found = _asked(business)

    assert found.statement == "Nothing was paid yet, as far as the sales say."
    assert "2 payments have no usable amount" in found.notes[0]
