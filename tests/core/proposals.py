"""Proposals of policies, put together from the parts that a test is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.artifacts import Preview, Required
from core.conditions import (
    And,
    Condition,
    EventCount,
    Filter,
    Related,
    Rolling,
)
from core.proposal import EntryFacts, Proposal
from core.rules import (
    Action,
    ContactPolicy,
    DecisionPolicy,
    Entry,
    FrequencyCap,
    Offer,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)

DAY = 86_400
PREVIEW = Preview(
    population="all users",
    population_size=1_000,
    audience_size=50,
    reachable_size=40,
    as_of="2026-06-29",
)
TRAINED = EventCount(event="workout_completed")
TRAINED_THRICE = EventCount(event="workout_completed", n=3)
TRAINED_THIS_WEEK = EventCount(event="workout_completed", window=Rolling(seconds=7 * DAY))
LOOKED = EventCount(event="pricing_viewed")
TICKET = Related(entity="ticket", where=(Filter(column="status", value="open"),))
PAYING = Related(entity="subscription", where=(Filter(column="status", value="active"),))
SUMMER = Offer(
    key="summer", price=9.0, valid_from=datetime(2026, 6, 1), valid_until=datetime(2026, 9, 1)
)
NAMES = {"help": "Help", "nudge": "Nudge", "offer": "Offer"}


def action(key: str, **more: Any) -> Action:
    return Action(**({"key": key, "name": NAMES[key], "channels": ("push", "email")} | more))


def entry(key: str, tier: int, eligibility: Condition, **more: Any) -> Entry:
    applicability, score = more.pop("applicability", None), more.pop("score", None)
    return Entry(
        tier=tier,
        action=action(key, **more),
        eligibility=eligibility,
        applicability=applicability,
        score=score,
    )


def policy(*entries: Entry, **more: Any) -> DecisionPolicy:
    return DecisionPolicy(**({"key": "next_best", "name": "Next best", "entries": entries} | more))


def got(key: str) -> Related:
    return Related(entity="message", where=(Filter(column="action_key", value=key),))


def both(*parts: Condition) -> Condition:
    return And(of=parts)


def stop(when: Condition, *actions: str) -> StopCondition:
    return StopCondition(key="stop", name="Stop", when=when, actions=actions)


def hold(key: str, when: Condition, *actions: str) -> Suppression:
    return Suppression(key=key, name=key, when=when, actions=actions)


def ignored(*actions: str) -> Suppression:
    outcome = OutcomeSuppression(
        outcome="ignored", n=2, window_seconds=30 * DAY, pause_seconds=60 * DAY
    )
    return Suppression(key="pause", name="Pause", outcome=outcome, actions=actions)


def proposal(artifact: DecisionPolicy | None = None, **more: Any) -> Proposal:
    given: dict[str, Any] = {
        "artifact": artifact or policy(entry("help", 1, TICKET), entry("nudge", 2, LOOKED)),
        "required": Required(),
        "preview": PREVIEW,
        "users_total": 1_000,
        "consent_purposes": {"email": "marketing", "push": "marketing"},
        "data_classes": {},
        "reach_limit_share": 0.8,
    }
    return Proposal(**(given | more))


def facts(key: str, **counts: int) -> EntryFacts:
    zero = {"eligible": 9, "outside": 0, "stopped": 0, "reachable": 9}
    return EntryFacts(action=key, **(zero | counts))


def contact(**limits: Any) -> ContactPolicy:
    return ContactPolicy(key="default", **limits)


def cap(n: int, **more: Any) -> FrequencyCap:
    return FrequencyCap(**{"key": "weekly", "n": n, "window_seconds": 7 * DAY} | more)
