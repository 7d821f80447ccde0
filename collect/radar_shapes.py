"""How alike the properties of two events are, and which property of one is which of the other."""

from __future__ import annotations

import re
from typing import NamedTuple

from rapidfuzz import fuzz

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")
_PAIRED = 0.4
_MANY = 20
_ALIKE_TEXTS = 200


class Shape(NamedTuple):
    """A property as it is sent: how often, of which type, with which values."""

    name: str
    """The event."""
    key: str
    share: float
    given: int
    kind: str
    different: int
    texts: list[str]
    times: list[int]
    low: float | None
    middle: float | None
    high: float | None
    length: float | None


class Likeness(NamedTuple):
    """How alike two sets of properties are (0 to 1; None: there are none), and what pairs up."""

    score: float | None
    pairs: dict[str, str]
    """Property of the first event → the same one of the second, where the names differ."""


def words(name: str) -> str:
    """A name as lower-case words, however it is written."""
    return " ".join(word.lower() for word in _WORD.findall(name))


def name_likeness(one: str, other: str) -> float:
    """How alike two names read, from 0 to 1; 1: the same words."""
    return float(fuzz.token_sort_ratio(words(one), words(other))) / 100


def likeness(one: list[Shape], other: list[Shape]) -> Likeness:
    """Pair the properties of two events, the most alike first."""
    if not one and not other:
        return Likeness(None, {})
    scored = sorted(
        ((_pair(a, b), a, b) for a in one for b in other),
        key=lambda found: (-found[0], found[1].key, found[2].key),
    )
    left, right = {shape.key: shape for shape in one}, {shape.key: shape for shape in other}
    total, agreed, pairs = 0.0, 0.0, {}
    for score, a, b in scored:
        if score >= _PAIRED and a.key in left and b.key in right:
            del left[a.key], right[b.key]
            weight = max(a.share, b.share)
            total += weight
            agreed += weight * score * min(a.share, b.share) / weight
            if a.key != b.key:
                pairs[a.key] = b.key
    total += sum(shape.share for shape in (*left.values(), *right.values()))
    return Likeness(agreed / total, pairs)


def _pair(a: Shape, b: Shape) -> float:
    """How likely two properties are the same: by type, by values, and by name."""
    if a.kind != b.kind:
        return 0.0
    named = 1.0 if words(a.key) == words(b.key) else name_likeness(a.key, b.key)
    return 0.4 * named + 0.6 * _values(a, b)


def _values(a: Shape, b: Shape) -> float:
    if a.kind == "number":
        return _ranges(a, b)
    if a.kind in ("object", "list"):
        return 0.5
    if min(a.different, b.different) > _MANY:
        return max(_looks(a, b), _shared(a, b))
    return _shared(a, b)


def _shared(a: Shape, b: Shape) -> float:
    """How much of what is said is said by both."""
    mine, theirs = (dict(zip(one.texts, one.times, strict=True)) for one in (a, b))
    return sum(
        min(count / a.given, theirs[text] / b.given)
        for text, count in mine.items()
        if text in theirs
    )


def _ranges(a: Shape, b: Shape) -> float:
    """How much the middle four fifths of two sets of numbers overlap."""
    if a.low is None or b.low is None or a.high is None or b.high is None:
        return 0.0
    if max(a.different, b.different) <= _MANY:
        return _shared(a, b)
    widest = max(a.high, b.high) - min(a.low, b.low)
    overlap = min(a.high, b.high) - max(a.low, b.low)
    return 1.0 if widest == 0 else max(0.0, overlap / widest)


def _looks(a: Shape, b: Shape) -> float:
    """Ids and other texts of many values: what they look like can be compared."""
    first, second = (_pattern(one.texts) for one in (a, b))
    lengths = sorted((a.length or 0.0, b.length or 0.0))
    near = lengths[0] / lengths[1] if lengths[1] else 1.0
    return near * (0.8 if first == second else 0.3)


def _pattern(texts: list[str]) -> frozenset[str]:
    """Which kinds of characters texts are made of."""
    seen = "".join(texts)[:_ALIKE_TEXTS]
    tests = {"digit": str.isdigit, "letter": str.isalpha, "space": str.isspace}
    kinds = {kind for kind, test in tests.items() if any(test(one) for one in seen)}
    return frozenset(kinds | {one for one in seen if not one.isalnum() and not one.isspace()})
