"""The effect of a rule in a workspace: reasons, the week ahead, its cost, and who was held out."""

from __future__ import annotations

from core.conditions import EVERYONE, And, Condition, EventCount, InAudience
from core.effects import Effect
from core.rules import EligibilityRule, FrequencyCap, Holdout
from orchestrate.effects.measuring import measure
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, TRAINED, World, policy, single
from ui.console.view.effect import sentences

WEEK = 7 * 86_400


def effect(world: World, artifact: object) -> Effect:
    return measure(world.store, world.warehouse, world.catalog, artifact, as_of=NOW)


def audience(condition: Condition) -> EligibilityRule:
    return EligibilityRule(key="trained", name="Trained", condition=condition)


def crowd(world: World, many: int = 6) -> None:
    """Some users: the first two have a ticket, all but the last trained."""
    for number in range(many):
        world.user(f"u{number}")
        if number < many - 1:
            world.did(f"u{number}", "workout_completed", days_ago=1 if number % 2 else 20)
    for user in ("u0", "u1"):
        world.ticket(user)


def test_a_new_audience_says_who_comes_in_and_by_which_clauses(world: World) -> None:
    crowd(world)

    found = effect(world, audience(And(of=(TRAINED, HAS_TICKET))))

    assert (found.against.version, found.against.entered, found.against.left) == (None, 2, 0)
    assert [one.user_id for one in found.sample] == ["u0", "u1"]
    assert found.sample[0].why.startswith("Trained: workout completed at least once; has")
    assert (found.everything, found.traffic, found.cost) == (None, None, None)


def test_a_changed_audience_names_the_clause_by_which_people_come_and_go(world: World) -> None:
    crowd(world)
    world.publish(audience(And(of=(TRAINED, HAS_TICKET))))

    wider = effect(world, audience(TRAINED))
    other = effect(world, audience(LOOKED))

    assert (wider.against.entered, wider.against.left) == (3, 0)
    assert wider.sample[0].why == "The live version asks for more: has an open ticket."
    assert (other.against.version, other.against.entered, other.against.left) == (1, 0, 2)
    assert other.sample[0].why.startswith("Does not meet, or it is not known: pricing viewed")


def test_what_is_live_already_changes_nothing(world: World) -> None:
    crowd(world)
    world.publish(single(world.catalog, eligibility=TRAINED))

    same = effect(world, single(world.catalog, eligibility=TRAINED))

    assert same.everything is not None
    assert (same.everything.before, same.everything.after) == (5, 5)
    assert (same.everything.gained, same.everything.changed) == (0, 0)


def test_a_cap_that_a_new_rule_fills_displaces_the_messages_of_others(world: World) -> None:
    crowd(world)
    world.contact(caps=(FrequencyCap(key="weekly", n=1, window_seconds=WEEK),))
    later = policy(world.catalog).model_copy(update={"key": "z_later"})
    world.publish(later)

    found = effect(world, single(world.catalog, eligibility=TRAINED, key="a_first"))

    assert found.pressure is not None
    assert found.pressure.wanted == 5
    assert [(one.rule, one.messages) for one in found.pressure.by_rule] == [("z_later", 3)]
    assert found.everything is not None
    assert found.everything.rules == 1


def test_people_held_out_who_got_the_message_before_are_no_clean_comparison(world: World) -> None:
    crowd(world)
    world.message("u0", days_ago=40, action="upgrade_nudge")
    world.message("u1", days_ago=40, action="something_else")
    everybody = Holdout(share=1.0, salt="all")

    found = effect(world, single(world.catalog, eligibility=TRAINED, holdout=everybody))

    assert found.contamination is not None
    assert (found.contamination.held_out, found.contamination.got_it) == (5, 1)
    assert found.pressure is not None
    assert found.pressure.wanted == 0


def test_the_week_takes_those_who_enter_at_todays_rate_of_messages(world: World) -> None:
    crowd(world, many=15)
    channels = {
        name: one.model_copy(update={"cost_per_message": 0.5})
        for name, one in world.catalog.channels.items()
    }
    world.catalog = world.catalog.model_copy(update={"channels": channels})

    found = effect(world, single(world.catalog, eligibility=TRAINED))

    # Fourteen trained, seven of them within the week; all of them get it today.
    assert found.traffic is not None
    assert found.traffic.entering == 1.0
    assert [one.messages for one in found.traffic.days] == [14, 1, 1, 1, 1, 1, 1]
    assert found.cost is not None
    assert found.cost.amount == 10.0


def test_a_channel_without_a_cost_is_named_and_no_cost_is_invented(world: World) -> None:
    crowd(world)

    found = effect(world, single(world.catalog, eligibility=TRAINED))

    assert found.cost is not None
    assert found.cost.amount is None
    assert found.cost.undeclared == ("email", "push")


def test_a_policy_that_grants_two_messages_counts_whoever_gets_one_more(world: World) -> None:
    crowd(world)
    for user in ("u2", "u3"):
        world.did(user, "pricing_viewed")
    world.publish(policy(world.catalog))

    found = effect(world, policy(world.catalog, hit_policy="top_k", k=2))

    assert found.everything is not None
    assert (found.against.entered, found.against.left) == (0, 0)
    assert found.everything.changed > 0
    assert {one.change for one in found.sample} == {"changes"}
    assert all(one.why.startswith("Also gets ") for one in found.sample)
    assert all(one.why.endswith(" (next best).") for one in found.sample)


def test_small_groups_are_told_together(world: World) -> None:
    for number in range(30):
        country = "DE" if number < 12 else "FR" if number < 27 else "GB"
        world.user(f"u{number:02}", country=country)

    found = effect(world, audience(And()))

    (by,) = [one for one in found.by if one.by == "country"]
    assert {cell.value: cell.users for cell in by.entered} == {"FR": 15, "others": 15}


def test_nothing_of_what_was_measured_is_kept(world: World) -> None:
    crowd(world)
    world.cycle(dry_run=True)
    before = world.rows("SELECT COUNT(*) FROM decisions")

    effect(world, single(world.catalog, eligibility=EventCount(event="workout_completed", n=1)))

    assert world.rows("SELECT COUNT(*) FROM decisions") == before


def test_rules_that_name_the_audience_are_counted_unless_they_name_a_version_of_it(
    world: World,
) -> None:
    crowd(world)
    trained = EligibilityRule(key="trained", name="Trained", condition=TRAINED)
    world.publish(trained)
    member = InAudience(key="trained")
    world.publish(single(world.catalog, key="follows", population=member, eligibility=EVERYONE))
    pinned = InAudience(key="trained", version=1)
    world.publish(single(world.catalog, key="stays", population=pinned, eligibility=EVERYONE))

    found = effect(world, trained.model_copy(update={"condition": EVERYONE}))

    (one,) = found.named_by
    assert one.rule == "follows"
    assert (one.before, one.after) == (found.against.before, found.against.after)
    assert (one.entered, one.left) == (found.against.entered, 0)
    assert one.entered > 0
    assert "follows names this audience" in " ".join(sentences(found, str))
    assert effect(world, single(world.catalog, key="follows", eligibility=TRAINED)).named_by == ()
