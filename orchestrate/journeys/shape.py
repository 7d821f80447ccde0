"""Journeys as rows: the steps, edges and stops that the set-based statements read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb

from control.versions import JourneyVersion
from core.conditions import Condition, with_defaults
from core.journey_steps import Branch, Exit, Handoff, Message, Split, Trigger, Wait, edges
from core.journeys import AnyStep, Journey
from orchestrate.journeys.statements import insert


class Truth(NamedTuple):
    """A condition that is asked of runs of one version."""

    id: int
    journey_key: str
    version: int
    condition: Condition
    at_any_moment: bool
    """A stop: true when it was true at any moment since the last look."""


class Shape(NamedTuple):
    """What the runs of some versions ask of the warehouse."""

    triggers: dict[Trigger, int]
    truths: tuple[Truth, ...]


def lay_out(cursor: duckdb.DuckDBPyConnection, versions: Sequence[JourneyVersion]) -> Shape:
    """Fill the tables of steps, edges and stops; gives the events and conditions they speak of."""
    triggers: dict[Trigger, int] = {}
    truths: list[Truth] = []
    for version in versions:
        place = (version.key, version.version)
        journey = version.artifact
        for position, (reason, trigger, when) in enumerate(_ends(journey)):
            row = (*place, position, reason, _number(triggers, trigger), _ask(truths, place, when))
            insert(cursor, "jr_stops", [row])
        insert(cursor, "jr_steps", [_step(place, one, journey, triggers) for one in journey.steps])
        rows = [row for one in journey.steps for row in _edges(place, one, truths)]
        insert(cursor, "jr_edges", rows)
    return Shape(triggers, tuple(truths))


def _ends(journey: Journey) -> Iterator[tuple[str, Trigger | None, Condition | None]]:
    if journey.goal:
        yield "GOAL", journey.goal, None
    for stop in journey.stops:
        yield "STOPPED", stop.event, stop.when


def _number(triggers: dict[Trigger, int], trigger: Trigger | None) -> int | None:
    return None if trigger is None else triggers.setdefault(trigger, len(triggers) + 1)


def _ask(
    truths: list[Truth],
    place: tuple[str, int],
    condition: Condition | None,
    *,
    at_any_moment: bool = True,
) -> int | None:
    if condition is None:
        return None
    asked = with_defaults(condition, excluding=at_any_moment)
    truths.append(Truth(len(truths) + 1, *place, asked, at_any_moment))
    return len(truths)


def _step(
    place: tuple[str, int], step: AnyStep, journey: Journey, triggers: dict[Trigger, int]
) -> tuple[Any, ...]:
    row: dict[str, Any] = dict.fromkeys(
        "seconds clock days fallback_zone trigger_id expires_seconds if_held_back next "
        "on_unreachable on_failed salt exit_reason".split()
    )
    match step:
        case Wait():
            row |= {"seconds": step.seconds, "clock": step.until, "days": step.days}
            row |= {"fallback_zone": step.fallback_zone}
            row |= {"trigger_id": _number(triggers, step.event)}
        case Handoff():
            row |= {"seconds": step.timeout_seconds}
        case Message():
            row |= {"expires_seconds": step.action.expires_after_seconds, "next": step.next}
            row |= {"if_held_back": step.if_held_back} | _handed_off(step, journey)
        case Split():
            row |= {"salt": step.salt}
        case Exit():
            row |= {"exit_reason": step.reason}
        case Branch():
            pass
    return (*place, step.key, step.kind, *row.values())


def _handed_off(message: Message, journey: Journey) -> dict[str, str | None]:
    behind = journey.step(message.next)
    on = behind.outcomes if isinstance(behind, Handoff) else {}
    return {"on_unreachable": on.get("unreachable"), "on_failed": on.get("failed")}


def _edges(place: tuple[str, int], step: AnyStep, truths: list[Truth]) -> Iterator[tuple[Any, ...]]:
    ranges = step.ranges() if isinstance(step, Split) else ()
    for position, (outcome, target) in enumerate(edges(step)):
        low, high = ranges[position][:2] if ranges else (None, None)
        when = None
        if isinstance(step, Branch) and position < len(step.ways):
            when = step.ways[position].when
        truth = _ask(truths, place, when, at_any_moment=False)
        yield (*place, step.key, position, outcome, target, low, high, truth)
