"""Rules refuse what could not be decided: unknown keys, two meanings, endless quiet hours."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.conditions import EVERYONE, EventCount
from core.rules import (
    Action,
    ContactPolicy,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    FrequencyCap,
    Holdout,
    OutcomeSuppression,
    QuietHours,
    StopCondition,
    Suppression,
)

TRAINED = EventCount(event="workout_completed")
OUTCOME = OutcomeSuppression(outcome="ignored", n=2, window_seconds=60, pause_seconds=60)


def action(key: str = "nudge", **more: Any) -> Action:
    return Action(**({"key": key, "name": "Nudge", "channels": ("email",)} | more))


def entry(key: str = "nudge", tier: int = 1) -> Entry:
    return Entry(tier=tier, action=action(key), eligibility=TRAINED)


def policy(**more: Any) -> DecisionPolicy:
    given = {"key": "p", "name": "P", "entries": (entry("nudge"), entry("help", 2))}
    return DecisionPolicy(**(given | more))


@pytest.mark.parametrize("key", ["", "Upper", "1st", "a-b", "a b", "../etc", "x" * 65, "a'b"])
def test_a_key_is_a_plain_lower_case_name(key: str) -> None:
    with pytest.raises(ValidationError):
        EligibilityRule(key=key, name="x", condition=EVERYONE)
    with pytest.raises(ValidationError):
        action(key)


def test_a_rule_cannot_say_that_it_is_live_or_without_a_cap() -> None:
    for smuggled in ({"status": "active"}, {"quiet_hours": None}, {"caps": []}):
        with pytest.raises(ValidationError, match="Extra inputs"):
            EligibilityRule(key="k", name="x", condition=EVERYONE, **smuggled)
        with pytest.raises(ValidationError, match="Extra inputs"):
            policy(**smuggled)


def test_every_entry_has_an_action_key_of_its_own() -> None:
    with pytest.raises(ValidationError, match="key of its own"):
        policy(entries=(entry("nudge"), entry("nudge", 2)))


def test_a_policy_without_entries_is_refused() -> None:
    with pytest.raises(ValidationError):
        policy(entries=())


@pytest.mark.parametrize(
    "concerning",
    [
        {"suppressions": (Suppression(key="s", name="S", when=TRAINED, actions=("push",)),)},
        {"stop_conditions": (StopCondition(key="s", name="S", when=TRAINED, actions=("push",)),)},
    ],
)
def test_a_suppression_or_stop_of_an_unknown_action_is_refused(concerning: Any) -> None:
    with pytest.raises(ValidationError, match="names the action 'push', which has no entry"):
        policy(**concerning)


def test_a_suppression_has_a_condition_or_an_outcome_never_both_or_neither() -> None:
    for form in ({}, {"when": TRAINED, "outcome": OUTCOME}):
        with pytest.raises(ValidationError, match="not both and not neither"):
            Suppression(key="s", name="S", **form)
    assert Suppression(key="s", name="S", outcome=OUTCOME).when is None


def test_a_stop_that_names_no_action_concerns_every_entry() -> None:
    everywhere = StopCondition(key="all", name="All", when=TRAINED)
    helped = StopCondition(key="some", name="Some", when=TRAINED, actions=("help",))
    found = policy(stop_conditions=(everywhere, helped))

    assert found.stops_of(found.entries[0]) == (everywhere,)
    assert found.stops_of(found.entries[1]) == (everywhere, helped)


def test_a_suppression_holds_back_the_actions_it_names() -> None:
    named = Suppression(key="s", name="S", when=TRAINED, actions=("nudge",))
    found = policy(suppressions=(named,))

    assert found.suppressions_of(found.entries[0]) == (named,)
    assert found.suppressions_of(found.entries[1]) == ()


def test_first_hit_selects_one_action_and_top_k_more() -> None:
    with pytest.raises(ValidationError, match="k must be 1"):
        policy(k=2)
    assert policy(hit_policy="top_k", k=2).k == 2


@pytest.mark.parametrize(("start", "end"), [("21:00", "21:00"), ("24:00", "08:00"), ("9", "10:00")])
def test_quiet_hours_are_two_different_times_of_day(start: str, end: str) -> None:
    with pytest.raises(ValidationError):
        QuietHours(start=start, end=end)


def test_a_cap_of_zero_blocks_and_no_cap_is_no_entry() -> None:
    assert FrequencyCap(key="none", n=0, window_seconds=60).n == 0
    assert ContactPolicy(key="free").caps == ()
    with pytest.raises(ValidationError):
        FrequencyCap(key="none", n=-1, window_seconds=60)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_holdout_is_a_share_with_a_salt(share: float) -> None:
    with pytest.raises(ValidationError):
        Holdout(share=share, salt="s")
    with pytest.raises(ValidationError):
        Holdout(share=0.1, salt="")


def test_an_action_needs_a_channel_and_an_expiry() -> None:
    with pytest.raises(ValidationError):
        action(channels=())
    with pytest.raises(ValidationError):
        action(expires_after_seconds=0)
    assert action().expires_after_seconds == 7 * 86_400
