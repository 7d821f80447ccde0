"""The shadow-schema radar: events that look like planned ones under another name.

It compares what people do around an event, what its properties say, where it is
sent and where not, and its name. It proposes; an approver decides.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from collect.load import sql
from collect.plan import PlannedEvent, TrackingPlan
from collect.plan_values import PlannedProperty
from collect.radar_evidence import Counts, Observed, Views, views
from collect.radar_shapes import Likeness, Shape
from warehouse.engines.duckdb import DuckDBWarehouse

EVENTS = 30
"""An event that is rarer says too little."""
PEOPLE = 10
SCORE = 0.72
"""From which score on an alias is proposed."""
SELDOM = 0.5
"""A planned event may be another one under a second name when it is at most this share of it."""
MARGIN = 0.05
"""How far the best planned event must be ahead of the second."""
MOST = 1_000_000
"""Of more events, what some people did one after the other is looked at."""

_APART = 0.5
_PLACES = 0.75
_WEIGHTS = {
    "steps": 0.3,
    "properties": 0.25,
    "places": 0.15,
    "apart": 0.1,
    "names": 0.1,
    "rate": 0.1,
}


class Candidate(NamedTuple):
    """A name that nobody planned, or a seldom one, the planned event it seems to be, and why."""

    sent_name: str
    event_name: str
    renames: dict[str, str]
    """Its property names → the plan's, where they differ."""
    score: float
    events: int
    people: int
    first_at: datetime
    last_at: datetime
    platforms: dict[str, int]
    """Where it is sent: events by platform."""
    event_platforms: dict[str, int]
    """Where the planned event is sent under its planned names."""
    together: int
    """Half hours in which the same person sent both."""
    views: Views


def scan(
    warehouse: DuckDBWarehouse, plan: TrackingPlan, since: datetime, *, most: int = MOST
) -> list[Candidate]:
    """The renamed events among those received since a moment (naive UTC), the surest first."""
    names = plan.names()
    given = {
        "sent_names": [row.sent_name for row in names],
        "event_names": [row.event_name for row in names],
        "since": since,
        "most": most,
    }
    with warehouse.cursor() as cursor:
        for statement in duckdb.extract_statements(sql("radar_sent")):
            used = {name: given[name] for name in statement.named_parameters}
            cursor.execute(statement, used)
        found: dict[str, Candidate] = {}
        while fresh := _surest(_found(cursor, plan, known=found)):
            for one in fresh:
                found[one.sent_name] = one
                renamed = {"sent": one.sent_name, "event": one.event_name}
                cursor.execute(sql("radar_rename"), renamed)
    return sorted(found.values(), key=lambda one: (-one.score, one.sent_name))


def with_aliases(plan: TrackingPlan, candidates: Iterable[Candidate]) -> TrackingPlan:
    """The plan in which candidates are aliases; properties that it renames to are planned.

    One that was an event of its own is none any more, and its aliases are the other event's.
    """
    events = dict(plan.events)
    for one in candidates:
        before = events.pop(one.sent_name, PlannedEvent())
        event = events[one.event_name]
        names = {one.sent_name: one.renames} | {
            alias: {theirs: one.renames.get(ours, ours) for theirs, ours in renames.items()}
            for alias, renames in before.aliases.items()
        }
        aliases = {name: _sayable(event, renames) for name, renames in names.items()}
        targets = {ours for renames in aliases.values() for ours in renames.values()}
        added = {ours: PlannedProperty() for ours in sorted(targets - {*event.properties})}
        events[one.event_name] = event.model_copy(
            update={"aliases": event.aliases | aliases, "properties": event.properties | added}
        )
    return TrackingPlan.model_validate(plan.document() | {"events": _documents(events)})


def _sayable(event: PlannedEvent, renames: dict[str, str]) -> dict[str, str]:
    """The property names that an alias of the event may rename."""
    return {
        theirs: ours
        for theirs, ours in renames.items()
        if theirs != ours and theirs not in event.properties and not {".", '"'} & {*theirs, *ours}
    }


def _surest(found: list[Candidate]) -> list[Candidate]:
    """One name an event: with it counted as the event, another may turn out to be none of it."""
    by_event = {one.event_name: one for one in sorted(found, key=lambda one: one.score)}
    return list(by_event.values())


