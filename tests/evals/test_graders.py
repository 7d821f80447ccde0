"""Graders: both sides are run, and the first difference is the verdict."""

from __future__ import annotations

import pytest

from agent.planners.port import Plan
from core.conditions import Attribute, Condition, EventCount, Op, Related, Trait
from core.rules import (
    Action,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)
from evals.bench import Bench
from evals.domains import Benches
from evals.graders.decision import DecisionCase, Held, Pause
from evals.graders.decision import grade as grade_decision
from evals.graders.eligibility import EligibilityCase
from evals.graders.eligibility import grade as grade_eligibility

GOLD = Attribute(column="loyalty_tier", value="gold")
ORDERED = EventCount(event="order_placed", op=Op.GE, n=1)
OPEN = Related(entity="support_case", where=({"column": "state", "value": "open"},))


@pytest.fixture
def shop(benches: Benches) -> Bench:
    return benches.of("shop")


def rule(condition: Condition) -> Plan:
    draft = EligibilityRule(key="mine", name="Mine", condition=condition)
    return Plan(intent="eligibility", draft=draft)


def meant(where: str, **more: object) -> EligibilityCase:
    fields = {"id": "a", "prompt": "…", "domain": "shop", "where": where, **more}
    return EligibilityCase.model_validate(fields)


def policy(**more: object) -> Plan:
    entries = tuple(
        Entry(tier=1, action=Action(key=key, name=key, channels=("email",)), eligibility=who)
        for key, who in (("support_follow_up", OPEN), ("win_back", ORDERED))
    )
    draft = DecisionPolicy(key="mine", name="Mine", entries=entries)
    return Plan(intent="decision", draft=draft.model_copy(update=more))


def decided(**more: object) -> DecisionCase:
    order = [
        ("support_follow_up", "open_cases(u.customer_id) >= 1"),
        ("win_back", "n(u.customer_id, 'order_placed') >= 1"),
    ]
    fields = {"id": "a", "prompt": "…", "domain": "shop", "order": order, **more}
    return DecisionCase.model_validate(fields)


def test_the_same_audience_is_exact_however_it_is_put(shop: Bench):
    graded = grade_eligibility(meant("u.loyalty_tier LIKE 'gol%'"), rule(GOLD), shop)

    assert graded.verdict == "exact"


def test_another_audience_is_silently_wrong_and_some_of_the_difference_is_named(shop: Bench):
    graded = grade_eligibility(meant("u.loyalty_tier = 'silver'"), rule(GOLD), shop)

    assert graded.verdict == "silently_wrong"
    assert len(graded.extra) == len(graded.missing) == 5
    assert "too many" in graded.detail


def test_the_right_audience_with_another_action_has_failed(shop: Bench):
    case = meant("u.loyalty_tier = 'gold'", action="win_back")

    assert grade_eligibility(case, rule(GOLD), shop).verdict == "failed"


def test_an_answer_of_another_kind_is_silently_wrong(shop: Bench):
    assert grade_eligibility(meant("true"), policy(), shop).verdict == "silently_wrong"


def test_a_question_back_is_neither_right_nor_wrong(shop: Bench):
    plan = Plan(intent="eligibility", questions=("Which tier?",))

    assert grade_eligibility(meant("true"), plan, shop) == ("asked_back", "Which tier?", (), ())


def test_a_policy_with_the_same_winners_is_exact(shop: Bench):
    assert grade_decision(decided(), policy(), shop).verdict == "exact"


def test_another_order_is_silently_wrong(shop: Bench):
    case = decided()
    turned = case.model_copy(update={"order": case.order[::-1]})

    graded = grade_decision(turned, policy(), shop)

    assert graded.verdict == "silently_wrong"
    assert "the order is" in graded.detail


def test_a_suppression_that_is_missing_is_found_by_whom_it_holds_back(shop: Bench):
    case = decided(suppressions=(Held(when="u.country = 'PL'", actions=("win_back",)),), stops=())
    held = Suppression(
        key="poland", name="…", actions=("win_back",), when=Attribute(column="country", value="PL")
    )

    assert grade_decision(case, policy(), shop).verdict == "silently_wrong"
    assert grade_decision(case, policy(suppressions=(held,)), shop).verdict == "exact"


def test_a_suppression_that_nobody_asked_for_is_found_though_the_winners_are_the_same(shop: Bench):
    idle = Trait(name="customer_stage", value="browsing")
    held = Suppression(key="idle", name="…", actions=("win_back",), when=idle)

    graded = grade_decision(decided(suppressions=()), policy(suppressions=(held,)), shop)

    assert graded.verdict == "silently_wrong"
    assert "suppressed for win_back" in graded.detail


def test_stop_conditions_are_compared_by_whom_they_end(shop: Bench):
    stop = StopCondition(key="gold", name="…", actions=("win_back",), when=GOLD)
    case = decided(stops=(Held(when="u.loyalty_tier = 'gold'", actions=("win_back",)),))

    assert grade_decision(case, policy(), shop).verdict == "silently_wrong"
    assert grade_decision(case, policy(stop_conditions=(stop,)), shop).verdict == "exact"


def test_a_pause_by_outcome_is_compared_as_it_is_written(shop: Bench):
    day = 86_400
    ignored = OutcomeSuppression(
        outcome="ignored", n=2, window_seconds=30 * day, pause_seconds=60 * day
    )
    held = Suppression(key="ignored", name="…", outcome=ignored)
    wanted = Pause(outcome="ignored", n=2, window_days=30, pause_days=60)

    plan = policy(suppressions=(held,))

    assert grade_decision(decided(pauses=(wanted,)), plan, shop).verdict == "exact"
    assert grade_decision(decided(pauses=()), plan, shop).verdict == "silently_wrong"
