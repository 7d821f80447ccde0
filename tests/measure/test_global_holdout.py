"""The global holdout: everybody against those who get nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.errors import PilothouseError
from core.rules import Holdout
from measure.experiments.readout import ExperimentReadout
from measure.experiments.subjects import read_global_holdout
from tests.measure.small_world import CATALOG, SmallWorld
from warehouse.runner import CheckedRunner

START, NOW = datetime(2026, 3, 1), datetime(2026, 4, 1)
HOLDOUT = Holdout(share=0.2, salt="global")
USERS = """
INSERT INTO dim_users (user_id, device_os, signup_at)
SELECT 'u' || i, 'ios', TIMESTAMP '2026-01-01' + to_days(CAST(i % 80 AS INTEGER))
FROM range(3000) t(i)
"""
DECISIONS = """
INSERT INTO decisions
    (decision_id, user_id, decided_at, policy_key, action_key, outcome, reason_code, ghost)
SELECT 'd' || user_id, user_id, $at, 'nudge', 'upgrade_nudge',
    CASE WHEN held THEN 'held_out' ELSE 'selected' END,
    CASE WHEN held THEN 'HELD_OUT_GLOBAL' ELSE 'SELECTED' END, held
FROM (SELECT user_id, left(md5('global:' || user_id), 8) < '33333334' AS held FROM dim_users)
"""
MESSAGES = """
INSERT INTO fct_messages (message_id, user_id, policy_key, sent_at, delivered_at)
SELECT 'm' || user_id, user_id, policy_key, decided_at, decided_at FROM decisions
WHERE outcome = 'selected'
"""
PAID = """
INSERT INTO fct_events (user_id, event_name, event_time)
SELECT user_id, 'subscription_started', TIMESTAMP '2026-03-25' FROM decisions
WHERE CAST(md5_number_lower(user_id) % 100 AS INTEGER)
    < CASE WHEN outcome = 'selected' THEN 30 ELSE 15 END
"""


@pytest.fixture
def held(world: SmallWorld) -> SmallWorld:
    """Three thousand users, a fifth held out of everything; messages double who pays."""
    world.warehouse.execute(USERS)
    world.warehouse.execute(DECISIONS, {"at": START + timedelta(days=1)})
    for statement in (MESSAGES, PAID):
        world.warehouse.execute(statement)
    return world


def read(world: SmallWorld, **more: object) -> ExperimentReadout:
    kept = {"subscribed": CATALOG.readout_metrics["subscribed"]}
    catalog = CATALOG.model_copy(update={"readout_metrics": kept})
    runner = CheckedRunner(world.warehouse, catalog)
    return read_global_holdout(runner, catalog, HOLDOUT, as_of=NOW, **more)


def test_what_all_messages_together_change_is_read_out(held: SmallWorld) -> None:
    found = read(held)

    (row,) = (one for one in found.metrics if one.key == "subscribed")
    effect = row.comparisons[0].effect
    assert found.since == START + timedelta(days=1)
    assert sum(arm.users for arm in found.arms) == 3_000
    assert effect is not None
    assert effect.low is not None
    assert 0 < effect.low < 0.15 < (effect.high or 0)


def test_a_message_to_somebody_held_out_withholds_every_number(held: SmallWorld) -> None:
    held.warehouse.execute(
        "INSERT INTO fct_messages (message_id, user_id, policy_key, sent_at) SELECT 'leak', "
        "MIN(user_id), 'nudge', TIMESTAMP '2026-03-20' FROM decisions WHERE ghost"
    )

    found = read(held)

    assert found.contaminated == 1
    assert found.verdict.startswith("No number: 1 held-out users got a message")
    assert all(one.effect is None for row in found.metrics for one in row.comparisons)


def test_users_decided_against_their_bucket_withhold_every_number(held: SmallWorld) -> None:
    held.warehouse.execute("UPDATE decisions SET outcome = 'selected', reason_code = 'SELECTED'")

    assert "in another arm than salt and shares give now" in read(held, since=START).verdict


def test_without_a_holdout_or_a_decision_under_it_there_is_nothing_to_read(
    world: SmallWorld,
) -> None:
    with pytest.raises(PilothouseError, match="Nobody was held out of everything"):
        read(world)
    with pytest.raises(PilothouseError, match="no global holdout"):
        read_global_holdout(world.runner(), CATALOG, None, as_of=NOW)
