"""Fixes that findings carry: each resolves its finding, and brings no blocker of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.artifacts import Edit, Finding
from core.conditions import EventCount
from core.journey_effects import JourneyEffect, JourneyProposal, journey_findings
from core.journey_steps import Message
from core.journeys import AudienceEntry, Journey
from core.patches import patched
from core.policies import findings
from core.proposal import Proposal
from core.regulations import Regulation
from core.rules import (
    Action,
    ContactPolicy,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    FrequencyCap,
    Holdout,
    Offer,
    QuietHours,
    StopCondition,
)
from core.sending import ChannelFacts, People
from tests.core.sendings import CHANNELS, PURPOSES, message, policy_of, rule, sends, worded

DAY = 86_400
SUMMER = Offer(
    key="summer", price=9.0, valid_from=datetime(2026, 6, 1), valid_until=datetime(2026, 9, 1)
)
ASKING = Regulation(
    key="opt_in",
    law="Law",
    countries=("DE",),
    media=("email", "in_app"),
    needs="opt_in",
    severity="block",
    says="It asks for consent.",
    source="https://example.org",
    section="1",
    seen="text",
)
CAPS = st.sampled_from(
    [
        (),
        (FrequencyCap(key="weekly", n=3, window_seconds=7 * DAY),),
        (FrequencyCap(key="none", n=0, window_seconds=DAY),),
        (FrequencyCap(key="email", n=0, window_seconds=DAY, channel="email"),),
        (FrequencyCap(key="service", n=0, window_seconds=DAY, message_class=None),),
    ]
)
QUIET = st.sampled_from(
    [None, QuietHours(start="21:00", end="08:00"), QuietHours(start="08:00", end="07:30")]
)
GOALS = st.sampled_from([None, "workout_completed", "subscription_started"])


@st.composite
def actions(draw: st.DrawFn, key: str) -> Action:
    """A message that may be wrong in every way that a fix is known for."""
    template = draw(st.sampled_from(["", "Flash sale", "Your ticket is open"]))
    return message(
        key=key,
        name=key.title(),
        channels=tuple(
            draw(st.lists(st.sampled_from([*PURPOSES, "fax"]), min_size=1, unique=True))
        ),
        message_class=draw(st.sampled_from(["marketing", "service", "transactional"])),
        template=template,
        template_key=None if template else draw(st.sampled_from([None, "letter"])),
        goal_event=draw(GOALS),
        offer=draw(st.sampled_from([None, None, SUMMER])),
        expires_after_seconds=draw(st.sampled_from([3_600, DAY, 7 * DAY, 91 * DAY, 400 * DAY])),
    )


@st.composite
def policies(draw: st.DrawFn) -> DecisionPolicy:
    """Up to three entries, with or without what ends them."""
    entries = [
        Entry(
            tier=draw(st.integers(1, 2)),
            action=draw(actions(f"entry_{place}")),
            eligibility=EventCount(event=draw(st.sampled_from(["seen", "workout_completed"]))),
        )
        for place in range(draw(st.integers(1, 3)))
    ]
    stop = StopCondition(key="bought", name="Bought", when=EventCount(event="subscription_started"))
    return DecisionPolicy(
        key="p",
        name="P",
        entries=tuple(entries),
        stop_conditions=draw(st.sampled_from([(), (stop,)])),
        holdout=draw(
            st.sampled_from([None, Holdout(share=0, salt="p"), Holdout(share=1, salt="p")])
        ),
    )


@st.composite
def rules(draw: st.DrawFn) -> EligibilityRule:
    """One message, held out from or not."""
    return rule().model_copy(
        update={
            "action": draw(actions("nudge")),
            "holdout": draw(st.sampled_from([None, Holdout(share=0.1, salt="r")])),
        }
    )


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    """Rules and policies under every kind of contact policy, route and law."""
    broken = ChannelFacts(medium="sms", destination="texts", unusable="It has no key.")
    return sends(
        draw(rules() | policies()),
        contact=ContactPolicy(key="c", caps=draw(CAPS), quiet_hours=draw(QUIET)),
        channels=draw(st.sampled_from([CHANNELS, CHANNELS | {"sms": broken}])),
        commercial_events=("subscription_started",),
        templates=worded("$price", price={"offer": "price", "type": "number", "required": False}),
        regulations=draw(st.sampled_from([(), (ASKING,)])),
        people=(People(country="DE", users=50),),
    )


def fixed(proposal: Proposal, finding: Finding) -> Proposal:
    document = patched(proposal.artifact.model_dump(mode="json"), finding.patch)
    return proposal.model_copy(update={"artifact": type(proposal.artifact)(**document)})


def blockers(found: tuple[Finding, ...]) -> set[str]:
    return {one.policy for one in found if one.severity == "block"}


@settings(max_examples=150)
@given(proposals())
def test_a_fix_resolves_its_finding_and_brings_no_blocker(proposal: Proposal) -> None:
    before = findings(proposal)

    for finding in before:
        if finding.patch:
            after = findings(fixed(proposal, finding))
            assert finding.policy not in {one.policy for one in after}
            assert blockers(after) <= blockers(before)


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        ("measurable", sends(rule().model_copy(update={"holdout": None}))),
        ("every_channel_asks_consent", sends(rule(channels=("email", "in_app")))),
        ("known_destination", sends(rule(channels=("email", "fax")))),
        ("class_is_honest", sends(rule(message_class="service", offer=SUMMER))),
        ("class_is_honest", sends(rule(message_class="service", template="Flash sale"))),
        ("expires_in_time", sends(rule(expires_after_seconds=400 * DAY))),
        ("expires_in_time", sends(rule(expires_after_seconds=3_600))),
        ("pursuit_ends", sends(policy_of(message(goal_event="workout_completed")))),
        (
            "destination_is_usable",
            sends(
                rule(channels=("sms", "email")),
                channels=CHANNELS | {"sms": ChannelFacts(unusable="It has no key.")},
            ),
        ),
    ],
)
def test_what_can_be_fixed_by_one_click_carries_the_fix(policy: str, wrong: Proposal) -> None:
    (finding,) = [one for one in findings(wrong) if one.policy == policy]

    assert finding.patch
    assert policy not in {one.policy for one in findings(fixed(wrong, finding))}


def test_a_journey_without_a_holdout_carries_the_fix() -> None:
    entry = AudienceEntry(condition=EventCount(event="seen"))
    journey = Journey.model_validate(
        {
            "key": "j",
            "name": "J",
            "entry": entry.model_dump(mode="json"),
            "steps": [
                {"key": "m", "kind": "message", "action": message().model_dump(), "next": "e"},
                {"key": "e", "kind": "exit"},
            ],
        }
    )
    effect = JourneyEffect(population="all", population_size=9, enter_now=1, as_of="2026-06-29")
    asked = JourneyProposal(
        journey=journey,
        effect=effect,
        users_total=100,
        reach_limit_share=0.8,
        consent_purposes=PURPOSES,
        data_classes={},
    )
    (finding,) = [one for one in journey_findings(asked) if one.patch]

    held = Journey.model_validate(patched(journey.model_dump(mode="json"), finding.patch))

    assert finding.policy == "has_holdout"
    assert held.holdout == Holdout(share=0.1, salt="j")
    assert isinstance(held.steps[0], Message)
    after = journey_findings(asked.model_copy(update={"journey": held}))
    assert "has_holdout" not in {one.policy for one in after}


def test_edits_replace_add_and_append_and_leave_the_original_alone() -> None:
    document: dict[str, Any] = {"a": [{"b/c": 1}, {"~": 2}], "list": [1]}
    edits = (
        Edit(path="/a/0/b~1c", value=5),
        Edit(path="/a/1/~0", value=None),
        Edit(path="/new", value={"x": []}),
        Edit(path="/new/x/-", value="y"),
        Edit(path="/list/-", value=2),
        Edit(path="/list/0", value=0),
    )

    made = patched(document, edits)

    assert made == {"a": [{"b/c": 5}, {"~": None}], "list": [0, 2], "new": {"x": ["y"]}}
    assert document == {"a": [{"b/c": 1}, {"~": 2}], "list": [1]}


@pytest.mark.parametrize("path", ["/a/9/b", "/a/x", "/a/1", "/no/way", "/n/x"])
def test_a_pointer_that_leads_nowhere_is_an_error(path: str) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        patched({"a": [{}], "n": 1}, (Edit(path=path, value=1),))


def test_a_pointer_begins_with_a_slash_and_a_finding_without_a_fix_says_nothing_of_it() -> None:
    for wrong in ("", "a", "/a~2"):
        with pytest.raises(ValidationError):
            Edit(path=wrong, value=1)
    bare = Finding(policy="x", severity="warn", message="X.")
    assert "patch" not in bare.model_dump(mode="json")
    assert Finding.model_validate(bare.model_dump(mode="json")) == bare
