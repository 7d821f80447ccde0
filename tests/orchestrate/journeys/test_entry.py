"""Who enters a journey, how often, and by which key."""

from __future__ import annotations

import pytest

from core.conditions import EventCount, Filter, Op, Rolling
from core.errors import PilothouseError
from core.journey_steps import Trigger, Wait
from core.journeys import AudienceEntry, EventEntry, Journey, Reentry
from tests.orchestrate.journeys.stage import DAY, LONDON, VIEWED, Stage, journey, says
from tests.orchestrate.world import policy

HOUR = 3_600
BY_PLAN = EventEntry(trigger=Trigger(event="subscription_started", key="plan"))


def _short(**more: object) -> Journey:
    """An hour's wait, then the end."""
    return journey(Wait(key="pause", seconds=HOUR, next="done"), **more)


def _again(mode: str, **more: int) -> Journey:
    return _short(reentry=Reentry.model_validate({"mode": mode} | more))


def _views(stage: Stage, *hours_apart: float) -> int:
    """The user views pricing, and again so many hours later each; gives the runs."""
    stage.world.user("u1")
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=1)
    for hours in hours_apart:
        stage.wait(hours=hours)
        stage.did("u1", "pricing_viewed")
        stage.later(minutes=1)
    return len(stage.runs())


def test_nobody_enters_twice_unless_it_is_said(stage: Stage) -> None:
    stage.publish(_again("never"))

    assert _views(stage, 2, 48) == 1


def test_whoever_has_left_enters_again(stage: Stage) -> None:
    stage.publish(_again("after_exit"))

    assert _views(stage, 2, 48) == 3


def test_an_entry_during_a_run_is_no_second_run(stage: Stage) -> None:
    stage.publish(_again("after_exit"))

    assert _views(stage, 0.5) == 1

    stage.later(hours=2)
    assert len(stage.runs()) == 1


def test_an_entry_between_the_end_of_a_run_and_the_next_look_counts(stage: Stage) -> None:
    stage.publish(_again("after_exit"))
    _views(stage)
    stage.wait(minutes=90)
    stage.did("u1", "pricing_viewed")

    stage.later(minutes=10)

    assert [run["exit_reason"] for run in stage.runs()] == ["COMPLETED", None]


def test_whoever_entered_enters_again_only_after_the_window(stage: Stage) -> None:
    stage.publish(_again("after_window", window_seconds=3 * 86_400))

    assert _views(stage, 24, 47) == 1
    assert _views_more(stage, 24) == 2


def _views_more(stage: Stage, hours: float) -> int:
    stage.wait(hours=hours)
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=1)
    return len(stage.runs())


def test_every_key_has_a_run_of_its_own_and_only_one(stage: Stage) -> None:
    stage.publish(_short(entry=BY_PLAN, reentry=Reentry(mode="keyed")))
    stage.world.user("u1")
    for plan in ("monthly", "yearly", "monthly"):
        stage.did("u1", "subscription_started", plan=plan)
        stage.later(minutes=1)

    stage.later(days=1)
    stage.did("u1", "subscription_started", plan="monthly")
    stage.later(minutes=1)

    assert [run["entry_key"] for run in stage.runs()] == ["monthly", "yearly"]


def test_an_event_without_a_key_starts_no_keyed_run(stage: Stage) -> None:
    stage.publish(_short(entry=BY_PLAN, reentry=Reentry(mode="keyed")))
    stage.world.user("u1")
    stage.did("u1", "subscription_started")

    stage.later(minutes=1)

    assert stage.runs() == []


def test_two_keyed_runs_of_a_user_each_send_their_message(stage: Stage) -> None:
    stage.publish(journey(says("thanks", "done"), entry=BY_PLAN, reentry=Reentry(mode="keyed")))
    stage.world.user("u1")
    stage.did("u1", "subscription_started", plan="monthly")
    stage.did("u1", "subscription_started", plan="yearly")

    stage.later(minutes=1)
    stage.later(minutes=1)

    assert stage.sent() == ["thanks_action", "thanks_action"]
    assert {run["exit_reason"] for run in stage.runs()} == {"COMPLETED"}


def test_a_keyed_run_is_stopped_by_the_event_of_its_own_key_only(stage: Stage) -> None:
    cancelled = Trigger(event="subscription_started", key="plan")
    stage.publish(
        journey(
            Wait(key="paid", seconds=HOUR, event=cancelled, next="done", on_timeout="remind"),
            says("remind", "done"),
            entry=EventEntry(trigger=Trigger(event="workout_saved", key="workout_type")),
            reentry=Reentry(mode="keyed"),
        )
    )
    stage.world.user("u1")
    stage.did("u1", "workout_saved", workout_type="yoga")
    stage.did("u1", "workout_saved", workout_type="run")
    stage.later(minutes=1)
    stage.did("u1", "subscription_started", plan="yoga")

    stage.later(hours=2)

    ends = {run["entry_key"]: run["step"] for run in stage.runs()}
    assert stage.sent() == ["remind_action"]
    assert ends == {"yoga": "done", "run": "done"}


