"""The words of a catalog: which phrases name which event, trait, column, value, entity or action.

Built once per catalog from names, declared phrases and closed sets of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agent.planners.grammar.words import (
    ARTICLES,
    Text,
    same_plural,
    same_word,
    stem,
    tokenise,
)
from warehouse.catalog import Catalog, Column

Kind = Literal[
    "event", "entity", "column", "value", "trait", "audience", "channel", "action", "metric",
    "person",
]  # fmt: skip


class Sense(NamedTuple):
    """What a phrase means. ``owner``: '' for users, 'trait', 'entity:ticket' or 'event:name'."""

    kind: Kind
    name: str
    owner: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase without its articles, and what it means."""

    words: tuple[str, ...]
    sense: Sense
    phrase: str


class Object(NamedTuple):
    """What an event is done to: its words, the verb, the event, whether a preposition leads it."""

    words: tuple[str, ...]
    verb: str
    event: str
    led: bool


class Match(NamedTuple):
    """A phrase found in a text, up to ``end``."""

    sense: Sense
    end: int
    entry: Entry


_PEOPLE = (
    "user", "person", "everyone", "everybody", "anyone", "anybody", "those", "audience",
    "somebody", "someone", "subscribers base", "customer base", "user base", "account",
)  # fmt: skip
_GENERIC = ("customer", "client", "member", "shopper", "visitor", "reader", "listener", "player",
            "learner", "viewer", "guest")  # fmt: skip
"""People in any trade, where the catalog does not use the word for something else."""
_TO_US = ("from", "by", "to", "with", "of", "for", "at", "on")
"""Before a small 'us' that is we: 'any message from us'."""
OPPOSITE_VALUE = "false"
"""The value in the sense of a phrase that says the opposite of a yes-or-no column."""
_EXACT: frozenset[Kind] = frozenset({"value"})


class Lexicon:
    """Finds catalog phrases in a text."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.entries: list[Entry] = []
        self._by_stem: dict[tuple[Kind, str], list[Entry]] = {}
        for sense, phrase in _phrases(catalog):
            self._add(sense, phrase)
        used = {word for entry in self.entries for word in entry.words}
        for word in _GENERIC:
            if word not in used:
                self._add(Sense("person", "user"), word)
        self.vocabulary = frozenset(word for entry in self.entries for word in entry.words)
        self.verbs = frozenset(e.words[0] for e in self.entries if e.sense.kind == "event")
        self.tails = _tails(self.entries)
        self._objects: dict[str, list[Object]] = _objects(self.entries)
        self._stems = frozenset(stem(word) for word in self.vocabulary)

    def _add(self, sense: Sense, phrase: str) -> None:
        tokens = tokenise(phrase).tokens
        words = tuple(token.low for token in tokens if token.low not in ARTICLES)
        if sense.kind == "value" and len(phrase) <= 2 and phrase.isalpha():
            words = (phrase,)
        if not words:
            return
        entry = Entry(words, sense, phrase)
        bucket = self._by_stem.setdefault((sense.kind, stem(words[0].lower())), [])
        if entry not in bucket:
            bucket.append(entry)
            self.entries.append(entry)

    def starting(self, kind: Kind, text: Text, i: int) -> list[Entry]:
        """The entries of a kind whose first word stands at an index."""
        low = text.low(i)
        if not low:
            return []
        same = same_plural if kind in _EXACT else same_word
        found = self._by_stem.get((kind, stem(low)), [])
        return [entry for entry in found if _first_matches(entry, text, i, same)]

    def turned_round(self, text: Text, i: int) -> list[Object]:
        """The objects of events that stand at an index."""
        return [
            one
            for one in self._objects.get(stem(text.low(i)), [])
            if all(same_plural(text.low(i + k), word) for k, word in enumerate(one[0]))
        ]

    def is_person(self, text: Text, i: int) -> bool:
        """Whether a word for people stands at an index: 'users', 'everyone'."""
        low = text.low(i)
        return any(same_plural(low, one.words[0]) for one in self.starting("person", text, i))

    def at(self, kind: Kind, text: Text, i: int) -> list[Match]:
        """The phrases of a kind that start at an index, longest first."""
        place = (self, kind, i)
        found: list[Match] | None = text.seen.get(place)
        if found is None:
            found = text.seen[place] = self._at(kind, text, i)
        return found

    def _at(self, kind: Kind, text: Text, i: int) -> list[Match]:
        matches = []
        for entry in self.starting(kind, text, i):
            end = _rest_matches(entry, text, i)
            if end is not None:
                matches.append(Match(entry.sense, end, entry))
        return sorted(matches, key=lambda match: -match.end)

    def longest(self, kind: Kind, text: Text, i: int, owner: str | None = None) -> Match | None:
        """The longest phrase of a kind at an index, optionally of one owner."""
        for match in self.at(kind, text, i):
            if owner is None or match.sense.owner == owner:
                return match
        return None

    def knows(self, word: str) -> bool:
        """Whether a word occurs in the catalog in any of its forms."""
        return word in self.vocabulary or (
            stem(word) in self._stems
            and any(same_word(word, known) for known in self.vocabulary if known[0] == word[0])
        )


_NO_OBJECT = frozenset(
    "something anything someone anybody anyone somebody to in into on from at for with up out by "
    "us off through of".split()
)


def _objects(entries: Iterable[Entry]) -> dict[str, list[Object]]:
    """What events are done to, by the stem of its first word: 'complete a workout', 'workout'."""
    found: dict[str, list[Object]] = {}
    for one in entries:
        verb, words = one.words[0], one.words[1:]
        led = words[:1] in (("to",), ("in",), ("on",), ("into",), ("at",))
        words = words[1:] if led else words
        if one.sense.kind == "event" and words and not _NO_OBJECT & {*words} and verb.isalpha():
            found.setdefault(stem(words[0]), []).append(Object(words, verb, one.sense.name, led))
    return found


_TAIL_LEADS = frozenset("to in into on from at for".split())


def _tails(entries: Iterable[Entry]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """How the phrases of an event end from their preposition on: 'to the cart', by event."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for one in entries:
        at = next((k for k, word in enumerate(one.words) if k and word in _TAIL_LEADS), None)
        if one.sense.kind == "event" and at is not None and at + 1 < len(one.words):
            found.setdefault(one.sense.name, set()).add(one.words[at:])
    return {name: tuple(sorted(tails, key=len, reverse=True)) for name, tails in found.items()}


