"""Exposure: what was decided, sent and delivered, by segment and period."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from measure.exposure import count_exposure, exposure_rows, message_effects
from measure.funnel import Span, count_funnel
from measure.periods import periods
from tests.measure.small_world import AS_OF, CATALOG, IOS_AGAINST_ANDROID, WEEK, SmallWorld

SPAN = Span(
    IOS_AGAINST_ANDROID,
    periods(AS_OF - WEEK, AS_OF, AS_OF, datetime(2026, 1, 1)),
    timedelta(days=3),
)


def _decide(
    world: SmallWorld, outcome: str, users: int, offset: int = 0, *, weeks: int = 0
) -> None:
    world.warehouse.execute(
        """INSERT INTO decisions (decision_id, user_id, decided_at, action_key, channel, outcome,
               reason_code)
           SELECT 'd' || $weeks || '-' || i, 'ios' || $weeks || '-' || i,
               $at, 'upgrade_offer', 'push', $outcome, upper($outcome)
           FROM range($offset, $offset + $users) AS t(i)""",
        {
            "weeks": weeks,
            "at": AS_OF - (weeks + 1) * WEEK + timedelta(hours=1),
            "outcome": outcome,
            "offset": offset,
            "users": users,
        },
    )


def test_each_candidate_message_counts_once_under_what_became_of_it(world: SmallWorld) -> None:
    world.level_weeks()
    _decide(world, "selected", 300)
    _decide(world, "suppressed", 60, 300)
    _decide(world, "held_out", 40, 360)
    world.warehouse.execute(
        """INSERT INTO fct_messages (message_id, decision_id, user_id, sent_at, delivered_at)
           SELECT 'm' || decision_id, decision_id, user_id, decided_at,
               CASE WHEN row_number() OVER (ORDER BY decision_id) <= 240 THEN decided_at END
           FROM decisions WHERE outcome = 'selected'"""
    )
    runner = world.runner()
    steps = CATALOG.funnels["subscription"].steps

    rows = exposure_rows(
        count_exposure(runner, CATALOG, SPAN), count_funnel(runner, CATALOG, steps, SPAN), SPAN
    )

    now = next(r for r in rows if r.segment == "iOS" and r.period == "current")
    assert (now.selected, now.suppressed, now.held_out) == (300, 60, 40)
    assert (now.sent, now.delivered, now.users) == (300, 240, 600)
    assert now.per_user == 0.4


def test_a_message_that_arrived_after_the_moment_of_asking_is_not_known_yet(
    world: SmallWorld,
) -> None:
    world.level_weeks()
    _decide(world, "selected", 10)
    world.warehouse.execute(
        "INSERT INTO fct_messages (message_id, decision_id, sent_at, delivered_at)"
        " SELECT 'm' || decision_id, decision_id, decided_at, $later FROM decisions",
        {"later": AS_OF + timedelta(hours=1)},
    )

    counted = count_exposure(world.runner(), CATALOG, SPAN)

    assert counted.total("segment", 0, lambda c: c.sent) == 10
    assert counted.total("segment", 0, lambda c: c.delivered) == 0


def test_what_a_message_is_worth_comes_from_the_held_out_users_of_earlier_weeks(
    world: SmallWorld,
) -> None:
    world.level_weeks()
    _decide(world, "selected", 400, weeks=2)
    _decide(world, "held_out", 200, 400, weeks=2)
    world.warehouse.execute(
        "DELETE FROM fct_events WHERE event_name = 'subscription_started'"
        " AND user_id IN (SELECT user_id FROM decisions WHERE outcome = 'held_out')"
    )

    effects, _ = message_effects(world.runner(), CATALOG, SPAN, "subscription_started")

    effect = effects["upgrade_offer"]
    assert (effect.picked, effect.held_out) == (400, 200)
    assert effect.difference == pytest.approx(43 / 400, abs=0.06)
    assert effect.z > 3
