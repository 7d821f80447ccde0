"""What becomes of runs under way: new versions, migration, pauses, merges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from control import journeys, versions
from control.people import get
from core.errors import PilothouseError
from core.journey_steps import Trigger, Wait
from core.journeys import EventEntry, Journey, Reentry
from orchestrate import rulebook
from orchestrate.intents import reconcile
from orchestrate.journeys.changing import migrate, planned_migration
from orchestrate.journeys.preview import missed, preview
from tests.orchestrate.journeys.stage import Stage, journey, push_then_email, says

BY_PLAN = EventEntry(trigger=Trigger(event="subscription_started", key="plan"))


def _waits(hours: int, to: str = "push", **more: object) -> Journey:
    """Some hours, then a message."""
    wait = Wait(key="pause", seconds=hours * 3_600, next=to)
    return journey(wait, says(to, "done"), **more)


def _entered(stage: Stage, what: Journey, *users: str) -> None:
    stage.publish(what)
    for user in users or ("u1",):
        stage.world.user(user)
        stage.did(user, "pricing_viewed")
    stage.later(minutes=1)


# Versions


def test_a_run_stays_with_the_version_that_it_entered(stage: Stage) -> None:
    _entered(stage, _waits(2))
    stage.publish(_waits(48))
    stage.world.user("u2")
    stage.did("u2", "pricing_viewed")

    stage.later(hours=3)

    assert stage.sent() == ["push_action"]
    assert {run["user_id"]: run["version"] for run in stage.runs()} == {"u1": 1, "u2": 2}


def test_what_is_sent_says_what_the_version_of_the_run_says(stage: Stage) -> None:
    _entered(stage, _waits(2))
    stage.publish(_waits(48))

    stage.later(hours=3)

    assert stage.world.rows("SELECT policy_key FROM fct_messages") == [("trip@1",)]


def test_nobody_enters_again_because_a_journey_was_published_anew(stage: Stage) -> None:
    _entered(stage, _waits(2))
    stage.publish(_waits(3))
    stage.did("u1", "pricing_viewed")

    stage.later(hours=5)

    assert len(stage.runs()) == 1


def test_a_migration_says_how_many_move_and_how_many_stay_before_it_is_done(stage: Stage) -> None:
    _entered(stage, push_then_email(), "u1", "u2")
    _enter_late(stage, "u3")
    stage.publish(_waits(2, to="email"))

    planned = planned_migration(stage.world.store, "trip", 2)

    assert (planned.moved, planned.stays) == (0, 3)
    renamed = planned_migration(stage.world.store, "trip", 2, {"push": "email"})
    assert (renamed.moved, renamed.stays) == (1, 2)


def _enter_late(stage: Stage, user: str) -> None:
    stage.world.user(user)
    stage.did(user, "pricing_viewed")
    stage.wait(minutes=1)
    stage.tick()


def test_migrated_runs_go_on_by_the_other_version(stage: Stage) -> None:
    _entered(stage, _waits(2))
    stage.publish(_waits(48))
    store = stage.world.store
    ada = get(store, "ada@demo")

    migrate(store, planned_migration(store, "trip", 2), person=ada, now=stage.now)
    stage.later(hours=3)

    assert stage.sent() == []
    assert (stage.run("u1")["version"], stage.where("u1")) == (2, "pause")


def test_only_an_approver_or_admin_moves_runs(stage: Stage) -> None:
    _entered(stage, _waits(2))
    store = stage.world.store
    mara = get(store, "mara@demo")

    with pytest.raises(PilothouseError, match="only approver or admin"):
        migrate(store, planned_migration(store, "trip", 1), person=mara, now=stage.now)


def test_a_migration_to_a_version_that_is_not_there_is_refused(stage: Stage) -> None:
    _entered(stage, _waits(2))

    with pytest.raises(PilothouseError, match="no version 7"):
        planned_migration(stage.world.store, "trip", 7)


# Pause


@pytest.mark.parametrize(("backfill", "runs"), [(True, 1), (False, 0)])
def test_those_who_qualified_during_a_pause_enter_only_if_somebody_says_so(
    stage: Stage, backfill: bool, runs: int
) -> None:
    store = stage.world.store
    ada = get(store, "ada@demo")
    stage.publish(_waits(2))
    stage.later(minutes=1)
    rulebook.pause(store, "trip", person=ada, now=stage.now)
    stage.world.user("u1")
    stage.did("u1", "pricing_viewed", at=stage.wait(hours=1))
    stage.later(days=4)

    found = versions.journey_history(store, "trip")[0]
    world = stage.world
    counted = missed(store, world.warehouse, world.catalog, found, as_of=stage.now)
    journeys.choose_backfill(store, "trip", enter=backfill)
    rulebook.resume(store, "trip", person=ada, now=stage.now)
    stage.round()

    assert counted == 1
    assert len(stage.runs()) == runs


def test_runs_stand_still_while_their_journey_is_paused_and_go_on_after_it(stage: Stage) -> None:
    store = stage.world.store
    ada = get(store, "ada@demo")
    _entered(stage, _waits(2))
    rulebook.pause(store, "trip", person=ada, now=stage.now)

    stage.later(hours=5)
    assert (stage.where("u1"), stage.sent()) == ("pause", [])

    rulebook.resume(store, "trip", person=ada, now=stage.now)
    stage.later(minutes=1)
    assert stage.sent() == ["push_action"]


# Merges


def _merged(stage: Stage, gone: str, into: str) -> None:
    """Identity found two users to be one: everything is the other's now."""
    user = {"gone": gone, "into": into}
    stage.world.warehouse.execute(
        "UPDATE dim_users SET merged_into = $into WHERE user_id = $gone", user
    )
    for table in ("fct_events", "fct_messages", "fct_consent"):
        statement = f"UPDATE {table} SET user_id = $into WHERE user_id = $gone"
        stage.world.warehouse.execute(statement, user)


