"""What ends a run early: at once, at any moment of it, and before anything is sent."""

from __future__ import annotations

import sqlalchemy as sa

from control.people import get
from control.tables import outbox
from core.conditions import EventCount, Rolling
from core.journey_steps import Trigger, Wait
from core.journeys import Journey, JourneyStop
from core.rules import QuietHours
from orchestrate.cycle import run_cycle
from orchestrate.kill_switch import kill, unkill
from tests.orchestrate.journeys.stage import Stage, journey, push_then_email, says
from tests.orchestrate.world import HAS_TICKET, NOW

UPGRADED = JourneyStop(key="paid", name="Paid", event=Trigger(event="subscription_started"))
TICKET = JourneyStop(key="ticket", name="Has a ticket", when=HAS_TICKET)
BUSY = JourneyStop(
    key="busy",
    name="Twice in an hour",
    when=EventCount(event="app_opened", window=Rolling(seconds=3_600), n=2),
)


def _reminder(**more: object) -> Journey:
    """A day's wait, then a message."""
    return journey(Wait(key="day", seconds=86_400, next="push"), says("push", "done"), **more)


def _entered(stage: Stage, what: Journey) -> None:
    stage.world.user("u1")
    stage.publish(what)
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=1)


def test_an_event_during_a_wait_stops_the_run_when_it_happened(stage: Stage) -> None:
    _entered(stage, _reminder(stops=(UPGRADED,)))
    then = stage.wait(hours=2)
    stage.did("u1", "subscription_started")

    stage.later(days=2)

    assert stage.where("u1") == "STOPPED"
    assert stage.run("u1")["exited_at"] == then
    assert stage.sent() == []


def test_an_event_from_before_the_run_does_not_stop_it(stage: Stage) -> None:
    stage.world.user("u1")
    stage.did("u1", "subscription_started")
    stage.wait(minutes=1)
    stage.publish(_reminder(stops=(UPGRADED,)))
    stage.did("u1", "pricing_viewed")

    stage.later(minutes=1)

    assert stage.where("u1") == "day"


def test_a_condition_that_holds_at_a_look_stops_the_run(stage: Stage) -> None:
    _entered(stage, _reminder(stops=(TICKET,)))
    stage.world.ticket("u1")

    stage.later(hours=1)

    assert stage.where("u1") == "STOPPED"


def test_a_count_that_was_true_only_between_two_looks_still_stops(stage: Stage) -> None:
    _entered(stage, _reminder(stops=(BUSY,)))
    for minutes in (10, 20):
        stage.wait(minutes=minutes)
        stage.did("u1", "app_opened")

    stage.later(hours=12)

    assert stage.where("u1") == "STOPPED"


def test_a_count_that_was_never_reached_within_its_window_does_not_stop(stage: Stage) -> None:
    _entered(stage, _reminder(stops=(BUSY,)))
    for hours in (1, 2):
        stage.wait(hours=hours)
        stage.did("u1", "app_opened")

    stage.later(hours=6)

    assert stage.where("u1") == "day"


def test_a_count_that_was_true_only_before_the_run_does_not_stop(stage: Stage) -> None:
    stage.world.user("u1")
    for _ in range(2):
        stage.did("u1", "app_opened")
    stage.wait(hours=3)
    stage.publish(_reminder(stops=(BUSY,)))
    stage.did("u1", "pricing_viewed")

    stage.later(hours=1)

    assert stage.where("u1") == "day"


def test_whoever_reaches_the_goal_leaves(stage: Stage) -> None:
    _entered(stage, _reminder(goal=Trigger(event="subscription_started")))
    stage.did("u1", "subscription_started", at=stage.wait(hours=1))

    stage.later(hours=1)

    assert stage.where("u1") == "GOAL"


def test_a_run_ends_when_its_time_is_over(stage: Stage) -> None:
    _entered(stage, _reminder(max_runtime_seconds=90_000))
    stage.world.contact(quiet_hours=QuietHours(start="00:00", end="23:59"))

    stage.wait(days=3)
    stage.tick()

    assert stage.where("u1") == "EXPIRED"
    assert (stage.run("u1")["exited_at"] - stage.run("u1")["entered_at"]).total_seconds() == 90_000


def test_a_step_that_ended_before_the_stop_was_taken_first(stage: Stage) -> None:
    _entered(stage, journey(Wait(key="day", seconds=86_400, next="done"), stops=(UPGRADED,)))
    stage.did("u1", "subscription_started", at=stage.wait(hours=30))

    stage.later(hours=1)

    assert stage.where("u1") == "COMPLETED"


def test_a_message_that_waits_for_the_end_of_quiet_hours_is_withdrawn(stage: Stage) -> None:
    stage.world.contact(quiet_hours=QuietHours(start="11:00", end="15:00"))
    _entered(stage, push_then_email(stops=(UPGRADED,)))
    assert stage.run("u1")["phase"] == "sending"
    stage.did("u1", "subscription_started", at=stage.wait(minutes=30))

    stage.later(hours=6)

    assert stage.sent() == []
    with stage.world.store.read() as connection:
        states = connection.execute(sa.select(outbox.c.state, outbox.c.reason)).all()
    assert states == [("cancelled", "STOPPED")]


def test_a_stop_that_holds_at_the_decision_holds_the_message_back(stage: Stage) -> None:
    _entered(stage, _reminder(stops=(TICKET,)))
    stage.wait(days=1)
    stage.tick()
    stage.world.ticket("u1")
    world = stage.world

    report = run_cycle(world.store, world.warehouse, world.catalog, as_of=stage.now)

    assert report.by_reason == {"STOPPED": 1}


def test_a_kill_switch_holds_messages_and_lets_them_go_when_it_is_lifted(stage: Stage) -> None:
    store = stage.world.store
    ada = get(store, "ada@demo")
    kill(store, scope="policy", key="trip", reason="Wrong text", person=ada, now=NOW)
    _entered(stage, push_then_email())
    assert stage.sent() == []
    assert stage.run("u1")["reason_code"] == "KILLED"

    unkill(store, scope="policy", key="trip", person=ada, now=NOW)
    stage.later(minutes=1)

    assert stage.sent() == ["push_action"]
