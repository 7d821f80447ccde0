"""The two journeys that everybody asks for first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.rules import FrequencyCap, Holdout
from tests.orchestrate.journeys.stage import DAY, Stage, next_workout, push_then_email

# Push, then e-mail if not opened in 24 hours


def _pushed(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email())
    stage.later(minutes=5)
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=5)


def test_a_push_goes_out_when_the_user_enters(stage: Stage) -> None:
    _pushed(stage)

    assert stage.sent() == ["push_action"]
    assert stage.where("u1") == "opened"


def test_an_opened_push_ends_it_without_an_email(stage: Stage) -> None:
    _pushed(stage)
    stage.wait(hours=23)
    stage.opened("u1", "push_action")

    stage.later(hours=5)

    assert stage.sent() == ["push_action"]
    assert stage.where("u1") == "COMPLETED"


def test_an_email_follows_when_nobody_opened_it_in_24_hours(stage: Stage) -> None:
    _pushed(stage)

    stage.later(hours=25)

    assert stage.sent() == ["push_action", "email_action"]
    assert stage.where("u1") == "COMPLETED"


@pytest.mark.parametrize(("seconds", "step"), [(86_399, "opened"), (86_400, "email")])
def test_the_24_hours_end_to_the_second(stage: Stage, seconds: int, step: str) -> None:
    _pushed(stage)

    stage.wait(seconds=seconds)
    stage.tick()

    assert stage.where("u1") == step


def test_an_open_at_the_very_end_of_the_24_hours_is_too_late(stage: Stage) -> None:
    _pushed(stage)
    stage.wait(hours=24)
    stage.opened("u1", "push_action")

    stage.round()

    assert stage.sent() == ["push_action", "email_action"]


def test_a_step_is_over_when_it_really_was_however_late_somebody_looks(stage: Stage) -> None:
    _pushed(stage)
    sent_at = stage.now

    stage.wait(days=3)
    stage.tick()

    assert stage.run("u1")["step_at"] == sent_at + DAY


# In-app on the next workout within 7 days, else drop


def _waiting(stage: Stage) -> None:
    stage.world.user("u1")
    stage.did("u1", "workout_completed")
    stage.publish(next_workout())
    stage.later(minutes=5)
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=5)


def test_the_next_workout_brings_the_message(stage: Stage) -> None:
    _waiting(stage)
    assert stage.sent() == []
    stage.wait(days=2)
    stage.did("u1", "workout_completed")

    stage.later(minutes=1)

    assert stage.sent() == ["in_app_action"]


def test_without_a_workout_the_user_is_dropped_after_7_days(stage: Stage) -> None:
    _waiting(stage)

    stage.later(days=8)

    assert stage.sent() == []
    assert stage.where("u1") == "DROPPED"


def test_a_workout_that_is_known_late_but_was_in_time_counts_while_the_run_waits(
    stage: Stage,
) -> None:
    _waiting(stage)
    then = stage.wait(days=1)
    stage.wait(days=1)
    stage.did("u1", "workout_completed", at=then)

    stage.later(minutes=1)

    assert stage.sent() == ["in_app_action"]
    assert stage.run("u1")["exit_reason"] == "COMPLETED"


# The same rules as every other message


def test_a_held_out_user_is_a_ghost_and_gets_nothing(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email(holdout=Holdout(share=1.0, salt="trip")))
    stage.did("u1", "pricing_viewed")

    stage.later(minutes=5)

    assert stage.where("u1") == "HELD_OUT"
    told = stage.world.rows("SELECT reason_code, ghost FROM decisions")
    assert told == [("HELD_OUT_POLICY", True)]


def test_a_journeys_message_counts_under_the_same_caps(stage: Stage) -> None:
    stage.world.contact(
        caps=(FrequencyCap(key="daily", n=1, window_seconds=86_400, message_class="service"),)
    )
    stage.world.user("u1")
    stage.publish(push_then_email())
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=5)

    stage.later(hours=23, minutes=59)
    stage.later(minutes=2)

    assert stage.sent() == ["push_action", "email_action"]
    first, second = stage.world.rows("SELECT sent_at FROM fct_messages ORDER BY 1")
    assert second[0] - first[0] >= timedelta(days=1)
