"""A rule that names what the catalog lacks is refused before anything reads its names."""

from __future__ import annotations

from typing import Any

import pytest

from core.conditions import EventCount
from core.errors import Code
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry
from orchestrate.artifact_checks import refusals
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
LOOKED = EventCount(event="pricing_viewed")


def sends(**more: Any) -> Action:
    return Action(**({"key": "nudge", "name": "Nudge", "channels": ("push",)} | more))


def ranked(score: str | None, action: Action | None = None) -> DecisionPolicy:
    entry = Entry(tier=1, action=action or sends(), eligibility=LOOKED, score=score)
    return DecisionPolicy(key="next_best", name="Next best", entries=(entry,))


def test_what_the_catalog_has_is_not_refused() -> None:
    rule = EligibilityRule(
        key="nudge", name="Nudge", condition=LOOKED, action=sends(goal_event="plan_selected")
    )

    assert refusals(rule, CATALOG, lambda key, version: None) == ()
    assert refusals(ranked("ltv"), CATALOG, lambda key, version: None) == ()
    assert refusals(ranked(None), CATALOG, lambda key, version: None) == ()


@pytest.mark.parametrize(
    ("policy", "code", "said"),
    [
        (ranked("ltvv"), Code.UNKNOWN_TRAIT, "ltv"),
        (ranked("activation_state"), Code.TYPE_MISMATCH, "ranked by a number"),
        (ranked(None, sends(channels=("push", "emial"))), Code.UNKNOWN_VALUE, "email"),
        (ranked(None, sends(goal_event="subscribed_now")), Code.UNKNOWN_EVENT, "subscribed_now"),
    ],
    ids=["score", "word as a score", "channel", "goal"],
)
def test_what_it_lacks_is_named_with_the_nearest(
    policy: DecisionPolicy, code: Code, said: str
) -> None:
    (refusal,) = refusals(policy, CATALOG, lambda key, version: None)

    assert refusal.code is code
    assert said in f"{refusal.message} {refusal.fix}"
