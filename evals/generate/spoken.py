"""What of a catalog can be said, and in which words."""

from __future__ import annotations

from dataclasses import dataclass

from core.conditions import Condition
from evals.generate.inflect import VERBS, plural
from warehouse.catalog import Catalog, Column

_ORDERS = ("help", "handle", "ask", "remind", "deal", "resolve", "follow")
"""Verbs that begin phrases of actions: 'send the ask for a review' nobody says."""
_STATES = ("status", "state")
_PREPOSITIONS = ("from", "in", "on", "of", "via", "through", "with")


@dataclass(frozen=True)
class Spoken:
    """A name of the catalog with the words for it."""

    name: str
    words: str
    column: Column | None = None
    group: str = ""
    """The event or entity that it belongs to."""


@dataclass(frozen=True)
class Vocabulary:
    """What the clauses draw from."""

    people: str
    """Users, in the plural."""
    events: tuple[Spoken, ...]
    properties: tuple[Spoken, ...]
    choices: tuple[Spoken, ...]
    """User columns and traits with closed values; ``group`` says which."""
    numbers: tuple[Spoken, ...]
    """Numeric traits."""
    signup: Spoken | None
    related: tuple[Spoken, ...]
    related_choices: tuple[Spoken, ...]
    audiences: tuple[tuple[Spoken, Condition], ...]
    actions: tuple[Spoken, ...]


def vocabulary(catalog: Catalog) -> Vocabulary:
    """The sayable part of a catalog: what has phrases of a form that templates can use."""
    nouns = catalog.tables[catalog.layout.users.table].phrases or ("user",)
    return Vocabulary(
        people=plural(nouns[0]),
        events=_events(catalog),
        properties=_properties(catalog),
        choices=_choices(catalog),
        numbers=tuple(
            Spoken(name, one.phrases[0], group="trait")
            for name, one in catalog.traits.items()
            if one.type == "number" and one.phrases
        ),
        signup=_signup(catalog),
        related=_related(catalog),
        related_choices=_related_choices(catalog),
        audiences=_audiences(catalog, nouns),
        actions=_actions(catalog),
    )


def _verb_phrase(phrases: tuple[str, ...]) -> str | None:
    """The first phrase of a verb and what it is done to."""
    return next((one for one in phrases if " " in one and one.split()[0] in VERBS), None)


def _noun_phrase(phrases: tuple[str, ...]) -> str | None:
    """The first phrase that something is called by."""
    verbs = VERBS | {*_ORDERS}
    return next((one for one in phrases if one.split()[0] not in verbs - {"review"}), None)


def _actions(catalog: Catalog) -> tuple[Spoken, ...]:
    found = ((key, _noun_phrase(phrases)) for key, phrases in catalog.action_phrases.items())
    return tuple(Spoken(key, words) for key, words in found if words)


def _events(catalog: Catalog) -> tuple[Spoken, ...]:
    found = ((name, _verb_phrase(one.phrases)) for name, one in catalog.events.items())
    return tuple(Spoken(name, words) for name, words in found if words)


def _properties(catalog: Catalog) -> tuple[Spoken, ...]:
    said = {one.name for one in _events(catalog)}
    return tuple(
        Spoken(name, column.phrases[0], column, event)
        for event, one in catalog.events.items()
        for name, column in one.properties.items()
        if event in said and column.values and column.phrases
    )


def _choices(catalog: Catalog) -> tuple[Spoken, ...]:
    columns = [
        Spoken(name, words, column, "column")
        for name, column in catalog.user_columns().items()
        if column.values and column.data_class == "public" and (words := _called(column.phrases))
    ]
    traits = [
        Spoken(name, words, Column(description="", type=one.type, values=one.values), "trait")
        for name, one in catalog.traits.items()
        if one.values and (words := _called(one.phrases))
    ]
    return (*columns, *traits)


def _called(phrases: tuple[str, ...]) -> str | None:
    """The first phrase that can be followed by 'is': no verb, and no 'came from'."""
    said = (one for one in phrases if one.split()[0] not in {*VERBS, "prefer"})
    return next((one for one in said if one.split()[-1] not in _PREPOSITIONS), None)


def _signup(catalog: Catalog) -> Spoken | None:
    name = catalog.layout.users.signup
    phrases = catalog.user_columns()[name].phrases if name else ()
    return Spoken(name, phrases[0]) if name and phrases else None


def _related(catalog: Catalog) -> tuple[Spoken, ...]:
    return tuple(
        Spoken(name, one.phrases[0])
        for name, one in catalog.entities.items()
        if one.cardinality == "many" and one.phrases and one.table != "fct_messages"
    )


def _related_choices(catalog: Catalog) -> tuple[Spoken, ...]:
    return tuple(
        Spoken(column, catalog.entities[one.name].phrases[0], found, one.name)
        for one in _related(catalog)
        for column, found in catalog.entities[one.name].columns.items()
        if column in _STATES and found.values
    )


def _audiences(catalog: Catalog, nouns: tuple[str, ...]) -> tuple[tuple[Spoken, Condition], ...]:
    said = ((key, one, one.phrases) for key, one in catalog.audiences.items())
    return tuple(
        (Spoken(key, phrases[0]), one.condition)
        for key, one, phrases in said
        if phrases and phrases[0].endswith(tuple(nouns))
    )
