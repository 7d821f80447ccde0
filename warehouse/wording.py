"""Conditions in plain English: what people read on cards, in waterfalls and in diffs."""

from __future__ import annotations

from typing import assert_never

from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    Value,
    Window,
)
from warehouse.catalog import Catalog

COUNTS = {
    Op.EQ: "exactly {n}",
    Op.NE: "not exactly {n}",
    Op.LT: "fewer than {n}",
    Op.LE: "at most {n}",
    Op.GT: "more than {n}",
    Op.GE: "at least {n}",
}
COMPARED = {
    Op.EQ: "is",
    Op.NE: "is not",
    Op.LT: "below",
    Op.LE: "at most",
    Op.GT: "above",
    Op.GE: "at least",
    Op.IN: "is one of",
    Op.NOT_IN: "is none of",
}
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def describe(  # noqa: C901 - one case a node
    condition: Condition, catalog: Catalog
) -> str:
    """The condition as a phrase without a full stop: ``workout completed at least 3 times``."""
    match condition:
        case And():
            if not condition.of:
                return "everyone"
            return " and ".join(_within(part, catalog) for part in condition.of)
        case Or():
            return " or ".join(_within(part, catalog) for part in condition.of)
        case Not():
            return f"not ({describe(condition.of, catalog)})"
        case Attribute():
            return _compared(_column_words(condition.column), condition.op, condition.value)
        case Trait():
            return _compared(_words(condition.name), condition.op, condition.value)
        case EventCount():
            return _event_count(condition)
        case EventAge():
            return (
                f"{condition.which} {_event(condition.event, condition.where)} "
                f"{_age(COMPARED[condition.op], condition.seconds)} ago"
            )
        case EventSequence():
            within = (
                f" within {duration(condition.within_seconds)}" if condition.within_seconds else ""
            )
            return f"{_words(condition.first)} followed by {_words(condition.then)}{within}"
        case Related():
            return _related(condition, catalog)
        case HeldFor():
            return (
                f"{_words(condition.trait)} {condition.value} for "
                f"{COMPARED[condition.op]} {duration(condition.seconds)}"
            )
        case InAudience():
            version = f" version {condition.version}" if condition.version else ""
            return f"in the audience {_words(condition.key)}{version}"
        case ConsentIs():
            return f"{condition.purpose} consent for {condition.channel} is {condition.status}"
        case Bucket():
            return f"in a fixed share of users (salt {condition.salt})"
        case _:
            assert_never(condition)


def duration(seconds: int) -> str:
    """A length of time in the largest unit that divides it: ``14 days``."""
    for size, unit in UNITS:
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("a second divides every whole number of seconds")


def _within(part: Condition, catalog: Catalog) -> str:
    text = describe(part, catalog)
    return f"({text})" if isinstance(part, And | Or) and len(part.of) > 1 else text


def _event_count(leaf: EventCount) -> str:
    event = _event(leaf.event, leaf.where)
    window = _window(leaf.window)
    if (leaf.op is Op.EQ and leaf.n == 0) or (leaf.op is Op.LT and leaf.n == 1):
        return f"no {event}{window}"
    times = "once" if leaf.n == 1 else f"{leaf.n} times"
    return f"{event} {COUNTS[leaf.op].format(n=times)}{window}"


def _related(leaf: Related, catalog: Catalog) -> str:
    noun = (
        catalog.entities[leaf.entity].phrases[0] if leaf.entity in catalog.entities else leaf.entity
    )
    adjectives = [
        str(one.value) for one in leaf.where if one.column == "status" and one.op is Op.EQ
    ]
    rest = tuple(one for one in leaf.where if not (one.column == "status" and one.op is Op.EQ))
    thing = " ".join([*adjectives, noun]) + _filters(rest)
    if (leaf.op is Op.EQ and leaf.n == 0) or (leaf.op is Op.LT and leaf.n == 1):
        return f"no {thing}"
    if leaf.op is Op.GE and leaf.n == 1:
        return f"has an {thing}" if thing[0] in "aeiou" else f"has a {thing}"
    return f"{COUNTS[leaf.op].format(n=leaf.n)} × {thing}"


def _event(name: str, where: tuple[Filter, ...]) -> str:
    return f"{_words(name)}{_filters(where)}"


def _filters(where: tuple[Filter, ...]) -> str:
    if not where:
        return ""
    return " with " + " and ".join(
        _compared(_words(one.column), one.op, one.value) for one in where
    )


def _window(window: Window | None) -> str:
    match window:
        case None:
            return ""
        case Rolling():
            return f" in the last {duration(window.seconds).removeprefix('1 ')}"
        case Calendar():
            which = {0: "this", 1: "last"}.get(window.periods_back, f"{window.periods_back} back,")
            return f" {which} {window.unit} ({window.zone})"
        case Absolute():
            start = f" from {window.start:%Y-%m-%d %H:%M}" if window.start else ""
            end = f" before {window.end:%Y-%m-%d %H:%M}" if window.end else ""
            return start + end
        case SinceEvent():
            return f" since the {window.which} {_words(window.event)}"
        case SinceMoment():
            return f" since {_column_words(window.column)}"
        case _:
            assert_never(window)


def _age(comparison: str, seconds: int) -> str:
    words = {"above": "more than", "below": "less than"}.get(comparison, comparison)
    return f"{words} {duration(seconds)}"


def _compared(name: str, op: Op, value: Value) -> str:
    if op is Op.IS_NULL:
        return f"{name} is missing"
    if op is Op.IS_NOT_NULL:
        return f"{name} is known"
    if isinstance(value, AsOf):
        return f"{name} {_against_now(op, value)}"
    if isinstance(value, tuple):
        return f"{name} {COMPARED[op]} {', '.join(str(one) for one in value)}"
    if isinstance(value, bool):
        return name if value == (op is Op.EQ) else f"not {name}"
    return f"{name} {COMPARED[op]} {value}"


def _against_now(op: Op, value: AsOf) -> str:
    side = {Op.GT: "after", Op.GE: "at or after", Op.LT: "before", Op.LE: "at or before"}.get(
        op, "at"
    )
    offset = value.as_of_offset_seconds
    if offset == 0:
        return f"{side} now"
    direction = "from now" if offset > 0 else "ago"
    return f"{side} {duration(abs(offset))} {direction}"


def _column_words(name: str) -> str:
    return _words(name.replace("current_subscription.", "").replace(".", " "))


def _words(name: str) -> str:
    return name.replace("_", " ")
