"""Conditions in plain English: what people read on cards, in waterfalls and in diffs.

Everything that a condition says is in its words: ``reading`` reads them back.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from core.conditions import (
    Absolute,
    And,
    AnyLeaf,
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
    WhenUnknown,
    Window,
    unknown_as,
)
from core.moments import naive_utc
from warehouse.catalog import Catalog
from warehouse.wording.names import (
    Subject,
    event_words,
    key_words,
    noun,
    subject_words,
    value_words,
    words_of,
)
from warehouse.wording.spans import duration

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
LENGTHS = {
    Op.EQ: "exactly",
    Op.NE: "not exactly",
    Op.LT: "less than",
    Op.LE: "at most",
    Op.GT: "more than",
    Op.GE: "at least",
}
AGAINST = {
    Op.EQ: "at",
    Op.NE: "not at",
    Op.LT: "before",
    Op.LE: "at or before",
    Op.GT: "after",
    Op.GE: "at or after",
}
ORDERED = (Op.LT, Op.LE, Op.GT, Op.GE)
UNKNOWN = {
    WhenUnknown.MATCH: "unknown counts",
    WhenUnknown.NO_MATCH: "unknown does not count",
    WhenUnknown.BLOCK: "unknown blocks",
}
DAYS = {0: "today", 1: "yesterday"}
PERIODS = {0: "this", 1: "last"}


def describe(condition: Condition, catalog: Catalog, *, exact: bool = False) -> str:
    """The condition as a phrase without a full stop: ``workout completed at least 3 times``.

    ``read_condition`` reads it back. What a missing value counts as is said where it is not what
    is usual there; ``exact``: wherever the condition says it.
    """
    return _phrase(condition, catalog, exact=exact, excluding=False)


def _phrase(condition: Condition, catalog: Catalog, *, exact: bool, excluding: bool) -> str:
    """``excluding``: it stands under an odd number of negations."""
    match condition:
        case And() | Or():
            if not condition.of:
                return "everyone"
            word = " and " if isinstance(condition, And) else " or "
            parts = (
                (part, _phrase(part, catalog, exact=exact, excluding=excluding))
                for part in condition.of
            )
            return word.join(_bracketed(part, text) for part, text in parts)
        case Not():
            inner = _phrase(condition.of, catalog, exact=exact, excluding=not excluding)
            return f"not ({inner})"
        case _:
            words = _leaf(condition, catalog)
            said = condition.when_unknown
            plain = condition.model_copy(update={"when_unknown": None})
            usual = said is unknown_as(plain, excluding=excluding)
            if said is None or (usual and not exact):
                return words
            return f"{words} ({UNKNOWN[said]})"


def _leaf(leaf: AnyLeaf, catalog: Catalog) -> str:  # noqa: C901 - one case a leaf
    match leaf:
        case Attribute():
            return _compared(_subject("attribute", leaf.column, catalog), leaf.op, leaf.value)
        case Trait():
            return _compared(_subject("trait", leaf.name, catalog), leaf.op, leaf.value)
        case EventCount():
            return _event_count(leaf, catalog)
        case EventAge():
            event = _event(leaf.event, leaf.where, catalog)
            return f"{leaf.which} {event} {LENGTHS[leaf.op]} {duration(leaf.seconds)} ago"
        case EventSequence():
            within = f" within {duration(leaf.within_seconds)}" if leaf.within_seconds else ""
            first, then = event_words(leaf.first, catalog), event_words(leaf.then, catalog)
            return f"{first} followed by {then}{within}"
        case Related():
            return _related(leaf, catalog)
        case HeldFor():
            return (
                f"{_subject('trait', leaf.trait, catalog)} {value_words(leaf.value)} for "
                f"{LENGTHS[leaf.op]} {duration(leaf.seconds)}"
            )
        case InAudience():
            version = f" version {leaf.version}" if leaf.version else ""
            return f"in the audience {key_words(leaf.key)}{version}"
        case ConsentIs():
            purpose, channel = key_words(leaf.purpose), key_words(leaf.channel)
            return f"{purpose} consent for {channel} is {leaf.status}"
        case Bucket():
            return f"in a fixed share of users ({_buckets(leaf)})"
        case _:
            assert_never(leaf)


def _buckets(leaf: Bucket) -> str:
    salt = f"salt {value_words(leaf.salt)}"
    if leaf.low == "00000000" and leaf.high is None:
        return salt
    return f"{salt} from {leaf.low}" + (f" to {leaf.high}" if leaf.high else "")


def _bracketed(part: Condition, text: str) -> str:
    return f"({text})" if isinstance(part, And | Or) and len(part.of) > 1 else text


def _subject(kind: str, name: str, catalog: Catalog) -> str:
    return subject_words(Subject(kind, name), catalog)


def _event_count(leaf: EventCount, catalog: Catalog) -> str:
    event = _event(leaf.event, leaf.where, catalog)
    window = _window(leaf.window, catalog)
    if is_none(leaf):
        return f"no {event}{window}"
    times = "once" if leaf.n == 1 else f"{leaf.n} times"
    return f"{event} {COUNTS[leaf.op].format(n=times)}{window}"


def is_none(leaf: EventCount | Related) -> bool:
    """Whether it asks for not a single one."""
    return (leaf.op is Op.EQ and leaf.n == 0) or (leaf.op is Op.LT and leaf.n == 1)


def _related(leaf: Related, catalog: Catalog) -> str:
    adjective = _adjective(leaf.where)
    rest = tuple(one for one in leaf.where if one is not adjective)
    words = [] if adjective is None else [str(adjective.value)]
    thing = " ".join([*words, noun(leaf.entity, catalog)]) + _filters(rest)
    if is_none(leaf):
        return f"no {thing}"
    if leaf.op is Op.GE and leaf.n == 1:
        return f"has an {thing}" if thing[0] in "aeiou" else f"has a {thing}"
    return f"{COUNTS[leaf.op].format(n=leaf.n)} × {thing}"


def _adjective(where: tuple[Filter, ...]) -> Filter | None:
    """The status that may stand before the noun, where it is the first filter: 'an open ticket'."""
    if not where or where[0].column != "status" or where[0].op is not Op.EQ:
        return None
    value = where[0].value
    return where[0] if isinstance(value, str) and value_words(value) == value else None


def _event(name: str, where: tuple[Filter, ...], catalog: Catalog) -> str:
    return f"{event_words(name, catalog)}{_filters(where)}"


def _filters(where: tuple[Filter, ...]) -> str:
    """One comparison, or several in brackets: after them, the condition goes on."""
    if not where:
        return ""
    said = " and ".join(_compared(words_of(one.column), one.op, one.value) for one in where)
    return f" with {said}" if len(where) == 1 else f" with ({said})"


def _window(window: Window | None, catalog: Catalog) -> str:
    match window:
        case None:
            return ""
        case Rolling():
            return f" in the last {duration(window.seconds).removeprefix('1 ')}"
        case Calendar():
            return f" {_calendar(window)} ({window.zone})"
        case Absolute():
            start = f" from {_instant(window.start)}" if window.start else ""
            end = f" before {_instant(window.end)}" if window.end else ""
            return start + end
        case SinceEvent():
            return f" since the {window.which} {event_words(window.event, catalog)}"
        case SinceMoment():
            return f" since {_subject('attribute', window.column, catalog)}"
        case _:
            assert_never(window)


def _calendar(window: Calendar) -> str:
    """'this week', 'yesterday', '3 months back'."""
    back = window.periods_back
    if back > 1:
        return f"{back} {window.unit}s back"
    return DAYS[back] if window.unit == "day" else f"{PERIODS[back]} {window.unit}"


def _instant(moment: datetime) -> str:
    """To the minute, in UTC; finer only where it is."""
    text = naive_utc(moment).isoformat(sep=" ")
    return text.removesuffix(":00") if len(text) == len("2026-01-01 00:00:00") else text


def _compared(name: str, op: Op, value: Value) -> str:
    if op is Op.IS_NULL:
        return f"{name} is missing"
    if op is Op.IS_NOT_NULL:
        return f"{name} is known"
    if isinstance(value, AsOf):
        return f"{name} {AGAINST[op]} {_from_now(value)}"
    if isinstance(value, tuple):
        return f"{name} {COMPARED[op]} {', '.join(value_words(one) for one in value)}"
    if isinstance(value, bool) and op in (Op.EQ, Op.NE):
        return name if value == (op is Op.EQ) else f"not {name}"
    assert value is not None, "only 'missing' and 'known' take no value"
    # Words are put in order only as moments: '2026-03-30'.
    said = AGAINST if isinstance(value, str) and op in ORDERED else COMPARED
    return f"{name} {said[op]} {value_words(value)}"


def _from_now(value: AsOf) -> str:
    offset = value.as_of_offset_seconds
    if offset == 0:
        return "now"
    return f"{duration(abs(offset))} {'from now' if offset > 0 else 'ago'}"
