"""The numbers and periods of single conditions: what they are, and the same with others."""

from __future__ import annotations

from typing import NamedTuple

from agent.planners.grammar.meaning import refused
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.words import tokenise
from core.conditions import (
    AnyLeaf,
    Attribute,
    EventAge,
    EventCount,
    EventSequence,
    HeldFor,
    Op,
    Related,
    Rolling,
    Trait,
)
from core.errors import Code
from warehouse.wording import duration

UNITS = {
    "minute": 60, "minutes": 60, "hour": 3_600, "hours": 3_600, "day": 86_400, "days": 86_400,
    "week": 604_800, "weeks": 604_800, "month": 2_592_000, "months": 2_592_000,
}  # fmt: skip
TIMES = frozenset({"times", "time", "x", "of them", "or more times"})
Counted = EventCount | Related


class Stated(NamedTuple):
    """A quantity as a follow-up says it, and the words after it."""

    n: float
    op: Op | None
    """None: compared as before."""
    rest: str


class Place(NamedTuple):
    """A number of a draft: of a count or a value, or of a period."""

    leaf: AnyLeaf
    is_period: bool = False

    @property
    def number(self) -> float | None:
        """As people would say it: days for a period of days."""
        if not self.is_period:
            return number_of(self.leaf)
        seconds = _seconds(self.leaf)
        return None if seconds is None else float(duration(seconds).split()[0])

    def becoming(self, said: Stated) -> AnyLeaf:
        """The leaf with another number in this place."""
        return with_length(self.leaf, said) if self.is_period else with_number(self.leaf, said)


def stated(words: str) -> Stated | None:
    """The quantity with which a text begins; None without one."""
    text = tokenise(words)
    found = quantity(text, 0)
    if found is None or found.vague or found.high is not None:
        return None
    rest = text.words(found.end, len(text))
    op = None if found.bare else found.op
    if found.times and not rest:
        rest = "times"
    return Stated(found.n, op, rest)


def seconds_of(said: Stated) -> int | None:
    """A length of time in seconds; None where no unit is said."""
    unit = UNITS.get(said.rest.lower())
    return None if unit is None else int(said.n * unit)


def number_of(leaf: AnyLeaf) -> float | None:
    """The number that a leaf compares with; None where it compares with none."""
    if isinstance(leaf, Counted):
        return float(leaf.n)
    if isinstance(leaf, Attribute | Trait):
        value = leaf.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and isinstance(value, int | float) else None
    return None


def is_implied(leaf: AnyLeaf) -> bool:
    """'viewed pricing' says at least once, 'no tickets' none: nobody wrote a number."""
    if not isinstance(leaf, Counted):
        return False
    return (leaf.op, leaf.n) in ((Op.GE, 1), (Op.EQ, 0))


def has_period(leaf: AnyLeaf) -> bool:
    """Whether a leaf says when."""
    if isinstance(leaf, EventCount):
        return leaf.window is not None
    if isinstance(leaf, EventSequence):
        return leaf.within_seconds is not None
    return isinstance(leaf, EventAge | HeldFor)


def _seconds(leaf: AnyLeaf) -> int | None:
    if isinstance(leaf, EventCount):
        return leaf.window.seconds if isinstance(leaf.window, Rolling) else None
    if isinstance(leaf, EventSequence):
        return leaf.within_seconds
    return leaf.seconds if isinstance(leaf, EventAge | HeldFor) else None


def with_number(leaf: AnyLeaf, said: Stated) -> AnyLeaf:
    """The leaf with another number; compared as before where nothing else is said."""
    op = said.op or getattr(leaf, "op", Op.GE)
    if isinstance(leaf, Counted):
        if said.n != int(said.n) or said.n < 0:
            raise refused(
                Code.INVALID_OPERATOR, f"'{said.n:g}' is no number of times.", f"{said.n:g}",
                "Say a whole number.",
            )  # fmt: skip
        kept = Op.GE if said.op is None and (leaf.op, leaf.n) == (Op.EQ, 0) else op
        return valid(leaf, op=kept, n=int(said.n))
    if isinstance(leaf, Attribute | Trait):
        whole = isinstance(leaf.value, int) and said.n == int(said.n)
        return valid(leaf, op=op, value=int(said.n) if whole else said.n)
    raise AssertionError("a leaf without a number is no place for one")


def valid(leaf: AnyLeaf, **update: object) -> AnyLeaf:
    """A copy that is checked as a new one is."""
    return type(leaf).model_validate(dict(leaf) | update)


def with_length(leaf: AnyLeaf, said: Stated) -> AnyLeaf:
    """The leaf with another length of time, in days where no unit is said."""
    seconds = int(said.n * UNITS.get(said.rest.lower(), 86_400))
    if isinstance(leaf, EventAge | HeldFor):
        return valid(leaf, seconds=seconds, op=said.op or leaf.op)
    if isinstance(leaf, EventSequence):
        return valid(leaf, within_seconds=seconds)
    assert isinstance(leaf, EventCount)
    return valid(leaf, window=Rolling(seconds=seconds))