# By audience


def test_whoever_belongs_to_the_audience_enters_when_it_goes_live_and_others_on_joining(
    stage: Stage,
) -> None:
    stage.world.user("u1")
    stage.publish(_short(entry=AudienceEntry(condition=LONDON)))
    stage.round()
    stage.world.user("u2")

    stage.later(minutes=1)

    assert [run["user_id"] for run in stage.runs()] == ["u1", "u2"]


def test_whoever_stays_in_the_audience_does_not_enter_again_after_leaving_the_journey(
    stage: Stage,
) -> None:
    stage.world.user("u1")
    again = Reentry(mode="after_exit")
    stage.publish(_short(entry=AudienceEntry(condition=LONDON), reentry=again))

    for _ in range(4):
        stage.later(hours=3)

    assert len(stage.runs()) == 1


def test_whoever_leaves_the_audience_and_joins_it_again_enters_again(stage: Stage) -> None:
    stage.world.user("u1")
    active = EventCount(event="app_opened", window=Rolling(seconds=86_400))
    again = Reentry(mode="after_exit")
    stage.publish(_short(entry=AudienceEntry(condition=active), reentry=again))
    for _ in range(3):
        stage.did("u1", "app_opened")
        stage.later(minutes=1)
        stage.later(days=2)

    assert len(stage.runs()) == 3


# What does not enter


def test_an_event_from_before_it_went_live_starts_nothing(stage: Stage) -> None:
    stage.world.user("u1")
    stage.did("u1", "pricing_viewed")
    stage.wait(minutes=1)
    stage.publish(_short())

    stage.later(minutes=1)

    assert stage.runs() == []


def test_an_event_that_is_known_later_than_it_counts_starts_nothing(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(_short())
    then = stage.wait(minutes=1)
    stage.wait(hours=25)
    stage.did("u1", "pricing_viewed", at=then)

    stage.later(minutes=1)

    assert stage.runs() == []


def test_an_event_that_was_loaded_after_a_look_still_starts_its_run(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(_short())
    then = stage.wait(minutes=1)
    stage.later(minutes=30)
    stage.world.insert(
        "fct_events", user_id="u1", event_name="pricing_viewed", event_time=then, received_at=then
    )

    stage.later(minutes=1)

    assert [run["entered_at"] for run in stage.runs()] == [then]


def test_only_whom_the_entry_means_may_enter_by_its_event(stage: Stage) -> None:
    stage.world.user("u1")
    stage.world.user("u2", timezone="Europe/Berlin")
    stage.publish(_short(entry=EventEntry(trigger=VIEWED.trigger, condition=LONDON)))
    for user in ("u1", "u2", "nobody"):
        stage.did(user, "pricing_viewed")

    stage.later(minutes=1)

    assert [run["user_id"] for run in stage.runs()] == ["u1"]


def test_a_key_names_a_journey_or_a_rule_and_never_both(stage: Stage) -> None:
    stage.publish(_short())

    with pytest.raises(PilothouseError, match="names a journey"):
        stage.world.publish(policy(stage.world.catalog, key="trip"))


def test_a_look_at_the_same_moment_again_changes_nothing(stage: Stage) -> None:
    stage.publish(_again("after_exit"))
    _views(stage)
    before = stage.runs()

    assert stage.tick().moved == 0
    assert stage.runs() == before


def test_a_clock_that_jumps_back_changes_nothing(stage: Stage) -> None:
    stage.publish(_short())
    _views(stage)
    before = stage.runs()
    stage.now -= DAY

    assert stage.tick().skipped
    assert stage.runs() == before


def test_a_property_that_is_not_of_its_type_is_missing_and_stops_no_look(stage: Stage) -> None:
    minute = Filter(column="duration_seconds", op=Op.GE, value=60)
    stage.world.user("u1")
    stage.publish(
        journey(
            says("push", "done"),
            entry=EventEntry(trigger=Trigger(event="workout_completed", where=(minute,))),
        )
    )
    for said in ("nan", "long", "90"):
        stage.did("u1", "workout_completed", duration_seconds=said)

    stage.later(minutes=1)

    assert len(stage.runs()) == 1
