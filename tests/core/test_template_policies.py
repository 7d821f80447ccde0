"""The guardrail policies on templates: silent about what is right, and plain about what is not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from core import template_policies
from core.conditions import EVERYONE, Condition
from core.journey_effects import JourneyEffect, JourneyProposal, journey_findings
from core.journeys import Journey
from core.policies import POLICIES
from core.proposal import Proposal
from core.rules import Action, Offer
from core.template_policies import TEMPLATE_POLICIES
from core.templates import Template, TemplateFacts
from tests.core.proposals import entry, policy, proposal

LOOKED: Condition = EVERYONE
OFFER = Offer(
    key="spring", price=9.0, valid_from=datetime(2026, 3, 1), valid_until=datetime(2026, 4, 1)
)


def facts(variables: dict[str, Any] | None = None, **more: Any) -> dict[str, TemplateFacts]:
    made = {"name": "Hello", "channels": ("email", "push"), "body": "Hello."}
    template = Template.model_validate(made | {"variables": variables or {}})
    return {"hello": TemplateFacts(template=template, **more)}


def sending(templates: dict[str, TemplateFacts], **more: Any) -> Proposal:
    given = {"key": "nudge", "name": "Nudge", "channels": ("email",), "template_key": "hello"}
    action = Action(**(given | more))
    one = entry("nudge", 1, LOOKED).model_copy(update={"action": action})
    return proposal(policy(one), templates=templates)


PRICE = {"price": {"offer": "price", "type": "number"}}
CASES = {
    "template_is_known": (sending(facts()), sending({}), "'hello', which the catalog"),
    "template_fits_channels": (
        sending(facts()),
        sending(facts(), channels=("email", "sms", "in_app")),
        "may go by sms, in_app",
    ),
    "template_can_be_filled": (
        sending(facts(PRICE), offer=OFFER),
        sending(facts(PRICE)),
        "$price is price of the offer",
    ),
    "template_declares_personal_data": (
        sending(facts()),
        sending(facts(undeclared=("$mail is the column email, which is personal.",))),
        "which is personal",
    ),
}


def test_every_policy_on_templates_is_in_force_and_has_its_tests_here() -> None:
    assert {one.__name__ for one in TEMPLATE_POLICIES} == set(CASES)
    assert set(TEMPLATE_POLICIES) <= set(POLICIES)


@pytest.mark.parametrize("name", CASES)
def test_a_message_that_can_say_something_is_left_alone(name: str) -> None:
    assert getattr(template_policies, name)(CASES[name][0]) is None


@pytest.mark.parametrize("name", CASES)
def test_a_message_that_could_say_nothing_is_blocked_with_the_reason(name: str) -> None:
    _, wrong, words = CASES[name]

    found = getattr(template_policies, name)(wrong)

    assert (found.policy, found.severity) == (name, "block")
    assert words in found.message
    assert found.fix


@pytest.mark.parametrize("name", CASES)
def test_a_policy_on_templates_says_its_rule_in_one_sentence(name: str) -> None:
    text = getattr(template_policies, name).__doc__ or ""

    assert text.strip().endswith(".")
    assert "\n" not in text.strip()


def test_a_source_that_does_not_exist_blocks_unless_there_is_a_fallback() -> None:
    gone = facts(unfilled=("$plan is the column plan, which does not exist.",))

    found = template_policies.template_can_be_filled(sending(gone))

    assert found is not None
    assert "the column plan, which does not exist" in found.message
    price = {"price": {"offer": "price", "type": "number", "fallback": 9}}
    assert template_policies.template_can_be_filled(sending(facts(price))) is None


def test_words_of_the_rule_itself_need_no_template() -> None:
    assert not [check for check in TEMPLATE_POLICIES if check(proposal())]


def test_a_journey_is_held_to_the_same() -> None:
    message = {
        "kind": "message",
        "key": "hello",
        "next": "end",
        "action": {"key": "a", "name": "A", "channels": ["email"], "template_key": "gone"},
    }
    journey = Journey.model_validate(
        {
            "key": "welcome",
            "name": "Welcome",
            "entry": {"kind": "audience", "condition": {"kind": "and", "of": []}},
            "reentry": {"mode": "never"},
            "steps": [message, {"kind": "exit", "key": "end"}],
        }
    )
    asked = JourneyProposal(
        journey=journey,
        effect=JourneyEffect(population="all", population_size=1, enter_now=0, as_of="2026-03-02"),
        users_total=1,
        reach_limit_share=0.8,
        consent_purposes={"email": "marketing"},
        data_classes={},
    )

    first = journey_findings(asked)[0]

    assert (first.policy, first.severity) == ("template_is_known", "block")
