"""Why one user got something, told from the cycle's own stages."""

from __future__ import annotations

from typing import Any

import pytest

from core.conditions import And, Attribute, Or, Trait
from core.errors import Code, PilothouseError
from core.masking import HIDDEN
from core.rules import DAY, EligibilityRule, Entry, FrequencyCap, Suppression
from orchestrate.explain import explain, separate
from tests.orchestrate.world import (
    EVERYBODY_HELD_OUT,
    HAS_TICKET,
    LOOKED,
    TRAINED,
    World,
    policy,
    single,
)


def _explain(world: World, user: str = "u1", **more: Any) -> dict[str, Any]:
    return explain(world.store, world.warehouse, world.catalog, user, **more)


def _candidate(world: World, action: str, user: str = "u1") -> dict[str, Any]:
    (decision,) = _explain(world, user)["decisions"]
    return next(one for one in decision["candidates"] if one["action"] == action)


def test_the_winner_and_every_loser_are_named_with_their_stage(world: World) -> None:
    world.user("u1")
    world.did("u1", "workout_completed")
    world.did("u1", "pricing_viewed")
    world.publish(policy(world.catalog))
    world.cycle()

    (decision,) = _explain(world)["decisions"]

    assert decision["winner"] == "second_workout_help"
    assert [(one["stage"], one["reason_code"]) for one in decision["candidates"]] == [
        ("eligibility", "INELIGIBLE"),
        ("won", "SELECTED"),
        ("arbitration", "LOWER_PRIORITY"),
    ]


def test_the_failed_condition_comes_with_what_was_read_and_what_would_flip_it(
    world: World,
) -> None:
    world.user("u1")
    world.publish(single(world.catalog))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "INELIGIBLE"
    assert "pricing viewed" in line["failed_leaf"]
    assert line["value_read"] == "0"
    assert line["flip"]["would_become"] == "SELECTED"


def test_a_flip_names_every_stage_that_would_have_to_change(world: World) -> None:
    world.user("u1")
    world.did("u1", "pricing_viewed")
    world.ticket("u1")
    held_back = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)
    world.publish(single(world.catalog, suppressions=(held_back,), holdout=EVERYBODY_HELD_OUT))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "SUPPRESSED_STATE"
    assert line["expected"].startswith("not: ")
    assert line["flip"]["change"].endswith("the user's bucket were not held out")
    assert line["flip"]["would_become"] == "SELECTED"


def test_missing_consent_says_what_was_on_record_and_what_agreeing_would_change(
    world: World,
) -> None:
    world.user("u1", consent=None)
    world.did("u1", "pricing_viewed")
    world.consent("u1", "push", "denied")
    world.publish(single(world.catalog))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "NO_CONSENT"
    assert line["value_read"] == "denied"
    assert "push" in line["failed_leaf"]
    assert line["flip"]["would_become"] == "SELECTED"


def test_somebody_outside_the_population_is_told_so(world: World) -> None:
    world.user("u1")
    world.publish(single(world.catalog, population=HAS_TICKET))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "NOT_IN_POPULATION"
    assert line["value_read"] == "0"


def test_explain_tells_for_everybody_what_the_cycle_recorded(world: World) -> None:
    for number in range(6):
        user = world.user(f"u{number}", consent=("granted", "denied", None)[number % 3])
        for event in ("workout_completed", "pricing_viewed")[: number % 4]:
            world.did(user, event)
        if number % 5 == 0:
            world.ticket(user)
    world.publish(policy(world.catalog))
    world.cycle()

    told = {
        (user, line["action"]): line["reason_code"]
        for user in (f"u{number}" for number in range(6))
        for line in _explain(world, user)["decisions"][0]["candidates"]
    }

    assert told == world.reasons()


def test_explaining_writes_nothing(world: World) -> None:
    world.user("u1")
    world.publish(single(world.catalog))

    _explain(world)

    assert world.rows("SELECT COUNT(*) FROM decisions") == [(0,)]


def test_two_alike_users_are_told_apart_by_the_trait_that_separates_them(world: World) -> None:
    for user, score in (("u1", 0.9), ("u2", 0.1)):
        world.user(user, upgrade_intent=score)
        world.did(user, "pricing_viewed")
    actions = world.catalog.actions
    keen = Trait(name="upgrade_intent", op=">", value=0.5)
    entries = (
        Entry(tier=1, action=actions["upgrade_nudge"], eligibility=keen),
        Entry(tier=2, action=actions["win_back"], eligibility=LOOKED),
    )
    world.publish(policy(world.catalog, entries=entries))
    world.cycle()

    told = separate(world.store, world.warehouse, world.catalog, ("u1", "u2"))

    (difference,) = told["policies"]
    assert difference["winners"] == {"u1": "upgrade_nudge", "u2": "win_back"}
    (separating,) = difference["separated_by"]
    assert "upgrade intent" in separating["condition"]
    assert separating["values"] == {"u1": "0.9", "u2": "0.1"}


