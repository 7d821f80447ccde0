"""Rules that send one message, with whatever facts a test of a guardrail policy is about."""

from __future__ import annotations

from typing import Any

from core.artifacts import Finding, Preview, Required
from core.conditions import EVERYONE, EventCount
from core.policies import POLICIES
from core.proposal import Proposal
from core.rules import (
    Action,
    ContactPolicy,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    FrequencyCap,
    Holdout,
    QuietHours,
)
from core.sending import ChannelFacts
from core.templates import Template, TemplateFacts

WEEKLY = FrequencyCap(key="weekly", n=3, window_seconds=604_800)
NIGHT = QuietHours(start="21:00", end="08:00")
CONTACT = ContactPolicy(key="default", caps=(WEEKLY,), quiet_hours=NIGHT)
CHANNELS = {
    "email": ChannelFacts(medium="email", adds=("sender", "unsubscribe")),
    "sms": ChannelFacts(medium="sms", adds=("sender", "unsubscribe")),
    "push": ChannelFacts(medium="push"),
    "in_app": ChannelFacts(medium="in_app"),
}
PURPOSES = {"email": "marketing", "sms": "marketing", "push": "marketing", "in_app": None}
BY_NAME = {policy.__name__: policy for policy in POLICIES}


def sends(artifact: Any = None, *, audience: int = 50, **facts: Any) -> Proposal:
    """A proposal that no policy has anything against, but for the facts that are given."""
    preview = Preview(
        population="all users",
        population_size=1_000,
        audience_size=audience,
        reachable_size=min(audience, 40),
        as_of="2026-06-29",
    )
    given: dict[str, Any] = {
        "artifact": artifact or rule(),
        "required": Required(),
        "preview": preview,
        "users_total": 1_000,
        "consent_purposes": PURPOSES,
        "data_classes": {"dim_users.country": "public"},
        "reach_limit_share": 0.8,
        "contact": CONTACT,
        "channels": CHANNELS,
    }
    return Proposal(**(given | facts))


def rule(**more: Any) -> EligibilityRule:
    """A rule with one message; what is given is its action's."""
    return EligibilityRule(
        key="r",
        name="R",
        condition=EVERYONE,
        action=message(**more),
        holdout=Holdout(share=0.1, salt="r"),
    )


def policy_of(*actions: Action, **more: Any) -> DecisionPolicy:
    """A policy with one entry an action, each at a tier of its own."""
    entries = tuple(
        Entry(tier=tier, action=one, eligibility=EventCount(event=f"seen_{tier}"))
        for tier, one in enumerate(actions, start=1)
    )
    return DecisionPolicy(**({"key": "p", "name": "P", "entries": entries} | more))


def message(**more: Any) -> Action:
    return Action(**({"key": "nudge", "name": "Nudge", "channels": ("email",)} | more))


def worded(body: str, **variables: Any) -> dict[str, TemplateFacts]:
    """The template ``letter`` of the catalog."""
    letter = Template(
        name="Letter", channels=("email", "sms", "in_app"), body=body, variables=variables
    )
    return {"letter": TemplateFacts(template=letter)}


def verdict(name: str, proposal: Proposal) -> Finding | None:
    """What one policy says."""
    return BY_NAME[name](proposal)


def found(name: str, proposal: Proposal) -> Finding:
    """What one policy says, where it must say something."""
    finding = verdict(name, proposal)
    assert finding is not None, name
    return finding
