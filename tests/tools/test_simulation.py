"""What a rule would do, before anybody approves it: the same as what a cycle then does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from control import people as persons
from control import versions
from control.store import Store, open_store
from core.artifacts import Preview
from core.conditions import (
    EVERYONE,
    And,
    AsOf,
    Attribute,
    Condition,
    EventCount,
    InAudience,
    Op,
    Trait,
)
from core.rules import (
    DecisionPolicy,
    EligibilityRule,
    Entry,
    Holdout,
    StopCondition,
    Suppression,
)
from orchestrate.edge_cases import edge_cases
from orchestrate.simulation import simulate
from orchestrate.winners import winners_sql
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, TRAINED, World, policy
from warehouse.runner import CheckedRunner


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store: Store = open_store(f"sqlite:///{tmp_path}/control.db")
    persons.add_demo_people(store)
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()


def preview(world: World, artifact: EligibilityRule | DecisionPolicy) -> Preview:
    runner = CheckedRunner(world.warehouse, world.catalog)
    live = versions.live(world.store)
    return simulate(artifact, runner, world.catalog, as_of=NOW, live=live)


def cases(world: World, artifact: DecisionPolicy) -> tuple[str, ...]:
    runner = CheckedRunner(world.warehouse, world.catalog)
    seen = preview(world, artifact)
    return edge_cases(artifact, runner, world.catalog, as_of=NOW, preview=seen)


def trial(
    world: World, user: str, status: str = "trialing", *, days: int = 10, ends: int = 4
) -> None:
    row = {"trial_start": NOW - timedelta(days=days), "trial_end": NOW + timedelta(days=ends)}
    world.insert("fct_subscriptions", user_id=user, status=status, **row)


def suppressed_when(condition: Condition) -> Suppression:
    return Suppression(key="held", name="Held back", when=condition)


# Winners.


@pytest.mark.parametrize("k", [1, 2])
def test_those_who_are_counted_as_winning_are_those_whom_the_own_query_names(
    world: World, k: int
) -> None:
    scores = (0.9, None, 0.2, 0.9, float("nan"), 0.5, None, 0.1)
    for number, score in enumerate(scores):
        user = world.user(f"u{number}")
        world.warehouse.execute(
            "UPDATE traits SET upgrade_intent = $1, churn_risk = $2 WHERE user_id = $3",
            {"1": score, "2": scores[-number], "3": user},
        )
        for event, every in (("pricing_viewed", 2), ("workout_completed", 3)):
            if number % every:
                world.did(user, event)
    world.ticket("u4")
    actions = list(world.catalog.actions.values())[:4]
    entries = (
        Entry(tier=2, action=actions[0], eligibility=LOOKED, score="upgrade_intent"),
        Entry(tier=2, action=actions[1], eligibility=TRAINED, score="churn_risk"),
        Entry(tier=2, action=actions[2], eligibility=EVERYONE),
        Entry(tier=1, action=actions[3], eligibility=HAS_TICKET),
    )
    hit = "first" if k == 1 else "top_k"
    ranked = policy(world.catalog, entries=entries, k=k, hit_policy=hit)

    seen = preview(world, ranked)

    sql = winners_sql(ranked, world.catalog, as_of=NOW, population=EVERYONE, audiences=None)
    named = Counter(action for _, action in world.warehouse.fetch(sql).rows)
    assert {row.entry: row.selected for row in seen.winners} == {
        entry.action.key: named[entry.action.key] for entry in entries
    }
    assert all(named.values())


def test_the_highest_entry_takes_a_user_and_the_others_lose(world: World) -> None:
    for user in ("both", "looked"):
        world.user(user)
        world.did(user, "pricing_viewed")
    world.did("both", "workout_completed")
    world.user("nothing")

    seen = preview(world, policy(world.catalog))

    rows = {row.entry: (row.eligible, row.selected, row.lost) for row in seen.winners}
    assert rows["second_workout_help"] == (1, 1, 0)
    assert rows["upgrade_nudge"] == (2, 1, 1)
    assert (seen.population_size, seen.audience_size, seen.no_entry) == (3, 2, 1)


def test_a_suppression_that_cannot_be_known_holds_back_here_as_in_a_cycle(world: World) -> None:
    world.user("known", upgrade_intent=0.1)
    world.user("unknown")
    for user in ("known", "unknown"):
        world.did(user, "pricing_viewed")
    keen = suppressed_when(Trait(name="upgrade_intent", op=Op.GT, value=0.5))
    guarded = policy(world.catalog, suppressions=(keen,))

    (_, _, nudge) = preview(world, guarded).winners
    world.publish(guarded)
    world.cycle()

    assert (nudge.eligible, nudge.selected, nudge.suppressed) == (2, 1, 1)
    assert world.reasons()["known", "upgrade_nudge"] == "SELECTED"
    assert world.reasons()["unknown", "upgrade_nudge"] == "INPUT_UNKNOWN"


def test_a_condition_that_cannot_be_known_holds_back_as_a_suppression(world: World) -> None:
    world.user("no_trial")
    world.user("expired")
    trial(world, "expired", "expired")
    for user in ("no_trial", "expired"):
        world.did(user, "pricing_viewed")
    waiting = suppressed_when(Attribute(column="current_subscription.status", value="trialing"))
    guarded = policy(world.catalog, suppressions=(waiting,))

    (_, _, nudge) = preview(world, guarded).winners
    world.publish(guarded)
    world.cycle()

    selected = [user for (user, _), code in world.reasons().items() if code == "SELECTED"]
    assert nudge.selected == 1
    assert selected == ["expired"]


def test_held_out_users_are_counted_apart(world: World) -> None:
    world.user("u1")
    world.did("u1", "pricing_viewed")

    seen = preview(world, policy(world.catalog, holdout=Holdout(share=1.0, salt="all")))

    assert [(row.selected, row.held_out) for row in seen.winners] == [(0, 0), (0, 0), (0, 1)]
    assert seen.reachable_size == 0


@pytest.mark.parametrize(
    ("consent", "email", "reachable"),
    [("granted", "a@b", 1), ("denied", "a@b", 0), (None, "a@b", 0), ("granted", None, 1)],
)
def test_a_user_is_reachable_with_consent_and_an_address_for_some_channel(
    world: World, consent: str | None, email: str | None, reachable: int
) -> None:
    world.user("u1", consent=consent, email=email)
    world.did("u1", "pricing_viewed")
    rule = EligibilityRule(
        key="r", name="R", condition=LOOKED, action=world.catalog.actions["upgrade_nudge"]
    )

    assert preview(world, rule).reachable_size == reachable


# Overlap with live rules.


def test_overlap_counts_the_users_that_a_live_rule_reaches_already(world: World) -> None:
    for user in ("a", "b", "c", "d"):
        world.user(user)
        world.did(user, "pricing_viewed")
    world.did("a", "workout_completed")
    world.publish(EligibilityRule(key="trained", name="Trained", condition=TRAINED))

    seen = preview(world, EligibilityRule(key="looked", name="Looked", condition=LOOKED))

    ((overlap),) = seen.overlap
    assert (overlap.key, overlap.users, overlap.share) == ("trained", 1, 0.25)


def test_rules_that_exclude_each_other_overlap_by_nobody(world: World) -> None:
    world.user("a")
    never_looked = EventCount(event="pricing_viewed", op=Op.EQ, n=0)
    world.publish(EligibilityRule(key="looked", name="Looked", condition=LOOKED))

    seen = preview(world, EligibilityRule(key="new", name="New", condition=never_looked))

    ((overlap),) = seen.overlap
    assert (overlap.key, overlap.users, seen.audience_size) == ("looked", 0, 1)


def test_a_rule_is_not_compared_with_its_own_older_version(world: World) -> None:
    world.publish(EligibilityRule(key="looked", name="Looked", condition=TRAINED))

    assert preview(world, EligibilityRule(key="looked", name="L", condition=LOOKED)).overlap == ()


def test_a_pinned_audience_is_the_version_it_names(world: World) -> None:
    world.publish(EligibilityRule(key="trained", name="Trained", condition=TRAINED))
    resolve = versions.audiences(world.store)

    assert resolve("trained", None) == resolve("trained", 1) == And(of=(And(), TRAINED))
    assert resolve("trained", 2) is None


# Edge cases.


def test_a_sound_policy_over_clean_data_has_no_edge_cases(world: World) -> None:
    world.user("u1")
    for event in ("pricing_viewed", "workout_completed"):
        world.did("u1", event)
    world.ticket("u1")
    entries = (Entry(tier=1, action=world.catalog.actions["upgrade_nudge"], eligibility=LOOKED),)

    assert cases(world, policy(world.catalog, entries=entries)) == ()


def test_a_trial_whose_end_has_passed_is_told(world: World) -> None:
    for user, ends in {"current": 4, "stale": -1}.items():
        world.user(user)
        trial(world, user, ends=ends)

    found = cases(world, policy(world.catalog, population=InAudience(key="trial_users")))

    assert (
        "1 user left out for 'trial end after now' alone, although 'status is trialing' holds: "
        "the data may be stale."
    ) in found


def test_several_subscriptions_of_one_user_are_told(world: World) -> None:
    world.user("u1")
    trial(world, "u1")
    trial(world, "u1", "expired", days=90, ends=-70)

    found = cases(world, policy(world.catalog, population=InAudience(key="trial_users")))

    assert "1 user with more than one subscription: the latest by trial start counts." in found


def test_users_in_no_entry_and_entries_without_users_are_told(world: World) -> None:
    world.user("u1")
    world.user("u2")
    world.did("u2", "pricing_viewed")

    found = cases(world, policy(world.catalog))

    assert "1 user of the population: no entry fits, nothing is sent." in found
    assert "Nobody is eligible for support_follow_up (tier 1) today." in found


def test_an_entry_in_the_shadow_of_a_higher_one_is_told(world: World) -> None:
    world.user("u1")
    world.did("u1", "pricing_viewed")
    actions = world.catalog.actions
    entries = (
        Entry(tier=1, action=actions["upgrade_nudge"], eligibility=LOOKED),
        Entry(tier=2, action=actions["win_back"], eligibility=EventCount(event="pricing_viewed")),
    )

    found = cases(world, policy(world.catalog, entries=entries))

    assert any(text.startswith("win_back (tier 2) can never win: all 1 eligible") for text in found)


def test_a_stop_condition_that_is_true_already_is_told(world: World) -> None:
    world.user("u1")
    world.did("u1", "pricing_viewed")
    stop = StopCondition(key="looked", name="Looked", when=LOOKED, actions=("upgrade_nudge",))

    found = cases(world, policy(world.catalog, stop_conditions=(stop,)))

    assert any("upgrade_nudge while its stop condition is already true" in text for text in found)


def test_a_stale_clause_is_told_only_where_time_is_compared(world: World) -> None:
    world.user("u1", country="DE")
    world.user("u2", country="FR")
    both = And(
        of=(
            Attribute(column="country", value="DE"),
            Attribute(column="signup_at", op=Op.LT, value=AsOf()),
        )
    )

    assert not any("stale" in text for text in cases(world, policy(world.catalog, population=both)))
