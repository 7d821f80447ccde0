"""The facts that validations rest on: meanings spelled out, and versions that are named."""

from __future__ import annotations

from control import versions
from core.conditions import EVERYONE, EventAge, EventCount, InAudience, Not, SinceEvent
from core.rules import EligibilityRule, StopCondition
from orchestrate.policy_checks import gone, spelled_out, unpinned
from tests.orchestrate.world import LOOKED, World, single


def test_named_audiences_and_aliases_of_events_are_spelled_out(world: World) -> None:
    alias, name = "plan_selected", "checkout_started"
    assert world.catalog.event_named(alias) == name
    window = SinceEvent(event=alias)
    meant = Not(of=EventAge(event=alias, seconds=60))
    written = single(
        world.catalog,
        eligibility=EventCount(event=alias, window=window),
        population=InAudience(key="paying_users"),
        stop_conditions=(StopCondition(key="late", name="Late", when=meant),),
    )

    found = spelled_out(written, world.catalog)

    assert not isinstance(found, EligibilityRule)
    assert found.population == world.catalog.audiences["paying_users"].condition
    assert found.entries[0].eligibility == EventCount(event=name, window=SinceEvent(event=name))
    assert found.stop_conditions[0].when == Not(of=EventAge(event=name, seconds=60))


def test_published_audiences_without_a_version_are_found_through_others(world: World) -> None:
    world.publish(EligibilityRule(key="inner", name="Inner", condition=LOOKED))
    world.publish(EligibilityRule(key="outer", name="Outer", condition=InAudience(key="inner")))
    audiences = versions.audiences(world.store)

    assert unpinned((InAudience(key="outer", version=1),), world.catalog, audiences) == ("inner",)
    assert unpinned((InAudience(key="outer"),), world.catalog, audiences) == ("inner", "outer")
    assert unpinned((InAudience(key="inner", version=1),), world.catalog, audiences) == ()
    assert unpinned((InAudience(key="paying_users"),), world.catalog, audiences) == ()


def test_what_an_older_version_reads_and_the_catalog_lacks_is_named(world: World) -> None:
    events = {k: v for k, v in world.catalog.events.items() if k != "pricing_viewed"}
    smaller = world.catalog.model_copy(update={"events": events})

    (refusal,) = gone((EVERYONE, LOOKED), smaller)

    assert refusal.span == "pricing_viewed"
    assert gone((LOOKED,), world.catalog) == ()
