"""Names and values in words, so that what was written can be read back.

A name is its words without underscores. Where that could be read as something
else it stands in quotes, as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from core.conditions import Scalar
from warehouse.catalog import Catalog

RESERVED = frozenset(
    "after ago and as at before below by everyone exactly false for from in is known last least "
    "less missing more most none not now of once one or since than the this times today true "
    "unknown version with yesterday".split()
)
"""Words of the language itself: a value that is one of them stands in quotes."""
_PLAIN = re.compile(r"[A-Za-z][\w.+-]*")
_NUMBERS = frozenset({"nan", "inf", "infinity"})


class Subject(NamedTuple):
    """What a comparison is about: a column of the user or of a to-one entity, or a trait."""

    kind: str
    """``attribute`` or ``trait``."""
    name: str


def words_of(name: str) -> str:
    """``workout_completed`` as ``workout completed``; in quotes where that loses something."""
    words = name.split("_")
    plain = _PLAIN.fullmatch(words[0]) and all(re.fullmatch(r"[\w.+-]+", one) for one in words)
    return " ".join(words) if plain else quoted(name)


def key_words(key: str) -> str:
    """The same for a name that no list holds: in quotes too where the language could end it."""
    words = words_of(key)
    return quoted(key) if RESERVED & {*words.split()} else words


def quoted(text: str) -> str:
    """The text in quotes; a quote in it is doubled."""
    return "'" + text.replace("'", "''") + "'"


def value_words(value: Scalar) -> str:
    """A value as it is read back: words that could be something else stand in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    plain = _PLAIN.fullmatch(value) and value.lower() not in RESERVED | _NUMBERS
    return value if plain else quoted(value)


def subjects(catalog: Catalog) -> dict[str, Subject]:
    """Everything a comparison can be about, by its words. A name that two have is told apart."""
    found: dict[str, Subject] = {}
    for subject in _all_subjects(catalog):
        found.setdefault(_short(subject), subject)
    for subject in _all_subjects(catalog):
        found.setdefault(_long(subject), subject)
    return found


def subject_words(subject: Subject, catalog: Catalog) -> str:
    """The shortest words that mean this subject and no other one."""
    short = _short(subject)
    for other in _all_subjects(catalog):
        if other == subject:
            return short
        if _short(other) == short:
            return _long(subject)
    return short


def _all_subjects(catalog: Catalog) -> list[Subject]:
    """User columns first, then traits, then columns of to-one entities: the first has the name."""
    own = [Subject("attribute", name) for name in catalog.user_columns()]
    traits = [Subject("trait", name) for name in catalog.traits]
    latest = [
        Subject("attribute", f"{entity}.{column}")
        for entity, one in catalog.entities.items()
        if one.cardinality == "one"
        for column in one.columns
    ]
    return [*own, *traits, *latest]


def _short(subject: Subject) -> str:
    return words_of(subject.name.rpartition(".")[2])


def _long(subject: Subject) -> str:
    entity, _, column = subject.name.rpartition(".")
    if entity:
        return f"{words_of(column)} of the {words_of(entity)}"
    return f"the {subject.kind} {words_of(subject.name)}"


def noun(entity: str, catalog: Catalog) -> str:
    """What rows of an entity are called: its first phrase, where no other entity has the same."""
    known = catalog.entities.get(entity)
    if known is None or not known.phrases:
        return words_of(entity)
    phrase = known.phrases[0]
    taken = [key for key, one in catalog.entities.items() if phrase in one.phrases[:1]]
    plain = all(_PLAIN.fullmatch(word) for word in phrase.split())
    return phrase if taken == [entity] and plain else words_of(entity)


def event_words(event: str, catalog: Catalog) -> str:
    """An event in words; in quotes where rows of an entity are called the same."""
    words = words_of(event)
    nouns = [noun(entity, catalog) for entity in catalog.entities]
    if any(words == one or words.endswith(f" {one}") for one in nouns):
        return quoted(event)
    return words
