"""A backtest replays days with what was known then, and says plainly what it cannot know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.conditions import EventCount, Rolling, Trait
from core.errors import Code, PilothouseError
from core.rules import DecisionPolicy, FrequencyCap, Holdout
from orchestrate.rehearsal.backtest import Backtest, Basis, backtest
from tests.orchestrate.world import LOOKED, NOW, World, single

DAY = timedelta(days=1)
WEEK = 7 * 86_400


def replayed(world: World, rule: DecisionPolicy, days: int = 3, **more: Any) -> Backtest:
    return backtest(
        world.store,
        world.warehouse,
        world.catalog,
        rule,
        since=NOW - days * DAY,
        until=NOW,
        **more,
    )


def nudge(world: World, **more: Any) -> DecisionPolicy:
    """An upgrade nudge that may be sent again the next day."""
    rule = single(world.catalog, **more)
    action = rule.entries[0].action.model_copy(update={"expires_after_seconds": 43_200})
    entry = rule.entries[0].model_copy(update={"action": action})
    return rule.model_copy(update={"entries": (entry,)})


def messages(found: Backtest) -> list[int]:
    return [day.messages for day in found.days]


def test_each_day_is_decided_with_what_had_happened_by_then(world: World) -> None:
    world.user("u0")
    world.user("u1")
    world.did("u0", "pricing_viewed", days_ago=10)
    world.did("u1", "pricing_viewed", days_ago=1.5)

    found = replayed(world, nudge(world))

    assert messages(found) == [1, 1, 2, 2]
    assert [day.eligible for day in found.days] == [1, 1, 2, 2]
    assert (found.users, found.reached, found.messages) == (2, 2, 6)


def test_an_event_that_arrived_late_was_not_known_before(world: World) -> None:
    world.user("u")
    at = NOW - 3.5 * DAY
    world.insert(
        "fct_events",
        event_time=at,
        received_at=NOW - 1.5 * DAY,
        user_id="u",
        event_name="pricing_viewed",
    )

    assert messages(replayed(world, nudge(world))) == [0, 0, 1, 1]


def test_what_it_would_have_sent_counts_under_caps_on_later_days(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)
    world.contact(caps=(FrequencyCap(key="week", n=2, window_seconds=WEEK),))

    found = replayed(world, nudge(world))

    assert messages(found) == [1, 1, 0, 0]
    assert [day.capped for day in found.days] == [0, 0, 1, 1]
    assert found.cap_breaches_avoided == 2


def test_a_cooldown_is_kept_over_the_days(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)

    assert messages(replayed(world, nudge(world, cooldown_seconds=2 * 86_400))) == [1, 0, 1, 0]


def test_messages_of_other_rules_count_and_its_own_do_not(world: World) -> None:
    for user in ("u0", "u1"):
        world.user(user)
        world.did(user, "pricing_viewed", days_ago=10)
    row = {"channel": "push", "action_key": "win_back", "sent_at": NOW - 5 * DAY}
    world.insert("fct_messages", message_id="a", user_id="u0", policy_key="other", **row)
    world.insert("fct_messages", message_id="b", user_id="u1", policy_key="next_best", **row)
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=WEEK),))

    found = replayed(world, nudge(world), days=1)

    assert messages(found) == [1, 0]
    assert [day.capped for day in found.days] == [1, 2]


def test_held_out_users_are_counted_and_reached_by_nothing(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)

    found = replayed(world, nudge(world, holdout=Holdout(share=1.0, salt="all")))

    assert (found.messages, found.reached) == (0, 0)
    assert found.held_out == 4


def test_a_rule_on_traits_reads_them_as_they_were(world: World) -> None:
    world.user("u")
    for day in (2.5, 2.4, 2.3):
        world.did("u", "workout_completed", days_ago=day)
    active = Trait(name="activation_state", op="in", value=("activated", "committed", "retained"))

    found = replayed(world, nudge(world, eligibility=active))

    assert found.days[0].eligible == 0
    assert found.days[-1].eligible == 1


def test_windows_are_those_of_the_day(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=2.5)
    recent = EventCount(event="pricing_viewed", window=Rolling(seconds=86_400))

    assert messages(replayed(world, nudge(world, eligibility=recent))) == [0, 1, 0, 0]


def test_lift_comes_from_an_earlier_read_out_with_its_interval(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)
    basis = Basis(
        action="upgrade_nudge", source="The holdout.", difference=0.1, ci_low=-0.02, ci_high=0.2
    )

    (lift,) = replayed(world, nudge(world), bases=(basis,)).expected

    assert (lift.users, lift.expected, lift.low, lift.high) == (1, 0.1, -0.02, 0.2)
    assert lift.basis == "The holdout."


def test_without_a_read_out_there_is_no_number(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)

    (lift,) = replayed(world, nudge(world)).expected

    assert lift.expected is None
    assert "No basis" in lift.basis


def test_a_backtest_leaves_nothing_behind(world: World) -> None:
    world.user("u")
    world.did("u", "pricing_viewed", days_ago=10)
    world.publish(nudge(world))

    replayed(world, nudge(world))

    assert world.cycle().selected == 1
    assert world.rows("SELECT COUNT(*) FROM decisions") == [(1,)]


@pytest.mark.parametrize(
    ("since", "until"),
    [(NOW, NOW - DAY), (datetime(2020, 1, 1), NOW)],
)
def test_a_stretch_that_makes_no_sense_is_refused(
    world: World, since: datetime, until: datetime
) -> None:
    with pytest.raises(PilothouseError) as refused:
        backtest(
            world.store,
            world.warehouse,
            world.catalog,
            single(world.catalog, eligibility=LOOKED),
            since=since,
            until=until,
        )

    assert refused.value.refusal.code is Code.INVALID_ARGUMENT
