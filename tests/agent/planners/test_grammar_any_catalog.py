"""The planner over a catalog it has never seen: nothing of the demo is built in."""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.conditions import And, Attribute, EventCount, Filter, Op, Related, Rolling, Trait
from core.rules import EligibilityRule
from warehouse.catalog import Catalog, load_catalog


def shop() -> Catalog:
    """A shop: other events, traits, columns and rows than the demo's."""
    base = load_catalog().model_dump()
    column = {"type": "string", "description": "-"}
    base["events"] = {
        "order_placed": {
            "description": "An order was placed.",
            "phrases": ["place an order", "order"],
            "properties": {"category": {**column, "values": {"shoes": ["shoe"], "hats": ["hat"]}}},
        },
        "cart_abandoned": {"description": "-", "phrases": ["abandon a cart", "abandon cart"]},
    }
    base["traits"] = {
        "loyalty_points": {
            "type": "number",
            "description": "-",
            "owner": "crm",
            "phrases": ["points"],
        }
    }
    base["entities"] = {
        "refund": {
            "description": "-", "phrases": ["refund"], "table": "fct_support",
            "cardinality": "many", "visible": "created_at < as_of",
            "columns": {"status": {**column, "values": {"pending": ["pending"], "paid": ["paid"]}}},
        }
    }  # fmt: skip
    base["tables"]["dim_users"]["columns"] = {
        "user_id": column,
        "email": column,
        "tier": {**column, "values": {"gold": ["gold"], "silver": ["silver"]}},
    }
    base["layout"]["users"] |= {"dimensions": (), "country": None}
    base["audiences"], base["funnels"], base["metrics"] = {}, {}, {}
    base["outcomes"], base["readout_metrics"] = {}, {}
    base["actions"] = {"thanks": {"key": "thanks", "name": "Thank-you note", "channels": ["email"]}}
    for section in ("phrases", "eligibility", "assumptions", "stop"):
        base[f"action_{section}"] = {}
    return Catalog.model_validate(base)


def drafted(prompt: str) -> EligibilityRule:
    plan = GrammarPlanner(shop()).plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 6, 29)))
    assert isinstance(plan.draft, EligibilityRule), plan
    return plan.draft


def test_a_rule_over_another_catalog_reads_its_words():
    rule = drafted(
        "Send the thank-you note to gold users who placed at least 2 shoe orders in the last 30 "
        "days, have more than 100 points and no pending refunds."
    )

    assert rule.action is not None
    assert rule.action.key == "thanks"
    assert rule.condition == And(
        of=(
            Attribute(column="tier", value="gold"),
            EventCount(
                event="order_placed",
                where=(Filter(column="category", value="shoes"),),
                window=Rolling(seconds=30 * 86_400),
                n=2,
            ),
            Trait(name="loyalty_points", op=Op.GT, value=100),
            Related(
                entity="refund", where=(Filter(column="status", value="pending"),), op=Op.EQ, n=0
            ),
        )
    )


def test_words_of_the_demo_mean_nothing_in_another_catalog():
    plan = GrammarPlanner(shop()).plan(
        PlanRequest(prompt="Target users who completed 3 workouts.", as_of=datetime(2026, 6, 29))
    )

    assert plan.draft is None
