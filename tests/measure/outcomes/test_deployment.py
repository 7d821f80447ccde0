"""After go-live: what was approved beside what came, each number or why there is none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.effects import Against, Cost, Day, Effect, EffectTolerance, Traffic
from core.evaluations import Evaluation, Measured
from measure.outcomes.deployment import Deployed, evaluate
from tests.measure.outcomes.business import Business, ago

TOLERANCE = EffectTolerance(share=0.2, users=1)
APPROVED = Effect(
    as_of=ago(7.5).isoformat(),
    against=Against(version=None, before=0, after=100, entered=100, left=0),
    traffic=Traffic(days=(Day(day="2026-06-22", messages=70),), entering=0.0, how="counted"),
    cost=Cost(amount=None, undeclared=("push",)),
)


LIVE = Deployed("nudge", 2, 7, ago(7), ago(0), 0.1, APPROVED)


def _looked_at(business: Business, live: Deployed = LIVE) -> Evaluation:
    return evaluate(business.asked(), live, TOLERANCE, now=datetime(2026, 6, 29, 1))


def _number(found: Evaluation, what: str) -> Measured:
    return next(one for one in found.numbers if one.what == what)


def _decide(business: Business, users: int) -> None:
    business.warehouse.execute(
        """
        INSERT INTO decisions SELECT 'd' || i, 'c', 'u' || i, $at, 'nudge', 2, 'upgrade_nudge',
            'push', CASE WHEN i % 10 = 0 THEN 'held_out' ELSE 'selected' END,
            CASE WHEN i % 10 = 0 THEN 'HELD_OUT_POLICY' ELSE 'SELECTED' END, i % 10 = 0
        FROM range($users) AS t(i);
        """,
        {"at": ago(6.5), "users": users},
    )
    business.warehouse.execute(
        """
        INSERT INTO fct_messages (message_id, user_id, channel, policy_key, decision_id, sent_at)
        SELECT decision_id, user_id, channel, policy_key, decision_id, decided_at FROM decisions
        WHERE outcome = 'selected'
        """
    )


def _convert(business: Business, condition: str) -> None:
    business.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, received_at) "
        "SELECT user_id, 'subscription_started', decided_at + INTERVAL 1 DAY, decided_at "
        f"FROM decisions WHERE {condition}"
    )


def test_people_and_messages_stand_beside_what_was_approved(business: Business) -> None:
    _decide(business, 110)

    found = _looked_at(business)

    people, messages = _number(found, "people"), _number(found, "messages_a_day")
    assert (people.approved, people.measured, people.holds) == (100, 110, True)
    assert (messages.approved, messages.holds) == (70, False)
    assert messages.measured == pytest.approx(99 / 7)
    assert found.verdict.startswith("Not as approved: messages a day 14 instead of 70.")


def test_lift_is_that_of_this_version_within_its_horizon(business: Business) -> None:
    _decide(business, 600)
    _convert(business, "outcome = 'selected' AND substr(user_id, length(user_id)) IN ('1', '2')")
    business.decides("u1", 30, version=1)

    lift = _number(_looked_at(business), "lift")

    assert lift.measured == pytest.approx(120 / 540)
    assert lift.low is not None
    assert lift.low > 0


def test_a_held_out_user_who_got_a_message_withholds_lift(business: Business) -> None:
    _decide(business, 600)
    business.warehouse.execute(
        "INSERT INTO fct_messages (message_id, user_id, decision_id, sent_at) "
        "VALUES ('x', 'u10', 'd10', $at)",
        {"at": ago(6)},
    )

    lift = _number(_looked_at(business), "lift")

    assert lift.measured is None
    assert lift.statement == "1 held-out users got a message: they are no comparison."


def test_arms_that_do_not_match_the_holdout_withhold_lift(business: Business) -> None:
    _decide(business, 600)

    lift = _number(_looked_at(business, LIVE._replace(share_held_out=0.3)), "lift")

    assert "do not match the holdout of 30%" in str(lift.statement)


def test_a_rule_that_decided_on_nobody_is_told_so(business: Business) -> None:
    found = _looked_at(business)

    assert found.verdict == "It decided on nobody since it went live."
    assert "too few to compare" in str(_number(found, "lift").statement)


def test_without_an_approved_effect_there_is_nothing_to_compare_with(business: Business) -> None:
    _decide(business, 50)

    found = _looked_at(business, LIVE._replace(approved=None))

    assert _number(found, "people").holds is None
    assert found.verdict.startswith("Nothing was approved that could be compared.")


def test_a_version_that_was_replaced_is_looked_at_until_then(business: Business) -> None:
    found = _looked_at(business, LIVE._replace(until=ago(3), canary_share=0.05))

    assert found.notes[1] == f"Another version took its place on {ago(3):%Y-%m-%d %H:%M}."
    assert "for 5 % of the users first" in found.notes[2]
    assert datetime.fromisoformat(found.until) - datetime.fromisoformat(found.since) == timedelta(4)
