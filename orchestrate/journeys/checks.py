"""A journey held against the catalog: every name exists, every condition can be decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from control.versions import JourneyVersion
from core.conditions import Condition, EventCount
from core.errors import Code, Refusal
from core.journey_steps import Branch, Trigger, Wait
from core.journeys import Journey, triggers
from core.wall_clock import known_zones
from orchestrate.artifact_checks import of_actions
from warehouse.catalog import Catalog, unknown_name
from warehouse.compile import Audiences, validate
from warehouse.compile import data_classes as classes_of
from warehouse.compile.names import undecidable


def refusals(journey: Journey, catalog: Catalog, audiences: Audiences) -> tuple[Refusal, ...]:
    """Everything that is wrong with a journey somebody proposes; empty when nothing is."""
    found = [one for asked in conditions_of(journey) for one in validate(asked, catalog, audiences)]
    found += [one for _, trigger in triggers(journey) for one in _trigger(trigger, catalog)]
    sends = (message.action for message in journey.messages())
    return (*found, *of_actions(sends, catalog), *_zones(journey))


def undecidable_now(
    versions: Sequence[JourneyVersion], catalog: Catalog, audiences: Audiences
) -> dict[str, str]:
    """``key@version`` → why its runs cannot be looked at: what it reads is not there any more."""
    found: dict[str, str] = {}
    for one in versions:
        broken = [
            r for c in conditions_of(one.artifact) for r in undecidable(c, catalog, audiences)
        ]
        broken += [r for _, t in triggers(one.artifact) for r in _trigger(t, catalog)]
        if broken:
            found[f"{one.key}@{one.version}"] = str(broken[0])
    return found


def conditions_of(journey: Journey) -> tuple[Condition, ...]:
    """Every condition of a journey, those of entry first."""
    ways = [way.when for one in journey.steps if isinstance(one, Branch) for way in one.ways]
    stops = [stop.when for stop in journey.stops if stop.when is not None]
    return (journey.population, journey.entry.condition, *ways, *stops)


def as_condition(trigger: Trigger) -> EventCount:
    """The event of a trigger, as a condition: it happened at least once."""
    return EventCount(event=trigger.event, where=trigger.where)


def data_classes(journey: Journey, catalog: Catalog, audiences: Audiences) -> dict[str, str]:
    """The class of each column and property that the journey reads."""
    events = (as_condition(trigger) for _, trigger in triggers(journey))
    return classes_of((*conditions_of(journey), *events), catalog, audiences)


def _trigger(trigger: Trigger, catalog: Catalog) -> Iterator[Refusal]:
    found = undecidable(as_condition(trigger), catalog)
    yield from found
    if found or trigger.key is None:
        return
    properties = catalog.events[catalog.event_named(trigger.event) or trigger.event].properties
    if trigger.key not in properties:
        name = f"{trigger.event}.{trigger.key}"
        yield unknown_name(Code.UNKNOWN_COLUMN, "property", name, [*properties])


def _zones(journey: Journey) -> Iterator[Refusal]:
    for step in journey.steps:
        if isinstance(step, Wait) and step.fallback_zone not in known_zones():
            zone = step.fallback_zone
            yield unknown_name(Code.UNKNOWN_VALUE, "time zone", zone, sorted(known_zones()))