def _first_matches(entry: Entry, text: Text, i: int, same) -> bool:
    word = entry.words[0]
    if len(word) <= 2 and word.isupper():
        return bool(text[i].text == word)
    if word == "us" and text[i].text == "us" and text.low(i - 1) in _TO_US:
        return False
    return bool(same(text.low(i), word))


def _rest_matches(entry: Entry, text: Text, i: int) -> int | None:
    same = same_plural if entry.sense.kind in _EXACT else same_word
    position = i + 1
    for word in entry.words[1:]:
        while text.low(position) in ARTICLES and text.low(position) != word:
            position += 1
        if not same(text.low(position), word):
            return None
        position += 1
    return position


def _phrases(catalog: Catalog) -> Iterator[tuple[Sense, str]]:
    yield from _event_phrases(catalog)
    yield from _column_phrases(catalog.user_columns(), "")
    for name, trait in catalog.traits.items():
        yield from _named(Sense("trait", name, "trait"), name, trait.phrases)
        yield from _values(name, "trait", trait.values)
    for name, entity in catalog.entities.items():
        yield from _named(Sense("entity", name), name, entity.phrases)
        yield from _column_phrases(entity.columns, f"entity:{name}")
    for name, audience in catalog.audiences.items():
        yield from _named(Sense("audience", name), name, audience.phrases)
    for name, channel in catalog.channels.items():
        yield from _named(Sense("channel", name), name, channel.phrases)
    for name, action in catalog.actions.items():
        phrases = (*catalog.action_phrases.get(name, ()), action.name)
        yield from _named(Sense("action", name), name, phrases)
    for name, metric in catalog.metrics.items():
        yield from _named(Sense("metric", name), name, metric.phrases)
        funnel = catalog.funnels[metric.funnel]
        yield from _named(Sense("metric", name), metric.funnel + " funnel", funnel.phrases)
    for phrase in _companies(catalog):
        yield Sense("person", "user"), phrase
    users = catalog.tables[catalog.layout.users.table]
    for phrase in (*users.phrases, *_PEOPLE):
        yield Sense("person", "user"), phrase


def _companies(catalog: Catalog) -> Iterator[str]:
    """'companies on the Team plan' are their people: what users belong to, in the plural."""
    several = {one.table for one in catalog.entities.values() if one.cardinality == "many"}
    for one in catalog.entities.values():
        if one.cardinality == "one" and one.table not in several:
            for phrase in one.phrases:
                if " " not in phrase:
                    yield phrase[:-1] + "ies" if phrase.endswith("y") else phrase + "s"


def _named(sense: Sense, name: str, phrases: Iterable[str]) -> Iterator[tuple[Sense, str]]:
    yield sense, name
    if "_" in name:
        yield sense, name.replace("_", " ")
    for phrase in phrases:
        yield sense, phrase


def _event_phrases(catalog: Catalog) -> Iterator[tuple[Sense, str]]:
    for name, event in catalog.events.items():
        sense = Sense("event", name)
        yield from _named(sense, name, event.phrases)
        yield from ((sense, alias) for alias in event.aliases)
        yield from _column_phrases(event.properties, f"event:{name}")


def _column_phrases(columns: dict[str, Column], owner: str) -> Iterator[tuple[Sense, str]]:
    for name, column in columns.items():
        yield from _named(Sense("column", name, owner), name, column.phrases)
        yield from _values(name, owner, column.values)
        if column.type == "boolean":
            yield from _opposites(name, owner, column)
            if name.startswith(("is_", "has_")):
                yield Sense("column", name, owner), name.partition("_")[2].replace("_", " ")


def _opposites(name: str, owner: str, column: Column) -> Iterator[tuple[Sense, str]]:
    """'opted out' where the catalog says 'opted in'."""
    for phrase in column.phrases:
        words = phrase.split()
        if "in" in words:
            opposite = " ".join("out" if word == "in" else word for word in words)
            sense = Sense("column", name, owner, OPPOSITE_VALUE)
            yield sense, opposite
            yield sense, opposite.replace("out to", "out of")


def _values(
    name: str, owner: str, values: dict[str, tuple[str, ...]] | None
) -> Iterator[tuple[Sense, str]]:
    for value, phrases in (values or {}).items():
        sense = Sense("value", name, owner, value)
        if phrases:
            yield from _named(sense, value, phrases)
        elif "_" in value:
            yield sense, value