def _documents(events: dict[str, Any]) -> dict[str, Any]:
    return {
        name: one.model_dump(mode="json", exclude_defaults=True) for name, one in events.items()
    }


def _found(
    cursor: duckdb.DuckDBPyConnection, plan: TrackingPlan, known: Container[str]
) -> list[Candidate]:
    seen, spans = _observed(cursor)
    platforms = _counts(cursor, "radar_platforms")
    targets = [name for name in plan.events if seen.events.get(name, 0) >= EVENTS]
    found = []
    for name, (first_at, last_at) in spans.items():
        few = seen.events[name] < EVENTS or seen.people[name] < PEOPLE
        if few or name in known:
            continue
        best = _best(seen, name, _possible(seen, plan, name, targets))
        if best is None:
            continue
        event, score, of, alike = best
        found.append(
            Candidate(
                name,
                event,
                alike.pairs,
                round(score, 3),
                seen.events[name],
                seen.people[name],
                first_at,
                last_at,
                {key: int(count) for key, count in platforms.get(name, {}).items()},
                {key: int(count) for key, count in platforms.get(event, {}).items()},
                int(seen.company.get(name, {}).get(event, 0)),
                of,
            )
        )
    return found


def _possible(seen: Observed, plan: TrackingPlan, name: str, targets: list[str]) -> list[str]:
    """The planned events that a name may be; a planned one is only looked at where it is seldom."""
    if name not in plan.events:
        return targets
    most = seen.events[name] / SELDOM
    return [event for event in targets if event != name and seen.events[event] >= most]


def _best(
    seen: Observed, name: str, targets: list[str]
) -> tuple[str, float, Views, Likeness] | None:
    """The planned event that a name seems to be; None when none is sure, or two are."""
    scored = []
    for event in targets:
        of, alike = views(seen, name, event)
        scored.append((_score(of), event, of, alike))
    scored.sort(key=lambda found: (-found[0], found[1]))
    if not scored:
        return None
    score, event, of, alike = scored[0]
    second = scored[1][0] if len(scored) > 1 else 0.0
    if score < SCORE or score - second < MARGIN or not _plausible(of):
        return None
    return event, score, of, alike


def _score(of: Views) -> float:
    """The weighted mean of what can be said."""
    told = {view: value for view, value in of._asdict().items() if value is not None}
    total = sum(_WEIGHTS[view] for view in told)
    return float(sum(_WEIGHTS[view] * value for view, value in told.items()) / total)


def _plausible(of: Views) -> bool:
    """Both in the same half hour are two events; so are both in the same places by other names."""
    return of.apart >= _APART and (of.places >= _PLACES or of.names == 1.0)


def _observed(
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[Observed, dict[str, tuple[datetime, datetime]]]:
    rows = cursor.execute("SELECT * EXCLUDE (planned) FROM radar_counts").fetchall()
    sides: dict[str, Counts] = {"next": {}, "previous": {}}
    for name, side, neighbour, events in cursor.execute(sql("radar_neighbours")).fetchall():
        sides[side].setdefault(name, {})[neighbour] = events
    (sessions,) = cursor.execute(sql("radar_sessions")).fetchone() or (0,)
    shapes: dict[str, list[Shape]] = {}
    for name, *rest in cursor.execute(sql("radar_shapes")).fetchall():
        shapes.setdefault(name, []).append(Shape(name, *rest))
    seen = Observed(
        events={name: events for name, events, *_ in rows},
        people={name: people for name, _, people, *_ in rows},
        next=sides["next"],
        previous=sides["previous"],
        slices=_counts(cursor, "radar_slices"),
        company=_counts(cursor, "radar_company"),
        sessions=sessions,
        shapes=shapes,
    )
    return seen, {name: (first_at, last_at) for name, _, _, first_at, last_at in rows}


def _counts(cursor: duckdb.DuckDBPyConnection, query: str) -> Counts:
    found: Counts = {}
    for name, key, count in cursor.execute(sql(query)).fetchall():
        found.setdefault(name, {})[key] = count
    return found