def test_of_two_running_users_who_are_one_the_older_run_stays(stage: Stage) -> None:
    _entered(stage, _waits(2), "u2")
    _enter_late(stage, "u1")
    _merged(stage, "u2", "u1")

    stage.later(hours=3)

    ends = [(run["entered_as"], run["user_id"], run["exit_reason"]) for run in stage.runs()]
    assert ends == [("u2", "u1", "COMPLETED"), ("u1", "u1", "MERGED")]
    assert stage.sent() == ["push_action"]


def test_keyed_runs_of_two_users_who_are_one_both_go_on(stage: Stage) -> None:
    stage.publish(_waits(2, entry=BY_PLAN, reentry=Reentry(mode="keyed")))
    for user, plan in (("u1", "monthly"), ("u2", "yearly")):
        stage.world.user(user)
        stage.did(user, "subscription_started", plan=plan)
    stage.later(minutes=1)
    _merged(stage, "u2", "u1")

    stage.later(hours=3)
    stage.later(minutes=1)

    assert [run["exit_reason"] for run in stage.runs()] == ["COMPLETED", "COMPLETED"]
    assert len(stage.sent("u1")) == 2


def test_a_merged_user_goes_on_by_what_the_other_one_did(stage: Stage) -> None:
    stop = Trigger(event="subscription_started")
    _entered(stage, _waits(2, goal=stop), "u2")
    stage.world.user("u1")
    stage.did("u1", "subscription_started", at=stage.wait(minutes=5))
    _merged(stage, "u2", "u1")

    stage.later(minutes=5)

    assert stage.where("u2") == "GOAL"


# Preview


def test_a_preview_says_who_would_enter_now_and_in_the_next_seven_days(stage: Stage) -> None:
    for user in ("u1", "u2"):
        stage.world.user(user)
        for days_ago in (1, 3):
            stage.did(user, "pricing_viewed", at=stage.now - timedelta(days=days_ago, hours=1))

    world = stage.world
    told = preview(world.store, world.warehouse, world.catalog, _waits(2), as_of=stage.now)

    assert (told.enter_now, told.entries, told.population_size) == (0, 2, 2)
    assert [day.entries for day in told.days] == [0, 0, 0, 2, 0, 0, 0]
    assert told.volume[0].at_most == 2


# Crashes


Break = Callable[[pytest.MonkeyPatch], None]


def _before_the_control_store_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("control.journeys._set_tick", _die)


def _while_the_cycle_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("orchestrate.cycle.remember", _die)


def _before_the_outbox_has_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("orchestrate.cycle.enqueue", _die)


def _die(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "breaks",
    [
        _before_the_control_store_is_written,
        _while_the_cycle_is_written,
        _before_the_outbox_has_it,
    ],
)
def test_a_server_that_dies_between_two_steps_loses_nothing_and_sends_once(
    stage: Stage, breaks: Break
) -> None:
    stage.publish(push_then_email())
    stage.world.user("u1")
    stage.did("u1", "pricing_viewed")
    stage.wait(minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        breaks(patch)
        with pytest.raises(KeyboardInterrupt):
            stage.round()

    reconcile(stage.world.store, stage.world.warehouse)
    stage.later(minutes=1)
    stage.later(minutes=1)

    assert stage.sent() == ["push_action"]
    assert len(stage.runs()) == 1
