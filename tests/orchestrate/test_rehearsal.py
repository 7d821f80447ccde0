"""A dry run says what a cycle would do, by stage and clause, and leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.conditions import And, EventCount, Not, Rolling
from core.errors import PilothouseError
from core.rules import EligibilityRule, FrequencyCap, Holdout, QuietHours
from orchestrate.rehearsal.dry_run import rehearse
from orchestrate.rehearsal.outcome import Rehearsal, RehearsedAction
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, TRAINED, World, policy, single

WEEK = 7 * 86_400


def dry_run(world: World, proposed: object = None, **more: object) -> Rehearsal:
    return rehearse(
        world.store, world.warehouse, world.catalog, as_of=NOW, proposed=proposed, **more
    )


def of(found: Rehearsal, action: str) -> RehearsedAction:
    return next(one for one in found.actions if one.action == action)


def crowd(world: World) -> None:
    """Six users: two with a ticket, four who trained, three who looked at prices."""
    for number in range(6):
        world.user(f"u{number}", consent=None if number == 5 else "granted")
    for user in ("u0", "u1"):
        world.ticket(user)
    for user in ("u1", "u2", "u3", "u5"):
        world.did(user, "workout_completed")
    for user in ("u2", "u3", "u4"):
        world.did(user, "pricing_viewed")


def test_a_dry_run_counts_what_the_cycle_then_does(world: World) -> None:
    crowd(world)
    world.publish(policy(world.catalog, holdout=Holdout(share=0.5, salt="half")))

    found = dry_run(world)
    cycle = world.cycle()

    assert (found.users, found.selected, found.held_out) == (6, cycle.selected, cycle.held_out)
    assert found.rules == {"next_best": 1}


def test_a_waterfall_goes_through_every_clause_and_every_stage(world: World) -> None:
    crowd(world)
    both = And(of=(TRAINED, LOOKED, Not(of=HAS_TICKET)))
    world.publish(single(world.catalog, eligibility=both))

    steps = of(dry_run(world), "upgrade_nudge").waterfall

    assert [(step.stage, step.remaining) for step in steps] == [
        ("population", 6),
        ("clause", 4),
        ("clause", 2),
        ("clause", 2),
    ]


def test_what_stops_the_eligible_is_counted_stage_by_stage(world: World) -> None:
    crowd(world)
    world.publish(policy(world.catalog))

    trained = of(dry_run(world), "second_workout_help")

    assert trained.eligible == 4
    assert [(step.reason_code, step.removed) for step in trained.waterfall[2:]] == [
        ("CONSENT_UNKNOWN", 1),
        ("LOWER_PRIORITY", 1),
    ]
    assert trained.selected == 2


def test_the_overlap_of_every_two_actions_is_counted(world: World) -> None:
    crowd(world)
    world.publish(policy(world.catalog))

    matrix = dry_run(world).overlap

    place = {name.partition("/")[2]: number for number, name in enumerate(matrix.actions)}
    help_, train, nudge = (
        place[name] for name in ("support_follow_up", "second_workout_help", "upgrade_nudge")
    )
    assert matrix.users[train][train] == 4
    assert matrix.users[help_][train] == matrix.users[train][help_] == 1
    assert matrix.users[train][nudge] == 2
    assert matrix.users[help_][nudge] == 0


def test_cap_pressure_tells_earlier_messages_from_this_cycles(world: World) -> None:
    crowd(world)
    world.message("u2", days_ago=2)
    world.contact(caps=(FrequencyCap(key="weekly", n=1, window_seconds=WEEK),))
    world.publish(policy(world.catalog, hit_policy="top_k", k=3))

    (cap,) = dry_run(world).caps

    # u2 had one; of u3's two only the first fits.
    assert (cap.cap, cap.allows) == ("weekly", 1)
    assert cap.by_earlier == 2
    assert cap.by_priority == 1
    assert cap.stopped == 3


def test_a_proposal_is_rehearsed_among_the_rules_in_force(world: World) -> None:
    crowd(world)
    world.publish(single(world.catalog))
    wider = single(world.catalog, eligibility=TRAINED)

    found = dry_run(world, wider)

    assert found.rules == {"next_best": None}
    assert of(found, "upgrade_nudge").eligible == 4
    assert of(dry_run(world), "upgrade_nudge").eligible == 3


def test_an_audience_that_sends_nothing_is_refused_with_what_to_do(world: World) -> None:
    audience = EligibilityRule(key="lookers", name="Lookers", condition=LOOKED)

    with pytest.raises(PilothouseError, match="rules audience lookers"):
        dry_run(world, audience)


def test_a_dry_run_leaves_nothing_behind(world: World) -> None:
    crowd(world)
    world.publish(policy(world.catalog))

    dry_run(world)

    assert world.cycle().selected > 0
    assert world.rows("SELECT COUNT(*) FROM decisions WHERE cycle_id LIKE '%/%'") == [(0,)]
    assert world.rows("SELECT COUNT(DISTINCT cycle_id) FROM decisions") == [(1,)]


class TestCalendar:
    """The days to come: caps free up, cooldowns end, quiet hours pass."""

    def test_messages_that_wait_for_the_morning_go_out_on_the_next_day(self, world: World) -> None:
        crowd(world)
        quiet = QuietHours(start="10:00", end="08:00")
        world.contact(quiet_hours=quiet)
        world.publish(single(world.catalog, cooldown_seconds=30 * 86_400))

        found = dry_run(world)

        assert found.deferred == found.selected == 3
        assert [day.messages for day in found.calendar] == [0, 3, 0, 0, 0, 0, 0]
        assert found.calendar[0].day == NOW.date().isoformat()

    def test_a_cooldown_brings_the_next_message_when_it_is_over(self, world: World) -> None:
        crowd(world)
        action = world.catalog.actions["upgrade_nudge"]
        short = action.model_copy(update={"expires_after_seconds": 86_400})
        every_third_day = single(world.catalog, cooldown_seconds=3 * 86_400)
        entry = every_third_day.entries[0].model_copy(update={"action": short})
        world.publish(every_third_day.model_copy(update={"entries": (entry,)}))

        assert [day.messages for day in dry_run(world).calendar] == [3, 0, 0, 3, 0, 0, 3]

    def test_a_cap_holds_in_the_days_to_come_too(self, world: World) -> None:
        crowd(world)
        action = world.catalog.actions["upgrade_nudge"]
        short = action.model_copy(update={"expires_after_seconds": 43_200})
        daily = single(world.catalog)
        entry = daily.entries[0].model_copy(update={"action": short})
        world.publish(daily.model_copy(update={"entries": (entry,)}))
        world.contact(caps=(FrequencyCap(key="few", n=2, window_seconds=WEEK),))

        assert [day.messages for day in dry_run(world).calendar] == [3, 3, 0, 0, 0, 0, 0]

    def test_what_only_time_ends_is_seen_to_end(self, world: World) -> None:
        world.user("u")
        world.did("u", "pricing_viewed", days_ago=5)
        recent = EventCount(event="pricing_viewed", window=Rolling(seconds=WEEK))
        action = world.catalog.actions["upgrade_nudge"]
        short = action.model_copy(update={"expires_after_seconds": 43_200})
        daily = single(world.catalog, eligibility=recent)
        entry = daily.entries[0].model_copy(update={"action": short})
        world.publish(daily.model_copy(update={"entries": (entry,)}))

        assert [day.messages for day in dry_run(world).calendar] == [1, 1, 1, 0, 0, 0, 0]

    def test_how_it_is_estimated_is_said(self, world: World) -> None:
        crowd(world)
        world.publish(single(world.catalog))

        found = dry_run(world)

        assert not any(day.estimated for day in found.calendar)
        assert "Nobody does anything new" in found.assumptions[1]
        assert dry_run(world, week=False).calendar == ()


def test_a_dry_run_for_a_moment_that_is_past_is_possible(world: World) -> None:
    crowd(world)
    world.publish(single(world.catalog))

    found = rehearse(
        world.store, world.warehouse, world.catalog, as_of=NOW - timedelta(days=3), week=False
    )

    assert of(found, "upgrade_nudge").eligible == 0
