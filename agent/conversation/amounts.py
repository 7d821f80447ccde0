"""Numbers and periods of a draft: which one a follow-up means, and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from agent.conversation.fragments import MOST_CHOICES, Fragments
from agent.conversation.parts import (
    Conditional,
    changed,
    exchange,
    leaves_in,
    names_of,
    refers,
)
from agent.conversation.places import (
    TIMES,
    UNITS,
    Counted,
    Place,
    Stated,
    has_period,
    is_implied,
    number_of,
    stated,
    valid,
    with_length,
    with_number,
)
from agent.planners.grammar.meaning import Unclear, refused
from core.artifacts import Choice
from core.conditions import (
    AnyLeaf,
    EventCount,
    leaves,
)
from core.errors import Code
from warehouse.wording import describe

_GENERIC = frozenset(
    "the it that number threshold minimum count limit of at least most times days day weeks last"
    " more than".split()
)


class Made(NamedTuple):
    """A changed draft, what was exchanged for what, and what was assumed of the words."""

    draft: Conditional
    old: AnyLeaf
    new: AnyLeaf
    notes: tuple[str, ...] = ()


def amount(draft: Conditional, words: str, about: str, fragments: Fragments) -> Made:
    """Another number in the one place that is meant; asks where several could be."""
    said = stated(words)
    if said is None:
        raise _no_number(words)
    unit = said.rest.lower()
    if unit in UNITS:
        return period(draft, words, about, fragments)
    if unit and unit not in TIMES:
        return _named(draft, words, about, fragments)
    places = _places(draft, about, fragments, counts_only=unit in TIMES)
    if len(places) != 1:
        raise _which(words, about, places, draft, fragments)
    return _exchanged(draft, places[0].leaf, places[0].becoming(said))


def period(draft: Conditional, words: str, about: str, fragments: Fragments) -> Made:
    """Another period where one is, or for the one event that has none."""
    has_number = stated(words)
    length = has_number and has_number.rest.lower() in UNITS
    timed = [leaf for leaf in _about(draft, about, fragments) if has_period(leaf)]
    windowed = [leaf for leaf in timed if isinstance(leaf, EventCount)] or timed
    if not windowed:
        windowed = [one for one in _about(draft, about, fragments) if isinstance(one, EventCount)]
    if len(windowed) != 1:
        raise _which_period(words, windowed, draft, fragments)
    old = windowed[0]
    if isinstance(old, EventCount):
        window, notes = fragments.window(words)
        return _exchanged(draft, old, old.model_copy(update={"window": window}), notes)
    if not length or has_number is None:
        raise refused(
            Code.NOT_UNDERSTOOD,
            f"'{words}' is no length of time for '{describe(old, fragments.catalog)}'.",
            words,
            "Say a number of days, such as '14 days'.",
        )
    return _exchanged(draft, old, with_length(old, has_number))


def no_period(draft: Conditional, about: str, fragments: Fragments) -> Made:
    """Counted over all time again."""
    windowed = [
        leaf
        for leaf in _about(draft, about, fragments)
        if isinstance(leaf, EventCount) and leaf.window is not None
    ]
    if len(windowed) != 1:
        raise _which_period("no period", windowed, draft, fragments)
    old = windowed[0]
    return _exchanged(draft, old, old.model_copy(update={"window": None}))


def _exchanged(draft: Conditional, old: AnyLeaf, new: AnyLeaf, notes: tuple[str, ...] = ()) -> Made:
    return Made(changed(draft, exchange(old, new)), old, new, notes)


def _about(draft: Conditional, about: str, fragments: Fragments) -> list[AnyLeaf]:
    found = [*leaves_in(draft)]
    named = re.sub(r"\b\d[\d.,]*\b", "", about)
    if not re.search(r"[a-z]", named, re.I) or _is_generic(named):
        return found
    return [one for one in found if refers(named, names_of(one, fragments.catalog))]


def _is_generic(about: str) -> bool:
    words = re.findall(r"[a-z]+", about.lower())
    return all(word in _GENERIC for word in words)


def _places(
    draft: Conditional, about: str, fragments: Fragments, *, counts_only: bool
) -> list[Place]:
    """What a number may be meant for: numbers that were said, else those implied, and periods."""
    meant = _about(draft, about, fragments)
    numbers = [Place(one) for one in meant if number_of(one) is not None]
    if counts_only:
        counts = [one for one in numbers if isinstance(one.leaf, Counted)]
        return [one for one in counts if not is_implied(one.leaf)] or counts
    periods = [Place(one, is_period=True) for one in meant if has_period(one)]
    if named := re.search(r"\d[\d.,]*", about):
        before = float(named[0].replace(",", "").rstrip("."))
        return [one for one in (*numbers, *periods) if one.number == before]
    said = [one for one in numbers if not is_implied(one.leaf)]
    return said or (
        [*numbers] if re.search(r"[a-z]", about) else [*periods, *_beside(periods, numbers)]
    )


def _beside(periods: list[Place], numbers: list[Place]) -> list[Place]:
    """Implied numbers of what has a period: 'make it 5' of 'viewed pricing in the last 7 days'."""
    timed = [one.leaf for one in periods]
    return [one for one in numbers if one.leaf in timed or not timed]


def _named(draft: Conditional, words: str, about: str, fragments: Fragments) -> Made:
    """'5 workouts', 'at least 5 workouts in the last week': the leaf of the same thing changes."""
    read = fragments.people(f"with {words}")
    new = read.condition
    said = stated(words)
    if len(found := tuple(leaves(new))) != 1 or found[0] != new or said is None:
        raise refused(
            Code.NOT_UNDERSTOOD, f"'{words}' is more than one number.", words,
            "Change one thing at a time.",
        )  # fmt: skip
    leaf = found[0]
    places = [one for one in leaves_in(draft) if _same_subject(one, leaf)]
    if about:
        meant = _places(draft, about, fragments, counts_only=True)
        places = [one for one in places if Place(one) in meant]
    if len(places) != 1:
        raise _which(words, about, [Place(one) for one in places], draft, fragments)
    return _exchanged(draft, places[0], _merged(places[0], leaf, said), read.notes)


def _same_subject(one: AnyLeaf, other: AnyLeaf) -> bool:
    if type(one) is not type(other):
        return False
    names = ("event", "entity", "name", "column")
    same = all(getattr(one, name, None) == getattr(other, name, None) for name in names)
    filters = getattr(other, "where", ())
    return same and (not filters or filters == getattr(one, "where", ()))


def _merged(old: AnyLeaf, new: AnyLeaf, said: Stated) -> AnyLeaf:
    """The old leaf with the number that was said, and the period where one was."""
    number = with_number(old, said)
    window = getattr(new, "window", None)
    return number if window is None else valid(number, window=window)


def _no_number(words: str) -> Unclear:
    return refused(
        Code.NOT_UNDERSTOOD, f"I find no number in '{words}'.", words,
        "Say which number it becomes, such as 'make it 5 workouts'.",
    )  # fmt: skip


def _which(
    words: str, about: str, places: list[Place], draft: Conditional, fragments: Fragments
) -> Unclear:
    if not places:
        numbered = ", ".join(
            f"'{describe(one, fragments.catalog)}'"
            for one in leaves_in(draft)
            if number_of(one) is not None
        )
        return refused(
            Code.NOT_UNDERSTOOD,
            f"The draft has no number that '{(about + ' ' + words).strip()}' could change.",
            words,
            f"Its numbers: {numbered}." if numbered else "Say what to add: 'also require …'.",
        )
    said = stated(words)
    choices = [] if said is None else _offered(places, words, said, fragments)
    return Unclear(question=f"Which number becomes {words}?", choices=tuple(choices))


def _offered(places: list[Place], words: str, said: Stated, fragments: Fragments) -> list[Choice]:
    """One choice a place: what it would become, and the follow-up that says so."""
    choices = []
    for one in places[:MOST_CHOICES]:
        subject = _subject(one.leaf, fragments)
        asked = f"change {subject} to {words}" + ("" if said.rest else " times" * _is_count(one))
        if one.is_period:
            asked = f"change the window of {subject} to {words} days"
        label = describe(one.becoming(said), fragments.catalog)
        choices.append(Choice(label=label, prompt=asked))
    return choices


def _is_count(place: Place) -> bool:
    return isinstance(place.leaf, Counted)


def _subject(leaf: AnyLeaf, fragments: Fragments) -> str:
    for attribute in ("event", "first", "name", "trait", "entity", "column"):
        name = getattr(leaf, attribute, None)
        if isinstance(name, str):
            return name.replace("_", " ")
    return describe(leaf, fragments.catalog)


def _which_period(
    words: str, places: Sequence[AnyLeaf], draft: Conditional, fragments: Fragments
) -> Unclear:
    words = re.sub(r"^(?:in|over|within|during|for)\s+", "", words)
    if not places:
        return refused(
            Code.NOT_UNDERSTOOD, f"The draft counts nothing that '{words}' could limit.", words,
            "Name what is counted: 'also require … in the last 14 days'.",
        )  # fmt: skip
    choices = tuple(
        Choice(
            label=f"{describe(one, fragments.catalog)}: {words}",
            prompt=f"change the window of {_subject(one, fragments)} to {words}",
        )
        for one in places[:MOST_CHOICES]
    )
    return Unclear(question=f"What is '{words}' the period of?", choices=choices)
