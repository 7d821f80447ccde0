"""A product with one experiment whose truth is known: exposures, and what users did before and
after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.experiments import DeclaredExperiment
from measure.experiments.readout import Comparison, ExperimentReadout
from measure.experiments.subjects import read_experiment
from tests.measure.small_world import CATALOG, SmallWorld
from warehouse.catalog import Catalog
from warehouse.runner import CheckedRunner

START = datetime(2026, 3, 1)
END = datetime(2026, 3, 15)
NOW = datetime(2026, 4, 1)
SALT = "shorter"
METRICS = ("subscribed", "workouts", "new_revenue", "price_paid", "busiest_tenth")

_USERS = """
INSERT INTO dim_users (user_id, device_os, signup_at)
SELECT 'u' || i, CASE i % 3 WHEN 0 THEN 'ios' WHEN 1 THEN 'android' ELSE 'web' END,
    TIMESTAMP '2025-06-01'
FROM range($users) t(i);
"""
_DRAWN = """
CREATE TABLE drawn AS
SELECT user_id, CASE WHEN b < '80000000' THEN 'control' WHEN b < 'c0000000' THEN 'short'
    ELSE 'shorter' END AS arm, h % 1000 / 1000.0 AS luck, h // 1000 % 1000 / 1000.0 AS eager,
    TIMESTAMP '2026-03-01 08:00:00' + to_hours(CAST(h // 1000000 % 320 AS INTEGER)) AS since
FROM (SELECT user_id, left(md5('shorter:' || user_id), 8) AS b,
    CAST(md5_number_lower('luck:' || user_id) % 1000000000 AS BIGINT) AS h FROM dim_users);
"""
_EXPOSED = """
INSERT INTO fct_events (user_id, event_name, event_time, properties)
SELECT user_id, 'onboarding_completed', since, json_object('variant', arm) FROM drawn;
"""
_PAID = """
INSERT INTO fct_events (user_id, event_name, event_time, properties)
SELECT user_id, 'subscription_started', since + INTERVAL 2 DAY, json_object('price', 10 + eager)
FROM drawn WHERE luck < CASE arm WHEN 'shorter' THEN 0.30 WHEN 'short' THEN 0.20 ELSE 0.20 END;
"""
_WORKOUTS = """
INSERT INTO fct_events (user_id, event_name, event_time)
SELECT user_id, 'workout_completed', since + to_days(CAST(d AS INTEGER)) + INTERVAL 1 HOUR
FROM drawn, range(-14, 7) t(d) WHERE (hash(user_id || d) % 1000) / 1000.0 < eager;
"""

DECLARED: dict[str, Any] = {
    "name": "A shorter onboarding",
    "salt": SALT,
    "arms": [
        {"key": "control", "share": 0.5, "control": True},
        {"key": "short", "share": 0.25},
        {"key": "shorter", "share": 0.25},
    ],
    "exposure": {"event": "onboarding_completed", "arm": "variant"},
    "metrics": METRICS,
    "starts_at": START,
    "ends_at": END,
}


def catalog() -> Catalog:
    """The catalog, whose event of exposure says in which arm."""
    event = CATALOG.events["onboarding_completed"]
    told = CATALOG.events["checkout_failed"].properties["error"]
    named = event.model_copy(update={"properties": {"variant": told}})
    events = CATALOG.events | {"onboarding_completed": named}
    return CATALOG.model_copy(update={"events": events})


def fill(world: SmallWorld, users: int = 6_000) -> None:
    """Users, exposures, purchases (30 % in 'shorter', 20 % elsewhere) and workouts."""
    world.warehouse.execute(_USERS, {"users": users})
    for statement in (_DRAWN, _EXPOSED, _PAID, _WORKOUTS):
        world.warehouse.execute(statement)


def readout(
    world: SmallWorld,
    as_of: datetime = NOW,
    others: dict[str, DeclaredExperiment] | None = None,
    **changed: object,
) -> ExperimentReadout:
    """The experiment, declared with these changes."""
    one = DeclaredExperiment.model_validate(DECLARED | changed)
    experiments = {"onboarding": one, **(others or {})}
    listed = catalog()
    runner = CheckedRunner(world.warehouse, listed)
    return read_experiment(runner, listed, "onboarding", experiments, as_of=as_of)


def on(found: ExperimentReadout, metric: str, arm: str = "shorter") -> Comparison:
    """One arm on one metric."""
    (row,) = (one for one in found.metrics if one.key == metric)
    (comparison,) = (one for one in row.comparisons if one.arm == arm)
    return comparison


def check(found: ExperimentReadout, name: str) -> str:
    """What became of a check, and its sentence."""
    (one,) = (one for one in found.checks if one.name == name)
    return f"{one.outcome}: {one.sentence}"
