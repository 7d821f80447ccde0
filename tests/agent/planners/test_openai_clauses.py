"""What a model's clauses mean: each becomes one condition, or is refused as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from agent.planners.openai.clauses import WireCondition
from agent.planners.openai.conditions import condition_of, unknown_words
from agent.planners.openai.drafts import plan_of
from agent.planners.openai.schema import names_of, reply_schema
from agent.planners.openai.vocabulary import vocabulary
from agent.planners.openai.wire import Reply
from agent.planners.port import PlanRequest
from core.conditions import (
    EVERYONE,
    Absolute,
    And,
    AsOf,
    Attribute,
    Calendar,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    Trait,
)
from core.rules import DecisionPolicy, EligibilityRule
from tests.agent.model_server import flaws
from warehouse.catalog import Catalog, Event, load_catalog
from warehouse.glossary import Term

DAY = 86_400
VIEWED = {"kind": "event_count", "event": "pricing_viewed", "op": ">=", "n": 1}
PAYING = {"kind": "audience", "key": "paying_users"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def meaning(catalog: Catalog, *clauses: dict[str, Any], join: str = "all") -> object:
    wire = WireCondition.model_validate({"join": join, "clauses": clauses})
    return condition_of(wire, catalog)


def attribute(column: str, op: str, *values: str) -> dict[str, Any]:
    return {"kind": "attribute", "column": column, "op": op, "values": values}


def drafted(catalog: Catalog, plan: dict[str, Any]) -> Any:
    request = PlanRequest(prompt="a prompt", as_of=datetime(2026, 3, 31))
    return plan_of(Reply.model_validate({"plan": plan}), request, catalog).draft


@pytest.mark.parametrize(
    ("clause", "condition"),
    [
        (attribute("country", "in", "Germany", "FR"), ("country", Op.IN, ("DE", "FR"))),
        (attribute("country", "=", "DE", "FR"), ("country", Op.IN, ("DE", "FR"))),
        (attribute("country", "!=", "DE", "FR"), ("country", Op.NOT_IN, ("DE", "FR"))),
        (attribute("marketing_opt_in", "=", "true"), ("marketing_opt_in", Op.EQ, True)),
        (attribute("app_version", "is_null", "x"), ("app_version", Op.IS_NULL, None)),
        (
            attribute("current_subscription.trial_end", "<", "as_of+3d"),
            ("current_subscription.trial_end", Op.LT, AsOf(as_of_offset_seconds=3 * DAY)),
        ),
        (
            attribute("signup_at", ">=", "as_of-12h"),
            ("signup_at", Op.GE, AsOf(as_of_offset_seconds=-12 * 3600)),
        ),
        (
            attribute("current_subscription.price", ">", "9.5"),
            ("current_subscription.price", Op.GT, 9.5),
        ),
        (attribute("device_os", "=", "symbian"), ("device_os", Op.EQ, "symbian")),
        (attribute("shoe_size", "=", "42"), ("shoe_size", Op.EQ, "42")),
    ],
)
def test_values_are_read_in_the_type_of_their_column(
    catalog: Catalog, clause: dict[str, Any], condition: tuple[str, Op, Any]
) -> None:
    column, op, value = condition

    assert meaning(catalog, clause) == Attribute(column=column, op=op, value=value)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"kind": "rolling", "n": 2, "unit": "week"}, Rolling(seconds=14 * DAY)),
        (
            {"kind": "calendar", "unit": "month", "periods_back": 1},
            Calendar(unit="month", periods_back=1),
        ),
        (
            {"kind": "between", "start": "2026-01-01", "end": "2026-02-01"},
            Absolute(start=datetime(2026, 1, 1), end=datetime(2026, 2, 1)),
        ),
        (
            {"kind": "since_event", "event": "plan_selected", "which": "first"},
            SinceEvent(event="checkout_started", which="first"),
        ),
    ],
)
def test_every_window_is_understood(
    catalog: Catalog, window: dict[str, Any], expected: object
) -> None:
    found = meaning(catalog, VIEWED | {"window": window})

    assert found == EventCount(event="pricing_viewed", window=expected)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (VIEWED | {"negate": True}, EventCount(event="pricing_viewed", op=Op.EQ, n=0)),
        (
            VIEWED | {"n": 3, "negate": True},
            EventCount(event="pricing_viewed", op=Op.LT, n=3),
        ),
        (VIEWED | {"op": "<"}, EventCount(event="pricing_viewed", op=Op.EQ, n=0)),
        (VIEWED | {"op": ">", "n": 0}, EventCount(event="pricing_viewed")),
        (
            VIEWED | {"op": "=", "n": 0, "negate": True},
            EventCount(event="pricing_viewed"),
        ),
        (PAYING | {"negate": True}, Not(of=InAudience(key="paying_users"))),
        (
            {"kind": "trait", "name": "activation_state", "op": "=", "values": ["at risk"]},
            Trait(name="activation_state", value="at_risk"),
        ),
        (
            {"kind": "event_age", "event": "app_opened", "op": ">", "n": 7, "unit": "day"},
            EventAge(event="app_opened", op=Op.GT, seconds=7 * DAY),
        ),
        (
            {
                "kind": "event_sequence",
                "first": "pricing_viewed",
                "then": "plan_compared",
                "within": {"kind": "rolling", "n": 1, "unit": "hour"},
            },
            EventSequence(first="pricing_viewed", then="plan_compared", within_seconds=3600),
        ),
        (
            {
                "kind": "related",
                "entity": "ticket",
                "op": ">=",
                "n": 1,
                "where": [{"column": "ticket.ticket_reason", "op": "=", "values": ["payment"]}],
            },
            Related(entity="ticket", where=(Filter(column="ticket_reason", value="billing"),)),
        ),
        (
            {"kind": "consent", "channel": "email", "status": "granted"},
            ConsentIs(purpose="marketing", channel="email"),
        ),
    ],
)
def test_every_kind_of_clause_is_understood(
    catalog: Catalog, clause: dict[str, Any], expected: object
) -> None:
    assert meaning(catalog, clause) == expected


def test_a_group_nests_another_join_one_level_deep(catalog: Catalog) -> None:
    either = {"kind": "group", "join": "any", "clauses": [PAYING, VIEWED], "negate": True}
    either_of = Or(of=(InAudience(key="paying_users"), EventCount(event="pricing_viewed")))

    found = meaning(catalog, VIEWED, either, VIEWED)

    assert found == And(of=(EventCount(event="pricing_viewed"), Not(of=either_of)))
    with pytest.raises(ValidationError):
        meaning(catalog, {"kind": "group", "join": "all", "clauses": [either]})


def test_words_without_a_meaning_are_found_inside_groups_too() -> None:
    unknown = {"kind": "unknown", "words": "did yoga at dawn"}
    group = {"kind": "group", "join": "any", "clauses": [PAYING, unknown]}
    wire = WireCondition.model_validate({"join": "all", "clauses": [VIEWED, group]})

    assert unknown_words(wire) == ("did yoga at dawn",)


@pytest.mark.parametrize(
    "clause",
    [attribute("country", "in"), attribute("country", "<", "a", "b"), attribute("country", "=")],
)
def test_a_comparison_without_its_values_makes_no_condition(
    catalog: Catalog, clause: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="value"):
        meaning(catalog, clause)


def entry(tier: int, action: str, **more: Any) -> dict[str, Any]:
    return {"tier": tier, "action": {"action": action, **more}}


def test_a_policy_may_send_several_messages_pause_and_hold_nobody_out(catalog: Catalog) -> None:
    stop = {"name": "Is paying", "when": {"join": "all", "clauses": [PAYING]}}
    policy = drafted(
        catalog,
        {
            "kind": "decision_policy",
            "name": "7 days of help!",
            "entries": [entry(1, "win_back"), entry(2, "upgrade_nudge", channels=["sms"])],
            "stop_conditions": [stop, stop | {"tiers": [2]}],
            "at_most": 2,
            "cooldown_days": 3,
            "holdout_percent": 0,
        },
    )

    assert isinstance(policy, DecisionPolicy)
    assert (policy.key, policy.hit_policy, policy.k) == ("rule_7_days_of_help", "top_k", 2)
    assert (policy.cooldown_seconds, policy.holdout) == (3 * DAY, None)
    assert [one.actions for one in policy.stop_conditions] == [(), ("upgrade_nudge",)]
    assert len({one.key for one in policy.stop_conditions}) == 2
    assert policy.entries[0].eligibility == EVERYONE
    assert policy.entries[1].action.channels == ("sms",)


def test_a_suppression_of_a_tier_without_an_entry_makes_no_policy(catalog: Catalog) -> None:
    stop = {"name": "Is paying", "when": {"join": "all", "clauses": [PAYING]}, "tiers": [4]}
    plan = {"kind": "decision_policy", "name": "Help", "entries": [entry(1, "win_back")]}

    with pytest.raises(ValueError, match="no entry has the tier 4"):
        drafted(catalog, plan | {"stop_conditions": [stop]})


def test_a_message_of_its_own_gets_the_defaults_of_the_workspace(catalog: Catalog) -> None:
    rule = drafted(
        catalog,
        {
            "kind": "eligibility_rule",
            "name": "Streaks",
            "condition": {"join": "all", "clauses": [VIEWED]},
            "action": {"action": "other", "name": "Streak party", "expires_after_days": 2},
        },
    )

    assert isinstance(rule, EligibilityRule)
    assert rule.action is not None
    assert (rule.action.key, rule.action.channels) == ("streak_party", ("push", "email"))
    assert rule.action.expires_after_seconds == 2 * DAY


def test_a_large_catalog_is_narrowed_to_what_was_found(catalog: Catalog) -> None:
    many = {f"event_{n}": Event(description="Something.") for n in range(300)}
    large = catalog.model_copy(update={"events": catalog.events | many})
    found = (Term(kind="event", name="event_7", text="Something."),)

    listed = vocabulary(large, found)

    assert "- event_7: Something." in listed
    assert "event_8" not in listed
    assert flaws(reply_schema(large)) == []
    assert "enum" not in reply_schema(large)["$defs"]["WireEventCount"]["properties"]["event"]


def test_only_names_that_a_rule_may_read_are_offered(catalog: Catalog) -> None:
    names = names_of(catalog)

    assert "email" not in names["columns"]
    assert "current_subscription" not in names["entities"]
    assert "current_subscription.trial_start" in names["moments"]
