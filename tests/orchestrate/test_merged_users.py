"""Two ids that turned out to be one person: what was sent to either counts for the one they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.assignment import bucket
from core.rules import (
    DAY,
    Arm,
    Entry,
    Experiment,
    FrequencyCap,
    Holdout,
    OutcomeSuppression,
    Suppression,
)
from orchestrate.replay import replay
from tests.orchestrate.world import LOOKED, NOW, World, policy, single

WEEK = FrequencyCap(key="week", n=1, window_seconds=7 * DAY)


@pytest.fixture
def merged(world: World) -> World:
    """Old is the person whom new is now; both looked at the prices."""
    for user in ("old", "new"):
        world.user(user)
        world.did(user, "pricing_viewed")
    return world


def _merge(world: World, user: str = "old", into: str | None = "new") -> None:
    world.warehouse.execute(
        "UPDATE dim_users SET merged_into = $into WHERE user_id = $user",
        {"into": into, "user": user},
    )


def _reason(world: World, user: str = "new") -> str:
    return world.reasons()[user, "upgrade_nudge"]


# Limits


def test_messages_to_a_former_id_count_under_the_caps_of_the_person(merged: World) -> None:
    merged.message("old", days_ago=2)
    merged.contact(caps=(WEEK,))
    merged.publish(single(merged.catalog))
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "CAP_REACHED"


def test_un_merging_gives_everybody_their_own_count_back(merged: World) -> None:
    merged.message("old", days_ago=2)
    merged.contact(caps=(WEEK,))
    merged.publish(single(merged.catalog))
    _merge(merged)
    merged.cycle()

    _merge(merged, into=None)
    merged.cycle(NOW + timedelta(hours=1))

    assert (_reason(merged, "new"), _reason(merged, "old")) == ("SELECTED", "CAP_REACHED")


def test_messages_count_through_several_merges(merged: World) -> None:
    merged.user("older")
    merged.message("older", days_ago=2)
    merged.contact(caps=(WEEK,))
    merged.publish(single(merged.catalog))
    _merge(merged, "older", "old")
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "CAP_REACHED"


def test_a_message_to_a_former_id_is_closer_than_the_minimum_gap(merged: World) -> None:
    merged.message("old", days_ago=1 / 24)
    merged.contact(min_gap_seconds=7_200)
    merged.publish(single(merged.catalog))
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "MIN_GAP"


def test_what_is_on_its_way_to_a_former_id_is_not_sent_again(merged: World) -> None:
    merged.publish(single(merged.catalog))
    merged.cycle()
    _merge(merged)

    merged.cycle(NOW + timedelta(hours=1))

    assert _reason(merged) == "DUPLICATE_INTENT"


@pytest.mark.parametrize("limit", [{"cooldown_seconds": 30 * DAY}, {"reentry": "never"}])
def test_a_policy_that_reached_a_former_id_leaves_the_person_alone(
    merged: World, limit: dict[str, object]
) -> None:
    merged.publish(single(merged.catalog, **limit))
    merged.warehouse.execute("UPDATE traits SET ltv = 1")
    merged.warehouse.execute("DELETE FROM fct_events WHERE user_id = 'new'")
    merged.cycle()
    _merge(merged)
    merged.did("new", "pricing_viewed")

    merged.cycle(NOW + timedelta(days=10))

    assert _reason(merged) == "SUPPRESSED_OUTCOME"


def test_what_a_former_id_ignored_pauses_the_person(merged: World) -> None:
    merged.message("old", "upgrade_nudge", days_ago=3)
    ignored = OutcomeSuppression(outcome="ignored", n=1, window_seconds=DAY, pause_seconds=30 * DAY)
    held = Suppression(key="ignored", name="I", outcome=ignored)
    merged.publish(single(merged.catalog, suppressions=(held,)))
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "SUPPRESSED_OUTCOME"


# Consent


def test_consent_withdrawn_under_a_former_id_is_withdrawn(merged: World) -> None:
    for channel in ("push", "email"):
        merged.consent("old", channel, "withdrawn", days_ago=1)
    merged.publish(single(merged.catalog))
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "NO_CONSENT"


def test_consent_given_under_a_former_id_gives_none(world: World) -> None:
    world.user("old")
    world.user("new", consent=None)
    world.did("new", "pricing_viewed")
    world.publish(single(world.catalog))
    _merge(world)

    world.cycle()

    assert _reason(world) == "CONSENT_UNKNOWN"


# Who is held out


def _salt(**inside: bool) -> str:
    """A salt under which the lower half holds exactly these ids."""
    return next(
        salt
        for salt in map(str, range(1_000))
        if all((bucket(salt, user) < "80000000") is wanted for user, wanted in inside.items())
    )


def _halves(salt: str) -> Experiment:
    treated = Arm(key="treated", high="80000000")
    return Experiment(
        key="x", salt=salt, arms=(treated, Arm(key="c", low="80000000", treated=False))
    )


@pytest.mark.parametrize("first_is_in", [True, False])
def test_two_ids_in_different_arms_keep_the_arm_of_the_one_exposed_first(
    merged: World, first_is_in: bool
) -> None:
    salt = _salt(old=first_is_in, new=not first_is_in)
    action = merged.catalog.actions["upgrade_nudge"]
    entry = Entry(tier=1, action=action, eligibility=LOOKED, experiment=_halves(salt))
    merged.publish(policy(merged.catalog, entries=(entry,)))
    merged.warehouse.execute("DELETE FROM fct_events WHERE user_id = 'new'")
    merged.cycle()
    _merge(merged)
    merged.did("new", "pricing_viewed")

    merged.cycle(NOW + timedelta(days=20))

    assert _reason(merged) == ("SELECTED" if first_is_in else "HELD_OUT_EXPERIMENT")


@pytest.mark.parametrize("scope", ["policy", "global"])
def test_a_person_stays_in_the_holdout_of_the_id_that_was_exposed_first(
    merged: World, scope: str
) -> None:
    holdout = Holdout(share=0.5, salt=_salt(old=True, new=False))
    merged.contact(global_holdout=holdout if scope == "global" else None)
    merged.publish(single(merged.catalog, holdout=holdout if scope == "policy" else None))
    merged.warehouse.execute("DELETE FROM fct_events WHERE user_id = 'new'")
    merged.cycle()
    _merge(merged)
    merged.did("new", "pricing_viewed")

    merged.cycle(NOW + timedelta(days=20))
    assert _reason(merged) == f"HELD_OUT_{scope.upper()}"

    _merge(merged, into=None)
    merged.cycle(NOW + timedelta(days=40))
    assert (_reason(merged, "new"), _reason(merged, "old")) == (
        "SELECTED",
        f"HELD_OUT_{scope.upper()}",
    )


def test_a_merged_person_whom_nothing_reached_yet_has_the_bucket_of_their_own_id(
    merged: World,
) -> None:
    holdout = Holdout(share=0.5, salt=_salt(old=True, new=False))
    merged.publish(single(merged.catalog, holdout=holdout))
    _merge(merged)

    merged.cycle()

    assert _reason(merged) == "SELECTED"


def test_the_decision_of_a_merged_person_is_replayed_from_its_record(merged: World) -> None:
    holdout = Holdout(share=0.5, salt=_salt(old=True, new=False))
    merged.publish(single(merged.catalog, holdout=holdout))
    merged.warehouse.execute("DELETE FROM fct_events WHERE user_id = 'new'")
    merged.cycle()
    _merge(merged)
    merged.did("new", "pricing_viewed")
    merged.cycle(NOW + timedelta(days=20))
    ((decision,),) = merged.rows("SELECT decision_id FROM decisions WHERE user_id = 'new'")

    told = replay(merged.warehouse, decision)

    assert told.is_equal
    assert told.replayed[0].reason_code == "HELD_OUT_POLICY"
