"""Changes of the data layer as people propose them, for pages and commands to show."""

from __future__ import annotations

from datetime import datetime

from control.store import Store
from core.data_changes import (
    ChangedPart,
    DataEffect,
    Downstream,
    Sample,
    TableRows,
    TrackingPlanChange,
    TraitModelsChange,
)
from core.data_policies import data_findings
from orchestrate import change_requests

LIVE_SQL = """\
-- name: momentum_score
-- meaning: Workouts completed in the last 28 days, newer ones counting more.
SELECT u.user_id, count(e.message_id) AS momentum_score
FROM dim_users AS u
LEFT JOIN fct_events AS e
  ON e.user_id = u.user_id
  AND e.event_name = 'workout_completed'
GROUP BY u.user_id
"""
NEW_SQL = LIVE_SQL.replace(
    "  AND e.event_name = 'workout_completed'",
    "  AND e.event_name IN ('workout_completed', 'workout_saved')",
)
MODELS = TraitModelsChange(
    name="Momentum counts saved workouts",
    models={"momentum_score": NEW_SQL, "ltv": "SELECT 1\n", "support_risk": "SELECT 2\n"},
)
LIVE_MODELS = MODELS.model_copy(
    update={"models": {**MODELS.models, "momentum_score": LIVE_SQL}, "name": "Built in"}
)
MODELS_EFFECT = DataEffect(
    summary="Momentum rises for everybody who saves workouts without finishing them.",
    as_of="2026-06-29T00:00:00",
    tables=(TableRows(table="traits", before=2_000, after=2_000),),
    changed=(
        ChangedPart(kind="trait", name="momentum_score", change="changed"),
        ChangedPart(
            kind="trait", name="upgrade_intent", change="rebuilt", note="it reads momentum_score"
        ),
    ),
    downstream=(
        Downstream(
            kind="rule",
            key="upgrade_nudge",
            name="Upgrade nudge",
            reads=("momentum_score",),
            before=412,
            after=455,
        ),
        Downstream(kind="trait", key="ltv", name="ltv", reads=("momentum_score",)),
    ),
    users_total=2_000,
    users_changed=612,
    samples=(
        Sample(subject="u_17", what="momentum_score", before="3", after="5"),
        Sample(subject="u_204", what="momentum_score", before=None, after="1"),
    ),
    notes=("Users without any event keep the value 0.",),
)

LIVE_PLAN = TrackingPlanChange(
    name="Built in",
    plan={
        "version": 1,
        "events": {
            "checkout_started": {"properties": {"plan": {"type": "string"}}},
            "pricing_viewed": {},
        },
    },
)
PLAN = TrackingPlanChange(
    name="Checkout tells its price",
    plan={
        "version": 2,
        "events": {
            "checkout_started": {
                "properties": {"plan": {"type": "string"}, "price": {"type": "number"}},
                "aliases": {"plan_selected": {}},
            },
            "pricing_viewed": {},
            "gift_bought": {"properties": {"price": {"type": "number", "required": True}}},
        },
    },
)
PLAN_EFFECT = DataEffect(
    summary="Events named plan_selected are stored as checkout_started from now on.",
    as_of="2026-06-29T00:00:00",
    changed=(
        ChangedPart(kind="event", name="checkout_started", change="changed"),
        ChangedPart(kind="event", name="gift_bought", change="added"),
    ),
    samples=(Sample(subject="plan_selected", what="stored", before="0", after="318"),),
)


def propose_models(store: Store, now: datetime, **more: str) -> str:
    """A change of one trait model, by Ana, that waits for a decision."""
    given = {"author": "ana@demo", "prompt": "Saving is a habit too."} | more
    return change_requests.submit(
        store,
        artifact=MODELS,
        findings=data_findings(MODELS_EFFECT),
        effect=MODELS_EFFECT,
        built_in=LIVE_MODELS,
        now=now,
        **given,
    ).id


def propose_plan(store: Store, now: datetime) -> str:
    """A change of the tracking plan, by Ana, that waits for a decision."""
    return change_requests.submit(
        store,
        artifact=PLAN,
        author="ana@demo",
        prompt="Finance asks for prices.",
        findings=data_findings(PLAN_EFFECT),
        effect=PLAN_EFFECT,
        built_in=LIVE_PLAN,
        now=now,
    ).id
