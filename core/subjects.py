"""What conditions read, each reading once, with the values it is compared with.

Readings that have to do with each other (a count in seven days and one in thirty)
are linked, so that what is said of one bears on the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from core.conditions import (
    AnyLeaf,
    AsOf,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    HeldFor,
    InAudience,
    Op,
    Related,
    Rolling,
    Scalar,
    Trait,
    leaves,
)
from core.links import Link, Subject, links
from core.moments import instant, micros
from core.ranges import Axis, Order

DAY = 86_400 * 1_000_000
"""Microseconds."""
ORDERING = (Op.LT, Op.LE, Op.GT, Op.GE)


class Subjects:
    """Every reading of some conditions as an axis, and the links between them."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        found = [leaf for condition in conditions for leaf in leaves(condition)]
        self._texts = _Texts(found)
        # A proof asks for the same leaves again and again: by identity, so they are kept.
        self._leaves = found
        self._known = {id(leaf): self._read(leaf) for leaf in found}
        constants: dict[Subject, set[Order]] = defaultdict(set)
        examples: dict[Subject, AnyLeaf] = {}
        for leaf in found:
            subject = self.of(leaf)
            constants[subject] |= set(self._constants(leaf))
            examples.setdefault(subject, leaf)
        _meet(examples, constants)
        self.axes = {
            subject: _axis(examples[subject], subject, constants[subject]) for subject in examples
        }
        self._links: tuple[Link, ...] = links(examples, self.axes)

    def of(self, leaf: AnyLeaf) -> Subject:
        """The reading of a leaf."""
        return self._known.get(id(leaf)) or self._read(leaf)

    def _read(self, leaf: AnyLeaf) -> Subject:
        free = {"op", "n", "value", "when_unknown", "seconds", "low", "high", "status"}
        if isinstance(leaf, HeldFor | InAudience):
            return leaf.model_dump_json(exclude={"when_unknown"}), "opaque"
        return leaf.model_dump_json(exclude=free), self._kind(leaf)

    def true_values(self, leaf: AnyLeaf) -> int:
        """The values for which a leaf's own comparison is true."""
        axis = self.axes[self.of(leaf)]
        constants = self._constants(leaf)
        if self.asks_if_missing(leaf):
            return axis.missing if _op(leaf) is Op.IS_NULL else axis.known
        if isinstance(leaf, Bucket):
            within = axis.where(Op.GE, constants[0])
            return within & axis.where(Op.LT, constants[1]) if len(constants) > 1 else within
        op = _op(leaf)
        if op in ORDERING and not self.of(leaf)[1].startswith("opaque"):
            return axis.where(op, constants[0])
        listed = 0
        for one in constants:
            listed |= axis.where(Op.EQ, one)
        return axis.known & ~listed if op in (Op.NE, Op.NOT_IN) else listed

    def asks_if_missing(self, leaf: AnyLeaf) -> bool:
        """Whether a leaf asks if there is a value at all: then nothing is unknown."""
        return _op(leaf) in (Op.IS_NULL, Op.IS_NOT_NULL)

    def agree(self, found: dict[Subject, int]) -> bool:
        """Whether linked readings may lie in these sets at once."""
        return all(link.holds(found) for link in self._links)

    def _kind(self, leaf: AnyLeaf) -> str:
        if not isinstance(leaf, Attribute | Trait):
            return "value"
        kinds = {self._kind_of(leaf, one) for one in _values(leaf)}
        # A list of several kinds is not taken apart: it is a question of its own.
        return kinds.pop() if len(kinds) == 1 else f"opaque {leaf.value!r}"

    def _kind_of(self, leaf: Attribute | Trait, value: Scalar | AsOf | None) -> str:
        match value:
            case None:
                return "missing"
            case bool():
                return "boolean"
            case AsOf():
                return "moving"
            case str():
                return self._texts.kind(leaf, value)
            case _:
                return "number"

    def _constants(self, leaf: AnyLeaf) -> tuple[Order, ...]:
        kind = self.of(leaf)[1]
        if kind.startswith("opaque") or isinstance(leaf, EventSequence):
            return (1,)
        match leaf:
            case EventCount() | Related():
                return (leaf.n,)
            case EventAge():
                return (leaf.seconds,)
            case ConsentIs():
                return (leaf.status,)
            case Bucket():
                ends = (leaf.low,) if leaf.high is None else (leaf.low, leaf.high)
                return tuple(int(end, 16) for end in ends)
            case Attribute() | Trait():
                return tuple(self._order(one, kind) for one in _values(leaf) if one is not None)
        raise AssertionError(leaf)

    def _order(self, value: Scalar | AsOf, kind: str) -> Order:
        match value:
            case AsOf():
                return value.as_of_offset_seconds
            case str():
                return micros(instant(value)) if kind == "instant" else value
            case _:
                return int(value) if isinstance(value, bool) else value


class _Texts:
    """Which texts are moments, and which of them might be the same one."""

    def __init__(self, found: Iterable[AnyLeaf]) -> None:
        self._of: dict[str, set[str]] = defaultdict(set)
        for leaf in found:
            if isinstance(leaf, Attribute | Trait):
                self._of[_name(leaf)] |= {one for one in _values(leaf) if isinstance(one, str)}

    def kind(self, leaf: Attribute | Trait, text: str) -> str:
        """How a text is compared: as ``text``, as ``instant``, or not with any other."""
        moments = [_moment(one) for one in self._of[_name(leaf)]]
        if None in moments:
            return "text"
        # Texts of one day are one value to a column of dates, two to a column of texts.
        days = [moment // DAY for moment in moments if moment is not None]
        if len(set(days)) == len(days):
            return "instant"
        return f"opaque {leaf.op} {text}" if leaf.op in ORDERING else f"opaque {text}"


def _name(leaf: Attribute | Trait) -> str:
    return f"column {leaf.column}" if isinstance(leaf, Attribute) else f"trait {leaf.name}"


def _moment(text: str) -> int | None:
    try:
        return micros(instant(text))
    except ValueError:
        return None


def _values(leaf: Attribute | Trait) -> tuple[Scalar | AsOf | None, ...]:
    return leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)


def _op(leaf: AnyLeaf) -> Op:
    if isinstance(leaf, Attribute | Trait | EventCount | EventAge | Related):
        return leaf.op
    # A sequence happened at least once; the rest is what it says or is not.
    return Op.GE if isinstance(leaf, EventSequence) else Op.EQ


def _axis(leaf: AnyLeaf, subject: Subject, constants: set[Order]) -> Axis:
    if isinstance(leaf, EventCount | Related | EventSequence | Bucket):
        # Never missing; what is asked of one is often whether there is any.
        return Axis(_sorted(constants | {0}), "whole", nullable=False)
    if subject[1] == "boolean" or subject[1].startswith("opaque"):
        return Axis((0, 1), "boolean")
    return Axis(_sorted(constants))


def _sorted(constants: set[Order]) -> tuple[Order, ...]:
    # One reading is compared with numbers or with texts, never with both.
    numbers = sorted(one for one in constants if not isinstance(one, str))
    return (*numbers, *sorted(one for one in constants if isinstance(one, str)))


def _meet(examples: dict[Subject, AnyLeaf], constants: dict[Subject, set[Order]]) -> None:
    """Cut the age of an event where a window of counting it begins."""
    ages = [(key, leaf) for key, leaf in examples.items() if isinstance(leaf, EventAge)]
    counts = [leaf for leaf in examples.values() if isinstance(leaf, EventCount)]
    for key, age in ages:
        for count in counts:
            if isinstance(count.window, Rolling) and count.event == age.event:
                constants[key].add(count.window.seconds)
