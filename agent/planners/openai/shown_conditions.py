"""From a condition tree to the clauses that a model writes: to show it what was meant before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.conditions import (
    EVERYONE,
    Absolute,
    And,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    Value,
    Window,
)

Json = dict[str, Any]
UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))
MOST = 1_000


class Unsayable(ValueError):
    """A condition that a model has no clauses for."""


def wired(condition: Condition) -> Json | None:
    """The clauses of a condition as JSON; None is everyone. Raises Unsayable."""
    flat = _flat(condition)
    if flat == EVERYONE:
        return None
    join, parts = _parts(flat)
    return {"join": join, "clauses": [_clause(part) for part in parts]}


def _flat(condition: Condition) -> Condition:
    """Without conjunctions of one part or of everyone."""
    if not isinstance(condition, And):
        return condition
    parts: list[Condition] = []
    for child in condition.of:
        flat = _flat(child)
        parts.extend(flat.of if isinstance(flat, And) else (flat,))
    return parts[0] if len(parts) == 1 else And(of=tuple(parts))


def _parts(condition: Condition) -> tuple[str, tuple[Condition, ...]]:
    if isinstance(condition, And | Or):
        return ("all" if isinstance(condition, And) else "any"), condition.of
    return "all", (condition,)


def _clause(condition: Condition) -> Json:
    negate = isinstance(condition, Not)
    inner = condition.of if isinstance(condition, Not) else condition
    if isinstance(inner, And | Or):
        join, parts = _parts(inner)
        leaves = [_clause(part) for part in parts]
        if not leaves or any(leaf["kind"] == "group" for leaf in leaves):
            raise Unsayable("groups nest one level deep")
        return {"kind": "group", "negate": negate, "join": join, "clauses": leaves}
    return {"negate": negate} | _leaf(inner)


def _leaf(leaf: Condition) -> Json:
    for kind, said in _LEAVES.items():
        if isinstance(leaf, kind):
            return said(leaf)
    raise Unsayable(f"nothing on the wire is a {leaf.kind}")


def _event_count(leaf: EventCount) -> Json:
    return {
        "kind": "event_count",
        "event": leaf.event,
        "op": leaf.op.value,
        "n": leaf.n,
        "window": _window(leaf.window),
        "where": _filters(leaf.where),
    }


def _event_age(leaf: EventAge) -> Json:
    n, unit = _amount(leaf.seconds)
    return {
        "kind": "event_age",
        "event": leaf.event,
        "which": leaf.which,
        "op": leaf.op.value,
        "n": n,
        "unit": unit,
        "where": _filters(leaf.where),
    }


def _sequence(leaf: EventSequence) -> Json:
    within = None if leaf.within_seconds is None else _rolling(leaf.within_seconds)
    return {"kind": "event_sequence", "first": leaf.first, "then": leaf.then, "within": within}


def _attribute(leaf: Attribute) -> Json:
    said = {"op": leaf.op.value, "values": _values(leaf.value)}
    return {"kind": "attribute", "column": leaf.column} | said


def _trait(leaf: Trait) -> Json:
    said = {"op": leaf.op.value, "values": _values(leaf.value)}
    return {"kind": "trait", "name": leaf.name} | said


def _related(leaf: Related) -> Json:
    counted = {"op": leaf.op.value, "n": leaf.n, "where": _filters(leaf.where)}
    return {"kind": "related", "entity": leaf.entity} | counted


def _audience(leaf: InAudience) -> Json:
    return {"kind": "audience", "key": leaf.key}


def _consent(leaf: ConsentIs) -> Json:
    return {"kind": "consent", "channel": leaf.channel, "status": leaf.status}


_LEAVES: dict[type, Callable[[Any], Json]] = {
    EventCount: _event_count,
    EventAge: _event_age,
    EventSequence: _sequence,
    Attribute: _attribute,
    Trait: _trait,
    Related: _related,
    InAudience: _audience,
    ConsentIs: _consent,
}


def _filters(filters: tuple[Filter, ...]) -> list[Json]:
    return [
        {"column": one.column, "op": one.op.value, "values": _values(one.value)} for one in filters
    ]


def _values(value: Value) -> list[str]:
    if value is None:
        return []
    return [_text(one) for one in value] if isinstance(value, tuple) else [_text(value)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, AsOf):
        return str(value)
    seconds = value.as_of_offset_seconds
    if not seconds:
        return "as_of"
    n, unit = _amount(abs(seconds))
    return f"as_of{'+' if seconds > 0 else '-'}{n}{unit[0]}"


def _window(window: Window | None) -> Json | None:
    match window:
        case None:
            return None
        case Rolling():
            return _rolling(window.seconds)
        case Calendar() if window.zone == "UTC":
            return {
                "kind": "calendar",
                "unit": window.unit,
                "periods_back": window.periods_back,
            }
        case Absolute() if window.start and window.end:
            return {"kind": "between", "start": _day(window.start), "end": _day(window.end)}
        case SinceEvent():
            return {"kind": "since_event", "event": window.event, "which": window.which}
        case SinceMoment():
            return {"kind": "since_moment", "column": window.column}
    raise Unsayable(f"nothing on the wire is such a {window.kind} window")


def _rolling(seconds: int) -> Json:
    n, unit = _amount(seconds)
    return {"kind": "rolling", "n": n, "unit": unit}


def _amount(seconds: int) -> tuple[int, str]:
    """The largest unit that divides a span."""
    for unit, length in UNITS:
        if seconds % length == 0 and seconds // length <= MOST:
            return seconds // length, unit
    raise Unsayable("a span of odd seconds")


def _day(moment: datetime) -> str:
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise Unsayable("a moment within a day")
    return f"{moment:%Y-%m-%d}"
