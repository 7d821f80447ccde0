"""Why a journey's message was sent, waits or was dropped, told with the user's other decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from control.people import get
from core.conditions import Attribute
from core.errors import Code, PilothouseError
from core.journey_steps import Trigger, Wait
from core.journeys import EventEntry, Journey, JourneyStop, Reentry
from core.rules import FrequencyCap, QuietHours
from deliver.delivery import Outward, deliver
from orchestrate.explain import explain
from orchestrate.rulebook import pause
from tests.orchestrate.journeys.stage import (
    HOUR,
    Stage,
    action,
    journey,
    next_workout,
    push_then_email,
    says,
)
from tests.orchestrate.world import EVERYBODY_HELD_OUT, HAS_TICKET, LOOKED, NOW, single

TICKET = JourneyStop(key="ticket", name="Has a ticket", when=HAS_TICKET)
PAID = JourneyStop(key="paid", name="Paid", event=Trigger(event="subscription_started"))


def _explained(stage: Stage, **more: Any) -> dict[str, Any]:
    world = stage.world
    given = {"at": stage.now} | more
    return explain(world.store, world.warehouse, world.catalog, "u1", **given)


def _run(stage: Stage) -> dict[str, Any]:
    (run,) = _explained(stage)["journeys"]
    return run


def _entered(stage: Stage, what: Journey, **user: Any) -> None:
    stage.world.user("u1", **user)
    stage.publish(what)
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=1)


def _marketing(key: str, to: str) -> Any:
    step = says(key, to)
    sent = action(f"{key}_action", "email", message_class="marketing")
    return step.model_copy(update={"action": sent})


# Where a run is


def test_a_run_that_waits_says_where_since_when_and_until_when(stage: Stage) -> None:
    _entered(stage, next_workout())

    run = _run(stage)

    since = stage.run("u1")["step_at"]
    assert (run["journey"], run["version"], run["step"], run["state"]) == (
        "trip",
        1,
        "workout",
        "waits",
    )
    assert run["run_id"] == stage.run("u1")["run_id"]
    assert run["since"] == since.isoformat()
    assert run["sentence"] == "It waits for: workout completed."
    until = (since + timedelta(days=7)).isoformat()
    assert run["next"] == {"at": until, "what": "dropped"}


def test_a_wait_for_a_clock_is_told_in_the_zone_where_the_user_is_now(stage: Stage) -> None:
    morning = Wait(key="morning", until="09:00", days=1, next="push")
    _entered(stage, journey(morning, says("push", "done")), timezone="Asia/Tokyo")

    assert _run(stage)["next"]["at"] == NOW.replace(hour=0).isoformat().replace("-02T", "-03T")


def test_a_message_that_was_sent_says_when_and_what_is_waited_for_now(stage: Stage) -> None:
    _entered(stage, push_then_email())
    sent_at = stage.now

    run = _run(stage)

    (push,) = run["messages"]
    assert (push["step"], push["action"], push["reason_code"]) == (
        "push",
        "push_action",
        "SELECTED",
    )
    assert push["sent_at"] == sent_at.isoformat()
    assert (run["step"], run["state"]) == ("opened", "waits")
    assert run["sentence"] == "It waits until the message is opened or failed or unreachable."
    assert run["next"] == {"at": (sent_at + timedelta(days=1)).isoformat(), "what": "email"}


def test_a_message_in_quiet_hours_says_until_when_it_waits(stage: Stage) -> None:
    stage.world.contact(quiet_hours=QuietHours(start="11:00", end="15:00"))
    _entered(stage, push_then_email())

    run = _run(stage)

    assert (run["state"], run["sentence"]) == (
        "sending",
        "Its message waits until it may leave.",
    )
    assert run["next"]["at"] == NOW.replace(hour=15).isoformat()
    assert run["messages"][0]["not_before"] == NOW.replace(hour=15).isoformat()


def test_a_run_that_has_its_message_due_asks_for_its_turn(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email())
    stage.did("u1", "pricing_viewed")
    stage.tick()

    run = _run(stage)

    assert (run["state"], run["sentence"]) == ("due", "Its message asks for its turn.")
    assert "next cycle" in run["next"]["what"]


def test_each_run_of_a_keyed_journey_is_told(stage: Stage) -> None:
    entry = EventEntry(trigger=Trigger(event="workout_completed", key="workout_type"))
    week = Wait(key="week", seconds=7 * 86_400, next="push")
    stage.world.user("u1")
    stage.publish(journey(week, says("push", "done"), entry=entry, reentry=Reentry(mode="keyed")))
    for workout in ("yoga", "run"):
        stage.did("u1", "workout_completed", workout_type=workout)
    stage.later(minutes=1)

    runs = _explained(stage)["journeys"]

    assert sorted(run["entry_key"] for run in runs) == ["run", "yoga"]


# Why a message was held back or dropped


def test_a_message_without_consent_names_the_consent_that_is_missing(stage: Stage) -> None:
    _entered(stage, journey(_marketing("push", "done")), consent="denied")

    run = _run(stage)

    assert run["messages"][0]["reason_code"] == "NO_CONSENT"
    assert "email" in run["failed_leaf"]
    assert run["value_read"] == "denied"
    assert run["state"] == "due"
    assert "has not agreed" in run["sentence"]


def test_a_message_that_a_cap_holds_back_says_how_often_it_was_decided_on(stage: Stage) -> None:
    stage.world.contact(
        caps=(FrequencyCap(key="none", n=0, window_seconds=60, message_class=None),)
    )
    _entered(stage, journey(says("push", "done")))
    stage.later(hours=1)

    run = _run(stage)

    (push,) = run["messages"]
    assert (push["reason_code"], push["decisions"], push["failed_leaf"]) == ("CAP_REACHED", 2, None)
    assert run["sentence"].startswith("Its message was held back and asks again")


def test_a_message_that_is_dropped_before_sending_says_why(stage: Stage) -> None:
    stage.world.contact(quiet_hours=QuietHours(start="11:00", end="15:00"))
    _entered(stage, journey(_marketing("push", "done")))
    stage.wait(hours=4)
    stage.world.consent("u1", "email", "withdrawn", days_ago=0)
    world = stage.world
    outward = Outward(world.mailbox)
    deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: stage.now)

    before = _run(stage)
    stage.tick()
    after = _run(stage)

    (push,) = before["messages"]
    assert (push["reason_code"], push["state"], push["dropped"]) == (
        "SELECTED",
        "cancelled",
        "NO_CONSENT",
    )
    assert before["sentence"].startswith("Its message was dropped: The user has not agreed")
    assert (after["state"], after["exit_reason"]) == ("ended", "UNREACHABLE")


# Why a run ended


def test_a_run_that_a_condition_stopped_names_the_leaf_and_what_was_read(stage: Stage) -> None:
    _entered(stage, next_workout(stops=(PAID, TICKET)))
    stage.world.ticket("u1")
    stage.later(hours=1)

    run = _run(stage)

    assert (run["state"], run["exit_reason"]) == ("ended", "STOPPED")
    assert "open ticket" in run["failed_leaf"]
    assert run["expected"] == f"not: {run['failed_leaf']}"


def test_a_run_that_an_event_stopped_names_the_event(stage: Stage) -> None:
    _entered(stage, next_workout(stops=(TICKET, PAID)))
    stage.did("u1", "subscription_started", at=stage.wait(hours=2))
    stage.later(hours=1)

    run = _run(stage)

    assert (run["exit_reason"], run["failed_leaf"]) == ("STOPPED", "subscription started")


@pytest.mark.parametrize(
    ("more", "reason", "sentence"),
    [
        ({"goal": Trigger(event="app_opened")}, "GOAL", "The user did what the journey is for."),
        ({"max_runtime_seconds": 700_000}, "EXPIRED", "It took longer than it may."),
    ],
)
def test_a_run_that_ended_says_why(
    stage: Stage, more: dict[str, Any], reason: str, sentence: str
) -> None:
    week = Wait(key="week", seconds=7 * 86_400, next="push")
    _entered(stage, journey(week, says("push", "done"), **more))
    stage.world.contact(quiet_hours=QuietHours(start="00:00", end="23:59"))
    if "goal" in more:
        stage.did("u1", "app_opened", at=stage.wait(minutes=5))
    stage.later(days=9)

    run = _run(stage)

    assert (run["exit_reason"], run["sentence"]) == (reason, sentence)
    assert run["next"] == {"at": None, "what": None}


def test_a_held_out_user_is_told_as_held_out(stage: Stage) -> None:
    _entered(stage, journey(says("push", "done"), holdout=EVERYBODY_HELD_OUT))

    run = _run(stage)

    assert run["exit_reason"] == "HELD_OUT"
    assert run["messages"][0]["reason_code"] == "HELD_OUT_POLICY"


# Why there is no run


def test_who_is_not_in_a_journey_is_told_what_keeps_them_out(stage: Stage) -> None:
    stage.world.user("u1")
    german = Attribute(column="country", value="DE")
    stage.publish(push_then_email(population=german))

    run = _run(stage)

    assert (run["state"], run["run_id"]) == ("not entered", None)
    assert run["sentence"] == "The user is not among those whom the journey is for."
    assert "country" in run["failed_leaf"]


def test_who_has_not_done_what_starts_a_journey_is_told_so(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email())

    assert "pricing viewed" in _run(stage)["sentence"]


def test_nobody_enters_a_paused_journey(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email())
    pause(stage.world.store, "trip", person=get(stage.world.store, "pavel@demo"), now=stage.now)

    assert _run(stage)["sentence"] == "The journey is paused: nobody enters."


# Beside the other decisions


def test_a_message_that_is_due_is_decided_on_beside_the_rules_with_what_would_flip_it(
    stage: Stage,
) -> None:
    world = stage.world
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=86_400, message_class=None),))
    world.user("u1")
    world.did("u1", "pricing_viewed")
    world.publish(single(world.catalog, eligibility=LOOKED))
    stage.publish(journey(says("push", "done"), tier=2))
    stage.did("u1", "pricing_viewed")
    stage.tick()

    told = _explained(stage)
    world.cycle(stage.now)
    afterwards = _explained(stage)

    for one in (told, afterwards):
        rows = {d["policy"]: d["candidates"][0]["reason_code"] for d in one["decisions"]}
        assert rows == {"next_best": "SELECTED", "trip@1": "CAP_REACHED"}
    ours = next(d for d in told["decisions"] if d["policy"] == "trip@1")
    assert ours["candidates"][0]["flip"]["would_become"] == "SELECTED"
    assert world.reasons("trip@1") == {("u1", "push_action"): "CAP_REACHED"}


def test_explaining_keeps_nothing_of_what_it_decided(stage: Stage) -> None:
    stage.world.user("u1")
    stage.publish(push_then_email())
    stage.did("u1", "pricing_viewed")
    stage.tick()

    _explained(stage)

    assert stage.world.rows("SELECT COUNT(*) FROM journey_offers") == [(0,)]
    assert stage.decide().selected == 1


def test_one_journey_is_asked_for_by_its_key_and_an_unknown_one_is_refused(stage: Stage) -> None:
    _entered(stage, push_then_email())
    stage.publish(next_workout(key="other", name="Other"))

    told = _explained(stage, policy="trip")

    assert [run["journey"] for run in told["journeys"]] == ["trip"]
    assert _explained(stage, policy="trip@1")["journeys"] == told["journeys"]
    with pytest.raises(PilothouseError) as refused:
        _explained(stage, policy="tripp")
    assert refused.value.refusal.code is Code.UNKNOWN_KEY
    assert "trip" in str(refused.value.refusal.fix)


def test_runs_that_began_after_the_moment_that_is_asked_about_are_left_out(stage: Stage) -> None:
    _entered(stage, push_then_email())

    (run,) = _explained(stage, at=NOW - HOUR)["journeys"]

    assert run["state"] == "not entered"
