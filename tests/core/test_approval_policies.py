"""How many people have to agree to what, and why."""

from __future__ import annotations

from typing import Any

import pytest

from core.approval_policies import DEFAULT_POLICIES, ApprovalPolicy, required
from core.artifacts import Finding
from core.conditions import EventCount
from core.grave_policies import GRAVE_POLICIES, majority_reached, sensitive_data
from core.journey_effects import ExpectedDay, JourneyEffect, JourneyProposal, journey_findings
from core.journeys import AudienceEntry, Journey
from core.lifecycle import Role
from core.loosening import Place
from core.policies import findings
from core.risk import assess, said
from core.rules import DecisionPolicy
from tests.core.proposals import PREVIEW, TICKET, entry, proposal
from tests.core.proposals import policy as decision
from tests.core.sendings import PURPOSES, message


def found(name: str, severity: Any = "warn") -> Finding:
    return Finding(policy=name, severity=severity, message=f"It is {name}.", fix="Mend it.")


# Risk.


def test_a_change_that_nothing_speaks_against_is_of_low_risk() -> None:
    assert assess("decision_policy", ()).risk == "low"


def test_an_ordinary_warning_makes_it_medium_and_says_which() -> None:
    assert assess("decision_policy", [found("measurable")]) == ("medium", ("It is measurable",))


@pytest.mark.parametrize("name", [one.__name__ for one in GRAVE_POLICIES])
def test_what_two_people_have_to_agree_on_makes_it_high(name: str) -> None:
    assert assess("eligibility_rule", [found(name)]).risk == "high"


def test_what_a_law_says_makes_it_high() -> None:
    assert assess("eligibility_rule", [found("regulation_tcpa")]).why == ("It is regulation_tcpa",)


@pytest.mark.parametrize("kind", ["destinations", "syncs"])
def test_to_whom_data_of_people_leaves_is_always_of_high_risk(kind: str) -> None:
    assert assess(kind, ()).risk == "high"


@pytest.mark.parametrize(
    ("path", "live", "proposed"),
    [("holdout.share", 0.1, 0.05), ("holdout.share", 0.1, None)],
)
def test_a_smaller_holdout_of_a_live_rule_is_of_high_risk(
    path: str, live: float, proposed: float | None
) -> None:
    assert assess("decision_policy", (), None, [Place(path, live, proposed)]).risk == "high"


def test_a_rule_that_is_new_has_no_holdout_to_make_smaller() -> None:
    assert assess("decision_policy", (), None, [Place("holdout.share", None, 0.05)]).risk == "low"


CAP = (Place("caps[weekly].key", "weekly", "weekly"), Place("caps[weekly].n", 3, 3))
LOOSER = {
    "more messages": [Place("caps[weekly].n", 3, 4)],
    "no number": [Place("caps[weekly].n", 3, None)],
    "a shorter window": [Place("caps[weekly].window_seconds", 600, 60)],
    "a shorter gap": [Place("min_gap_seconds", 600, 60)],
    "a cap less": [Place("caps[daily].n", 1, None), Place("caps[daily].key", "daily", None)],
    "one channel only": [*CAP, Place("caps[weekly].channel", None, "email")],
    "no quiet hours": [Place("quiet_hours.start", "21:00", None)],
    "other quiet hours": [Place("quiet_hours.start", "21:00", "23:00")],
    "less held out": [Place("global_holdout.share", 0.1, 0.05)],
}
TIGHTER = {
    "fewer messages": [Place("caps[weekly].n", 3, 2)],
    "a longer window": [Place("caps[weekly].window_seconds", 60, 600)],
    "a longer gap": [Place("min_gap_seconds", 0, 600)],
    "a cap more": [Place("caps[daily].key", None, "daily"), Place("caps[daily].n", None, 1)],
    "more held out": [Place("global_holdout.share", 0.05, 0.1)],
    "another name": [Place("name", "old", "new")],
}


@pytest.mark.parametrize("places", LOOSER.values(), ids=LOOSER)
def test_a_contact_policy_that_allows_more_is_of_high_risk(places: list[Place]) -> None:
    assert assess("contact_policy", (), None, places).risk == "high"


@pytest.mark.parametrize("places", TIGHTER.values(), ids=TIGHTER)
def test_a_contact_policy_that_allows_less_is_not(places: list[Place]) -> None:
    assert assess("contact_policy", (), None, places).risk == "low"


# What makes it high.


