"""Clauses: a leaf as a typed object with the words for it, after 'who', 'whose' or 'with'."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Condition,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Related,
    Rolling,
    Trait,
    Window,
)
from evals.generate.inflect import participle, past, plural
from evals.generate.spoken import Spoken, Vocabulary
from warehouse.catalog import Column

DAY = 86_400
Count = Literal[Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE]

COMPARATORS: dict[str, tuple[Count, tuple[str, ...]]] = {
    "at_least": (Op.GE, ("at least {n}", "{n} or more")),
    "more_than": (Op.GT, ("more than {n}", "over {n}")),
    "exactly": (Op.EQ, ("exactly {n}",)),
    "fewer_than": (Op.LT, ("fewer than {n}", "less than {n}")),
    "at_most": (Op.LE, ("at most {n}", "no more than {n}")),
}
BETWEEN = "between"
"""A comparator of its own: two bounds, both included."""
WINDOWS = ("always", "days", "weeks", "since", "between")


class Clause(NamedTuple):
    """What is meant, and the words of it with and without a negation."""

    meaning: Condition
    said: str
    denied: str | None
    """The words of its opposite; None where it has none that are plain."""
    windowed: bool = False


@dataclass(frozen=True)
class Draw:
    """What a clause is drawn with."""

    words: Vocabulary
    as_of: datetime
    rng: random.Random
    window: str
    comparator: str
    wording: str

    def phrase(self, choices: tuple[str, ...]) -> str:
        """The plain wording, or the other."""
        return choices[0] if self.wording == "plain" else choices[-1]

    def compared(self, n: int) -> tuple[Count, str]:
        """The comparison and its words; 'at least' where no other fits."""
        op, choices = COMPARATORS.get(self.comparator, COMPARATORS["at_least"])
        return op, self.phrase(choices).format(n=n)

    def within(self) -> tuple[Window | None, str]:
        """The window and its words, beginning with a space; empty for always."""
        days = self.rng.choice((3, 7, 10, 14, 21, 30, 45, 60))
        start = self.as_of - timedelta(days=self.rng.randint(20, 90))
        end = start + timedelta(days=self.rng.randint(5, 15))
        match self.window:
            case "days":
                last = self.phrase(("last", "past"))
                return Rolling(seconds=days * DAY), f" in the {last} {days} days"
            case "weeks":
                weeks = self.rng.randint(2, 8)
                return Rolling(seconds=weeks * 7 * DAY), f" in the last {weeks} weeks"
            case "since":
                return Absolute(start=start), f" since {_day(start, self.wording)}"
            case "between":
                window = Absolute(start=start, end=end + timedelta(days=1))
                said = f" between {_day(start, self.wording)} and {_day(end, self.wording)}"
                return window, said
            case _:
                return None, ""


def _day(day: datetime, wording: str) -> str:
    if wording == "plain":
        return f"{day.day} {day:%B %Y}"
    return f"{day:%Y-%m-%d}"


def _counted(draw: Draw) -> Clause:
    event = draw.rng.choice(draw.words.events)
    window, when = draw.within()
    n = draw.rng.randint(2, 6)
    if draw.comparator == BETWEEN:
        meaning, said = _between(event.name, window, n, draw.rng.randint(n + 1, n + 5))
    else:
        op, said = draw.compared(n)
        meaning = EventCount(event=event.name, window=window, op=op, n=n)
    return Clause(meaning, f"who {past(event.words)} {said} times{when}", None, window is not None)


def _between(event: str, window: Window | None, low: int, high: int) -> tuple[Condition, str]:
    bounds = ((Op.GE, low), (Op.LE, high))
    both = tuple(EventCount(event=event, window=window, op=op, n=n) for op, n in bounds)
    return And(of=both), f"between {low} and {high}"


def _done(draw: Draw) -> Clause:
    event = draw.rng.choice(draw.words.events)
    window, when = draw.within()
    meaning = EventCount(event=event.name, window=window, op=Op.GE, n=1)
    denied = f"who have not {participle(event.words)}{when}"
    return Clause(meaning, f"who {past(event.words)}{when}", denied, window is not None)


def _with_property(draw: Draw) -> Clause:
    one = draw.rng.choice(draw.words.properties)
    event = next(event for event in draw.words.events if event.name == one.group)
    value, word = _value(_column(one), draw.rng)
    window, when = draw.within()
    n = draw.rng.randint(2, 4)
    op, said = draw.compared(n)
    where = (Filter(column=one.name, value=value),)
    meaning = EventCount(event=event.name, where=where, window=window, op=op, n=n)
    words = f"who {past(event.words)} with {one.words} {word} {said} times{when}"
    return Clause(meaning, words, None, window is not None)


def _age(draw: Draw) -> Clause:
    event = draw.rng.choice(draw.words.events)
    days = draw.rng.choice((5, 10, 14, 20, 30, 45, 60))
    which: Literal["first", "last"] = draw.rng.choice(("first", "last"))
    longer = draw.comparator in ("more_than", "at_least")
    op: Count = Op.GT if longer else Op.LT
    said = "more than" if longer else "less than"
    meaning = EventAge(event=event.name, which=which, op=op, seconds=days * DAY)
    return Clause(meaning, f"who {which} {past(event.words)} {said} {days} days ago", None)


def _one_of(draw: Draw) -> Clause:
    one = draw.rng.choice(draw.words.choices)
    value, word = _value(_column(one), draw.rng)
    leaf = _leaf(one, Op.EQ, value)
    return Clause(leaf, f"whose {one.words} is {word}", f"whose {one.words} is not {word}")


def _among(draw: Draw) -> Clause:
    one = draw.rng.choice([one for one in draw.words.choices if len(_said(_column(one))) > 1])
    said = _said(_column(one))
    some = draw.rng.sample(said, min(len(said), draw.rng.randint(2, 3)))
    listed = ", ".join(word for _, word in some[:-1]) + f" or {some[-1][1]}"
    leaf = _leaf(one, Op.IN, tuple(value for value, _ in some))
    return Clause(leaf, f"whose {one.words} is {listed}", None)


def _number(draw: Draw) -> Clause:
    one = draw.rng.choice(draw.words.numbers)
    value = draw.rng.choice((0.2, 0.4, 0.5, 0.7, 2, 10, 40))
    words = {
        "at_least": (Op.GE, f"of at least {value}"),
        "more_than": (Op.GT, f"above {value}"),
        "exactly": (Op.EQ, f"of exactly {value}"),
        "fewer_than": (Op.LT, f"below {value}"),
        "at_most": (Op.LE, f"of at most {value}"),
    }
    op, said = words.get(draw.comparator, words["at_least"])
    article = "" if one.words.endswith("s") else "an " if one.words[0] in "aeiou" else "a "
    return Clause(_leaf(one, op, value), f"with {article}{one.words} {said}", None)


def _signed_up(draw: Draw) -> Clause:
    one = draw.words.signup
    assert one is not None, "drawn only where there is a sign-up"
    days = draw.rng.choice((14, 30, 60, 90, 180))
    ago = AsOf(as_of_offset_seconds=-days * DAY)
    if draw.comparator in ("at_least", "more_than"):
        meaning = Attribute(column=one.name, op=Op.LT, value=ago)
        return Clause(meaning, f"who {one.words} more than {days} days ago", None)
    if draw.comparator == "exactly":
        day = draw.as_of - timedelta(days=days)
        meaning = Attribute(column=one.name, op=Op.LT, value=day.isoformat())
        return Clause(meaning, f"who {one.words} before {_day(day, draw.wording)}", None)
    meaning = Attribute(column=one.name, op=Op.GE, value=ago)
    return Clause(meaning, f"who {one.words} in the last {days} days", None)


def _related(draw: Draw) -> Clause:
    one = draw.rng.choice(draw.words.related)
    n = draw.rng.randint(1, 3)
    op, said = draw.compared(n)
    noun = one.words if n == 1 else plural(one.words)
    meaning = Related(entity=one.name, op=op, n=n)
    return Clause(meaning, f"with {said} {noun}", None)


def _related_state(draw: Draw) -> Clause:
    one = draw.rng.choice(draw.words.related_choices)
    value, word = _value(_column(one), draw.rng)
    where = (Filter(column=one.name, value=value),)
    meaning = Related(entity=one.group, where=where, op=Op.GE, n=1)
    some = f"with at least one {word} {one.words}"
    return Clause(meaning, some, f"with no {word} {plural(one.words)}")


def _member(draw: Draw) -> Clause:
    one, _ = draw.rng.choice(draw.words.audiences)
    said = plural(one.words)
    return Clause(InAudience(key=one.name), f"who are {said}", f"who are not {said}")


def _sequence(draw: Draw) -> Clause:
    first, then = draw.rng.sample(draw.words.events, 2)
    days = draw.rng.choice((1, 2, 3, 7))
    unit = "day" if days == 1 else "days"
    meaning = EventSequence(first=first.name, then=then.name, within_seconds=days * DAY)
    words = f"who {past(then.words)} within {days} {unit} after they {past(first.words)}"
    return Clause(meaning, words, None)


KINDS: dict[str, Callable[[Draw], Clause]] = {
    "event_count": _counted,
    "event": _done,
    "event_property": _with_property,
    "event_age": _age,
    "choice": _one_of,
    "choices": _among,
    "number": _number,
    "signup": _signed_up,
    "related": _related,
    "related_state": _related_state,
    "audience": _member,
    "sequence": _sequence,
}
WINDOWED = frozenset({"event_count", "event", "event_property"})
COMPARED = frozenset({"event_count", "event_property", "event_age", "number", "signup", "related"})
DENIED = frozenset({"event", "choice", "related_state", "audience"})
"""Kinds whose opposite has plain words."""


def available(words: Vocabulary) -> tuple[str, ...]:
    """The kinds that a catalog has words for."""
    needed = {
        "event_count": words.events, "event": words.events, "event_property": words.properties,
        "event_age": words.events, "choice": words.choices, "choices": words.choices,
        "number": words.numbers, "signup": words.signup, "related": words.related,
        "related_state": words.related_choices, "audience": words.audiences,
        "sequence": words.events[1:],
    }  # fmt: skip
    return tuple(kind for kind in KINDS if needed[kind])


def opposite(clause: Clause) -> Clause:
    """The clause denied, where it has words for that."""
    assert clause.denied is not None, "only kinds with plain words are denied"
    return Clause(Not(of=clause.meaning), clause.denied, None, clause.windowed)


def _leaf(one: Spoken, op: Op, value: object) -> Condition:
    if one.group == "column":
        return Attribute.model_validate({"column": one.name, "op": op, "value": value})
    return Trait.model_validate({"name": one.name, "op": op, "value": value})


def _column(one: Spoken) -> Column:
    assert one.column is not None, "closed values belong to a column"
    return one.column


def _value(column: Column, rng: random.Random) -> tuple[str, str]:
    return rng.choice(_said(column))


def _said(column: Column) -> list[tuple[str, str]]:
    """Each value that has words, with the first of them."""
    return [(value, words[0]) for value, words in (column.values or {}).items() if words]
