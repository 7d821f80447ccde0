"""'Send trial users an email': what is sent may be named after those it is sent to."""

from __future__ import annotations

import pytest

from core.conditions import EVERYONE, And, Condition, EventCount, InAudience, Trait
from tests.agent.planners.prompts import PRICING, rule

TRIAL = InAudience(key="trial_users")
THREE = EventCount(event="workout_completed", n=3)
AT_RISK = Trait(name="activation_state", value="at_risk")


@pytest.mark.parametrize(
    ("prompt", "who", "channels"),
    [
        ("Send everybody an email", EVERYONE, ("email",)),
        ("Send all users an email, please.", EVERYONE, ("email",)),
        ("Send trial users an email", TRIAL, ("email",)),
        ("Give all trial users a push notification.", TRIAL, ("push",)),
        ("Send at-risk users an in-app message", AT_RISK, ("in_app",)),
        ("Send users who completed 3 workouts an email", THREE, ("email",)),
        (
            "Send users who completed 3 workouts and viewed pricing a push.",
            And(of=(THREE, PRICING)),
            ("push",),
        ),
    ],
)
def test_a_channel_after_the_people_is_how_the_message_goes_out(
    prompt: str, who: Condition, channels: tuple[str, ...]
) -> None:
    drafted = rule(prompt)

    assert drafted.condition == who
    assert drafted.action is not None
    assert drafted.action.channels == channels


def test_a_message_after_the_people_goes_out_by_the_default_channels() -> None:
    drafted = rule("Send trial users a reminder")

    assert drafted.condition == TRIAL
    assert drafted.action is not None
    assert (drafted.action.name, drafted.action.channels) == ("Reminder", ("push", "email"))
    assert any("no channel was named" in said for said in drafted.assumptions)


@pytest.mark.parametrize(
    "prompt",
    [
        "Send the upgrade nudge to users who got an email",
        "Send the upgrade nudge to users who opened an email",
    ],
)
def test_what_people_got_earlier_still_says_whom_is_meant(prompt: str) -> None:
    drafted = rule(prompt)

    assert drafted.condition != EVERYONE
    assert drafted.action is not None
    assert drafted.action.key == "upgrade_nudge"