def test_an_unknown_user_is_refused(world: World) -> None:
    world.publish(single(world.catalog))

    with pytest.raises(PilothouseError) as refused:
        _explain(world, "u999")

    assert refused.value.refusal.code is Code.UNKNOWN_USER


def test_an_unknown_policy_is_refused_with_the_live_ones(world: World) -> None:
    world.user("u1")
    world.publish(single(world.catalog))

    with pytest.raises(PilothouseError) as refused:
        _explain(world, policy="nope")

    assert "next_best" in str(refused.value.refusal.fix)


def test_what_one_rule_could_have_sent_does_not_take_the_place_of_what_another_sent(
    world: World,
) -> None:
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=DAY),))
    world.user("u1")
    world.did("u1", "workout_completed")
    actions = world.catalog.actions
    for key, condition in (("upgrade_nudge", LOOKED), ("win_back", TRAINED)):
        rule = EligibilityRule(key=key, name=key, condition=condition, action=actions[key])
        world.publish(rule)
    world.cycle()

    told = {one["policy"]: one["winner"] for one in _explain(world)["decisions"]}

    assert told == {"upgrade_nudge": None, "win_back": "win_back"}


def test_a_selected_message_says_what_would_have_stopped_it(world: World) -> None:
    world.user("u1")
    world.did("u1", "pricing_viewed")
    world.publish(single(world.catalog))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "SELECTED"
    assert "pricing viewed" in line["flip"]["change"]
    assert line["flip"]["would_become"] == "INELIGIBLE"


def test_a_flip_changes_as_few_facts_as_it_can(world: World) -> None:
    world.user("u1", country="FR")
    both = And(of=(TRAINED, LOOKED))
    either = Or(of=(both, Attribute(column="country", value="DE")))
    world.publish(single(world.catalog, eligibility=either))

    line = _candidate(world, "upgrade_nudge")

    assert "country" in line["flip"]["change"]
    assert " and " not in line["flip"]["change"]
    assert line["flip"]["would_become"] == "SELECTED"


def test_a_fact_that_is_changed_changes_for_every_condition_that_reads_it(world: World) -> None:
    world.user("u1")
    looked = Suppression(key="looked", name="Looked", when=LOOKED)
    world.publish(single(world.catalog, suppressions=(looked,)))

    line = _candidate(world, "upgrade_nudge")

    assert line["reason_code"] == "INELIGIBLE"
    assert line["flip"]["would_become"] in ("INELIGIBLE", "SUPPRESSED_STATE")


def test_every_clause_comes_with_what_was_read_whatever_stopped_the_message(world: World) -> None:
    world.user("u1", consent=None)
    world.did("u1", "workout_completed")
    world.ticket("u1")
    held_back = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)
    world.publish(
        single(world.catalog, eligibility=And(of=(TRAINED, LOOKED)), suppressions=(held_back,))
    )

    line = _candidate(world, "upgrade_nudge")

    told = [(one["part"], one["holds"], one["wanted"]) for one in line["clauses"]]
    values = [one["reads"][0]["value"] for one in line["clauses"] if one["part"] == "eligibility"]
    assert line["reason_code"] == "CONSENT_UNKNOWN"
    assert ("eligibility", True, True) in told
    assert ("eligibility", False, True) in told
    assert ("suppression", True, False) in told
    assert values == ["1", "0"]
    assert line["flip"]["change"] == " and ".join(line["flip"]["changes"])


def test_whoever_may_not_see_values_is_told_what_holds_and_no_value(world: World) -> None:
    world.user("u1")
    world.did("u1", "workout_completed")
    world.publish(single(world.catalog))

    (told,) = _explain(world, values=False)["decisions"]

    (line,) = told["candidates"]
    read = [leaf["value"] for one in line["clauses"] for leaf in one["reads"]]
    assert line["reason_code"] == "INELIGIBLE"
    assert line["value_read"] == HIDDEN
    assert {*read} <= {HIDDEN, None}
    assert "read:" not in line["flip"]["change"]
