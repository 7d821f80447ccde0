"""What readings have to do with each other: counts within counts, ages and the events they are of.

A link says when two sets of values cannot both be right. Only what is certain for
every user is a link: who did something twice this week did it twice this month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from core.conditions import (
    Absolute,
    AnyLeaf,
    AsOf,
    Calendar,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Op,
    Related,
    Rolling,
    SinceEvent,
    Value,
    Window,
)
from core.moments import naive_utc
from core.ranges import Axis

Subject = tuple[str, str]
"""What is read, and the kind of constant it is compared with."""

LONGEST = {"day": 2 * 86_400, "week": 9 * 86_400, "month": 33 * 86_400}
"""Seconds that no day, week or month exceeds, in any zone and whatever its clocks do."""


@dataclass(frozen=True)
class NeverMore:
    """One count is never greater than another."""

    less: Subject
    more: Subject
    axes: Mapping[Subject, Axis]

    def holds(self, found: Mapping[Subject, int]) -> bool:
        """Whether two such counts may lie in their sets."""
        least = self.axes[self.less].least(found[self.less])
        return least <= self.axes[self.more].most(found[self.more])


@dataclass(frozen=True)
class MissingTogether:
    """Two ways to compare one reading: it is missing for both or for neither."""

    one: Subject
    other: Subject
    axes: Mapping[Subject, Axis]

    def holds(self, found: Mapping[Subject, int]) -> bool:
        """Whether both may be missing, or both be known."""
        one, other = self.axes[self.one], self.axes[self.other]
        missing = found[self.one] & one.missing and found[self.other] & other.missing
        known = found[self.one] & one.known and found[self.other] & other.known
        return bool(missing or known)


@dataclass(frozen=True)
class Exactly:
    """A count is at least 1 exactly when another reading lies in a set."""

    count: Subject
    other: Subject
    values: int
    axes: Mapping[Subject, Axis]

    def holds(self, found: Mapping[Subject, int]) -> bool:
        """Whether the count may be 0 with the rest, or positive with these values."""
        axis, values = self.axes[self.count], found[self.count]
        if axis.most(values) >= 1 and found[self.other] & self.values:
            return True
        return axis.least(values) == 0 and bool(found[self.other] & ~self.values)


Link = NeverMore | MissingTogether | Exactly


def links(examples: Mapping[Subject, AnyLeaf], axes: Mapping[Subject, Axis]) -> tuple[Link, ...]:
    """The links between readings, each given with one leaf that reads it."""
    return tuple(
        link
        for one, other in permutations(examples, 2)
        for link in _between(one, other, examples, axes)
    )


def _between(
    one: Subject,
    other: Subject,
    examples: Mapping[Subject, AnyLeaf],
    axes: Mapping[Subject, Axis],
) -> Iterator[Link]:
    if one[0] == other[0]:
        yield MissingTogether(one, other, axes)
        return
    match examples[one], examples[other]:
        case (EventCount() as few, EventCount() as many) if _is_among(few, many):
            yield NeverMore(one, other, axes)
        case (Related() as few, Related() as many) if _is_part(few, many):
            yield NeverMore(one, other, axes)
        case (EventSequence() as few, EventSequence() as many) if _is_sooner(few, many):
            yield NeverMore(one, other, axes)
        case (EventSequence() as both, EventCount() as many) if _is_step(both, many):
            yield NeverMore(one, other, axes)
        case (EventCount() as count, EventAge() as age) if _is_same(count, age):
            yield from _dated(one, count, other, age, axes)


def _is_among(few: EventCount, many: EventCount) -> bool:
    """Whether every event that the one counts is counted by the other."""
    return (
        few.event == many.event
        and _is_within(few.window, many.window)
        and _is_narrower(few.where, many.where)
    )


def _is_part(few: Related, many: Related) -> bool:
    return few.entity == many.entity and _is_narrower(few.where, many.where)


def _is_sooner(few: EventSequence, many: EventSequence) -> bool:
    if (few.first, few.then) != (many.first, many.then) or few.within_seconds is None:
        return False
    return many.within_seconds is None or few.within_seconds <= many.within_seconds


def _is_step(both: EventSequence, many: EventCount) -> bool:
    """Whether a sequence needs at least one of the events that are counted."""
    return many.event in (both.first, both.then) and many.window is None and not many.where


def _is_same(count: EventCount, age: EventAge) -> bool:
    return count.event == age.event and count.where == age.where


def _dated(
    counted: Subject,
    count: EventCount,
    aged: Subject,
    age: EventAge,
    axes: Mapping[Subject, Axis],
) -> Iterator[Link]:
    if count.window is None:
        yield Exactly(counted, aged, axes[aged].known, axes)
    elif isinstance(count.window, Rolling) and age.which == "last":
        recent = axes[aged].where(Op.LE, count.window.seconds)
        yield Exactly(counted, aged, recent, axes)


def _is_narrower(few: tuple[Filter, ...], many: tuple[Filter, ...]) -> bool:
    """Whether rows that meet the first filters are certain to meet the second ones."""
    return all(any(_is_tighter(one, other) for one in few) for other in many)


def _is_tighter(one: Filter, other: Filter) -> bool:
    """Whether what meets one filter is certain to meet the other."""
    if one == other:
        return True
    if one.column != other.column:
        return False
    if one.op in (Op.EQ, Op.IN) and other.op in (Op.EQ, Op.IN):
        return _listed(one) <= _listed(other)
    return one.op is other.op and _is_beyond(one, other)


def _listed(one: Filter) -> frozenset[object]:
    return frozenset(one.value if isinstance(one.value, tuple) else (one.value,))


def _is_beyond(one: Filter, other: Filter) -> bool:
    a, b = _place(one.value), _place(other.value)
    # What moves with the clock is not compared with what stands still.
    if a is None or b is None or type(one.value) is not type(other.value):
        return False
    if one.op in (Op.GE, Op.GT):
        return a >= b
    return one.op in (Op.LE, Op.LT) and a <= b


def _place(value: Value) -> float | None:
    match value:
        case AsOf():
            return value.as_of_offset_seconds
        case bool() | str() | tuple() | None:
            return None
        case _:
            return value


def _is_within(inner: Window | None, outer: Window | None) -> bool:
    """Whether every moment of one window lies in another, for every user."""
    if outer is None or inner == outer:
        return True
    match inner, outer:
        case Rolling(), Rolling():
            return inner.seconds <= outer.seconds
        case Calendar(), Rolling():
            return inner.periods_back == 0 and LONGEST[inner.unit] <= outer.seconds
        case Calendar(), Calendar():
            today = (inner.periods_back, outer.periods_back, inner.unit) == (0, 0, "day")
            return today and inner.zone == outer.zone
        case Absolute(), Absolute():
            return _starts_later(inner, outer) and _ends_sooner(inner, outer)
        case SinceEvent(), SinceEvent():
            # Since the last one is never longer than since the first.
            return inner.event == outer.event and outer.which == "first"
        case _:
            return False


def _starts_later(inner: Absolute, outer: Absolute) -> bool:
    if outer.start is None:
        return True
    return inner.start is not None and naive_utc(inner.start) >= naive_utc(outer.start)


def _ends_sooner(inner: Absolute, outer: Absolute) -> bool:
    if outer.end is None:
        return True
    return inner.end is not None and naive_utc(inner.end) <= naive_utc(outer.end)
