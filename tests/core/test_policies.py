"""The guardrail policies: each says yes to what is right and names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from core.artifacts import Overlap, Preview, Required, Winner
from core.conditions import EVERYONE, EventCount
from core.data_use_policies import DATA_USE_POLICIES
from core.grave_policies import GRAVE_POLICIES
from core.policies import POLICIES, Policy, findings, risk
from core.proposal import Proposal
from core.regulation_policies import REGULATION_POLICIES
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry, Holdout, StopCondition
from core.sending_policies import SENDING_POLICIES
from core.template_policies import TEMPLATE_POLICIES
from core.validation import VALIDATIONS

PREVIEW = Preview(
    population="all users",
    population_size=1_000,
    audience_size=50,
    reachable_size=40,
    as_of="2026-06-29",
)
WON = Winner(entry="nudge", tier=1, eligible=9, selected=8, suppressed=0, held_out=1, lost=0)
LOST = Winner(entry="help", tier=2, eligible=9, selected=0, suppressed=0, held_out=0, lost=9)


def action(**more: Any) -> Action:
    return Action(**({"key": "nudge", "name": "Nudge", "channels": ("email",)} | more))


def rule(sent: Action | None, **more: Any) -> EligibilityRule:
    given = {"key": "r", "name": "R", "condition": EVERYONE, "action": sent}
    return EligibilityRule(**(given | {"holdout": Holdout(share=0.1, salt="r")} | more))


def decision(**more: Any) -> DecisionPolicy:
    one = Entry(tier=1, action=action(), eligibility=EventCount(event="pricing_viewed"))
    return DecisionPolicy(**({"key": "p", "name": "P", "entries": (one,)} | more))


def proposal(artifact: Any = None, preview: dict[str, Any] | None = None, **more: Any) -> Proposal:
    given: dict[str, Any] = {
        "artifact": artifact or rule(action()),
        "required": Required(),
        "preview": PREVIEW.model_copy(update=preview or {}),
        "users_total": 1_000,
        "consent_purposes": {"email": "marketing", "push": "marketing", "in_app": None},
        "data_classes": {"dim_users.country": "public"},
        "reach_limit_share": 0.8,
    }
    return Proposal(**(given | more))


BY_NAME = {policy.__name__: policy for policy in POLICIES}
STOP = StopCondition(key="done", name="Done", when=EVERYONE)
FINE = proposal()
CASES: dict[str, tuple[Proposal, Proposal, str]] = {
    "known_destination": (FINE, proposal(rule(action(channels=("email", "fax")))), "block"),
    "reach_limit": (
        proposal(preview={"audience_size": 800}),
        proposal(preview={"audience_size": 801}),
        "block",
    ),
    "decidable": (FINE, proposal(undecidable=("No history of traits.",)), "block"),
    "someone_is_reached": (FINE, proposal(preview={"audience_size": 0}), "warn"),
    "measurable": (FINE, proposal(rule(action(), holdout=None)), "warn"),
    "every_tier_can_win": (
        proposal(preview={"winners": (WON,)}),
        proposal(preview={"winners": (WON, LOST)}),
        "warn",
    ),
    "pursuit_ends": (proposal(decision(stop_conditions=(STOP,))), proposal(decision()), "warn"),
    "little_overlap": (
        proposal(preview={"overlap": (Overlap(key="x", users=24, share=0.49),)}),
        proposal(preview={"overlap": (Overlap(key="x", users=25, share=0.5),)}),
        "warn",
    ),
}


def test_every_policy_has_its_two_tests_here_or_among_its_own() -> None:
    elsewhere = (
        *(*VALIDATIONS, *TEMPLATE_POLICIES, *GRAVE_POLICIES),
        *(*SENDING_POLICIES, *DATA_USE_POLICIES, *REGULATION_POLICIES),
    )

    assert set(BY_NAME) == set(CASES) | {policy.__name__ for policy in elsewhere}


@pytest.mark.parametrize("name", CASES)
def test_a_policy_is_silent_about_what_is_right(name: str) -> None:
    assert BY_NAME[name](CASES[name][0]) is None


@pytest.mark.parametrize("name", CASES)
def test_a_policy_names_what_is_wrong_and_how_to_mend_it(name: str) -> None:
    _, wrong, severity = CASES[name]

    found = BY_NAME[name](wrong)

    assert found
    assert (found.policy, found.severity) == (name, severity)
    assert found.message
    assert found.fix


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_says_its_rule_in_one_sentence(policy: Policy) -> None:
    text = policy.__doc__

    assert text
    assert text.strip().endswith(".")
    assert "\n" not in text.strip()


def test_an_audience_that_sends_nothing_has_no_reach_limit() -> None:
    assert BY_NAME["reach_limit"](proposal(rule(None), preview={"audience_size": 1_000})) is None


def test_blockers_come_first_and_defaults_last() -> None:
    wrong = proposal(
        rule(action(channels=("fax",)), holdout=None), defaults_used=("A decision expires.",)
    )

    severities = [one.severity for one in findings(wrong)]

    assert severities == sorted(severities, key=["block", "warn", "info"].index)
    assert severities[0] == "block"
    assert severities[-1] == "info"


def test_a_sound_proposal_has_no_findings_but_its_defaults() -> None:
    assert findings(proposal(defaults_used=("A decision expires.",)))[0].policy == "default_used"
    assert findings(FINE) == ()


def test_risk_grows_with_reach_and_with_what_guardrails_say() -> None:
    half = proposal(preview={"audience_size": 500})
    most = proposal(preview={"audience_size": 501})
    reads = proposal(data_classes={"dim_users.health": "sensitive"})
    blocked = proposal(rule(action(channels=("fax",))))

    assert risk(findings(FINE), FINE.preview) == "low"
    assert risk(findings(half), half.preview) == "low"
    assert risk(findings(most), most.preview) == "medium"
    assert risk(findings(reads), reads.preview) == "medium"
    assert risk(findings(blocked), blocked.preview) == "high"
    assert risk((), None) == "low"