def test_a_marketing_message_to_more_than_half_of_all_users_needs_two_people() -> None:
    def reaching(selected: int, **more: Any) -> Finding | None:
        artifact: DecisionPolicy = decision(entry("help", 1, TICKET, **more))
        won = {"entry": "help", "tier": 1, "eligible": 0, "suppressed": 0, "held_out": 0, "lost": 0}
        preview = PREVIEW.model_validate(
            PREVIEW.model_dump() | {"winners": [won | {"selected": selected}]}
        )
        return majority_reached(proposal(artifact, preview=preview))

    told = reaching(501)

    assert told is not None
    assert "50%" in told.message
    assert reaching(500) is None
    assert reaching(501, message_class="service") is None


def test_sensitive_data_needs_two_people_and_personal_data_does_not() -> None:
    health = sensitive_data(proposal(data_classes={"dim_users.health": "sensitive"}))

    assert health is not None
    assert "dim_users.health" in health.message
    assert sensitive_data(proposal(data_classes={"dim_users.email": "personal"})) is None


def test_a_sensitive_column_is_spoken_of_once() -> None:
    told = findings(proposal(data_classes={"dim_users.health": "sensitive"}))

    assert len([one for one in told if "dim_users.health" in one.message]) == 1


@pytest.mark.parametrize(
    ("more", "is_told"),
    [
        ({}, True),
        ({"message_class": "service"}, False),
        ({"mode": "after_exit"}, False),
        ({"mode": "after_exit", "enter_now": 51}, True),
    ],
)
def test_a_journey_of_marketing_for_most_users_needs_two_people(
    more: dict[str, Any], is_told: bool
) -> None:
    given: dict[str, Any] = {"mode": "never", "enter_now": 11, "message_class": "marketing"} | more
    sent = {"key": "m", "kind": "message", "next": "e"}
    action = message(message_class=given["message_class"]).model_dump()
    journey = Journey.model_validate(
        {
            "key": "j",
            "name": "J",
            "entry": AudienceEntry(condition=EventCount(event="seen")).model_dump(mode="json"),
            "reentry": {"mode": given["mode"]},
            "steps": [sent | {"action": action}, {"key": "e", "kind": "exit"}],
        }
    )
    effect = JourneyEffect(
        population="all",
        population_size=90,
        enter_now=given["enter_now"],
        as_of="2026-06-29",
        days=(ExpectedDay(day="2026-06-30", entries=40),),
    )
    asked = JourneyProposal(
        journey=journey,
        effect=effect,
        users_total=100,
        reach_limit_share=0.8,
        consent_purposes=PURPOSES,
        data_classes={"dim_users.health": "sensitive"},
    )

    told = {one.policy for one in journey_findings(asked)}

    assert ("majority_reached" in told) is is_told
    assert "sensitive_data" in told


# Who has to agree.


def test_a_policy_for_a_kind_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no kind 'decison_policy'"):
        ApprovalPolicy(name="typo", kinds=("decison_policy",))


def test_by_default_one_approver_decides_and_two_on_high_risk() -> None:
    needed = {
        one: required(DEFAULT_POLICIES, "decision_policy", one) for one in ("low", "medium", "high")
    }

    assert {risk: one.approvers for risk, one in needed.items() if one} == {
        "low": 1, "medium": 1, "high": 2,
    }  # fmt: skip


def test_the_first_policy_that_covers_kind_and_risk_holds() -> None:
    data = ApprovalPolicy(name="data", kinds=("trait_models",), approvers=3, role=Role.ADMIN)

    assert required((data, *DEFAULT_POLICIES), "trait_models", "low") is data
    assert required((data, *DEFAULT_POLICIES), "journey", "low") is DEFAULT_POLICIES[0]


def test_what_no_policy_covers_nobody_can_approve() -> None:
    assert required(DEFAULT_POLICIES[:2], "decision_policy", "high") is None
    assert required((), "decision_policy", "low") is None


def test_the_terms_are_said_in_sentences() -> None:
    grave = assess("destinations", ())
    low = assess("journey", ())

    assert said("destinations", grave, DEFAULT_POLICIES[2]) == (
        "High risk: it says to whom data of people leaves. 2 different approvers have to agree."
    )
    assert said("journey", low, DEFAULT_POLICIES[0]) == "Low risk. One approver has to agree."
    admins = ApprovalPolicy(name="a", approvers=2, role=Role.ADMIN)
    assert "2 different approvers who are admins as well" in said("journey", low, admins)
    assert (
        said("journey", low, None) == "Low risk. No approval policy covers a journey of low risk."
    )
