"""Two versions of a rule are compared user by user: gained, lost, something else."""

from __future__ import annotations

from core.conditions import And, Not
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.effect_diff import EffectDiff, effect_diff
from orchestrate.winners import winners_sql
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, TRAINED, World, policy, single
from warehouse.runner import CheckedRunner

Rule = DecisionPolicy | EligibilityRule


def crowd(world: World) -> None:
    for number in range(5):
        world.user(f"u{number}", upgrade_intent=number)
    for user in ("u1", "u2", "u3"):
        world.did(user, "workout_completed")
    for user in ("u2", "u3", "u4"):
        world.did(user, "pricing_viewed")
    world.ticket("u3")


def difference(world: World, before: Rule, after: Rule) -> EffectDiff:
    runner = CheckedRunner(world.warehouse, world.catalog)
    return effect_diff(before, after, runner, world.catalog, as_of=NOW)


def test_an_audience_that_is_narrowed_loses_people(world: World) -> None:
    crowd(world)
    before = EligibilityRule(key="lookers", name="Lookers", condition=LOOKED)
    after = before.model_copy(update={"condition": And(of=(TRAINED, Not(of=HAS_TICKET)))})

    found = difference(world, before, after)

    assert (found.before, found.after) == (3, 2)
    assert (found.gained, found.lost, found.winner_changed) == (1, 2, 0)
    assert [(one.before, one.after, one.examples) for one in found.changes] == [
        ("in", None, ("u3", "u4")),
        (None, "in", ("u1",)),
    ]


def test_another_order_gives_people_something_else(world: World) -> None:
    crowd(world)
    before = policy(world.catalog)
    swapped = tuple(entry.model_copy(update={"tier": 4 - entry.tier}) for entry in before.entries)

    found = difference(world, before, before.model_copy(update={"entries": swapped}))

    assert (found.gained, found.lost, found.winner_changed) == (0, 0, 2)
    assert {(one.before, one.after) for one in found.changes} == {
        ("second_workout_help", "upgrade_nudge"),
        ("support_follow_up", "upgrade_nudge"),
    }


def test_more_than_one_action_a_user_is_compared_as_a_whole(world: World) -> None:
    crowd(world)
    two = policy(world.catalog, hit_policy="top_k", k=2)

    found = difference(world, policy(world.catalog), two)

    assert found.winner_changed == 2
    assert {one.after for one in found.changes} == {
        "second_workout_help, upgrade_nudge",
        "second_workout_help, support_follow_up",
    }


def test_the_same_rule_twice_changes_nothing(world: World) -> None:
    crowd(world)

    found = difference(world, single(world.catalog), single(world.catalog))

    assert found.changes == ()
    assert found.before == found.after == 3


def test_scores_decide_within_a_tier_in_previews_as_in_cycles(world: World) -> None:
    crowd(world)
    rows = policy(world.catalog).entries
    tied = tuple(
        entry.model_copy(update={"tier": 1, "score": score})
        for entry, score in zip(rows, (None, "upgrade_intent", "upgrade_intent"), strict=True)
    )
    scored = policy(world.catalog, entries=tied)
    world.publish(scored)

    sql = winners_sql(
        scored, world.catalog, as_of=NOW, population=scored.population, audiences=None
    )
    previewed = dict(world.rows(sql))
    world.cycle()

    decided = dict(
        world.rows("SELECT user_id, action_key FROM decisions WHERE outcome = 'selected'")
    )
    assert previewed == decided
