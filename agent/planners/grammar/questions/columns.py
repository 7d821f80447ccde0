"""Columns that questions name: what to group by, which number to measure, which values."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.lexicon import Kind
from agent.planners.grammar.questions.phrases import VERSUS
from agent.planners.grammar.questions.slots import Joined, Named, Sense, ValuesSaid
from agent.planners.grammar.questions.world import World
from agent.planners.grammar.words import ARTICLES, Text, same_word
from warehouse.catalog import Column

_JOINS: tuple[tuple[tuple[str, ...], Joined], ...] = (
    *(((",", *words), "versus") for words in VERSUS),
    *((words, "versus") for words in VERSUS),
    ((",", "and"), "and"), ((",", "or"), "or"), (("and",), "and"), (("&",), "and"),
    (("or",), "or"), (("to",), "versus"), ((",",), "and"), (("/",), "and"),
)  # fmt: skip
_INSIDE = frozenset("on in from for by via the".split())
_KINDS: tuple[Kind, ...] = ("column", "trait")
NUMERIC = ("integer", "number")
_NO_GROUP = ("timestamp", "json")
"""Moments are grouped by hours, days, weeks or months."""


class Columns:
    """Reads names of columns and their values."""

    def __init__(self, text: Text, world: World) -> None:
        self.text = text
        self.world = world
        self.lexicon = world.lexicon
        self.catalog = world.lexicon.catalog

    def named(self, i: int, *, numeric: bool = False) -> Named | None:
        """The columns that the longest phrase at an index names."""
        start = i
        while self.text.low(start) in ARTICLES:
            start += 1
        found = [*self._matches(start, numeric=numeric)]
        if not found:
            return None
        longest = max(end for _, end in found)
        senses = tuple(dict.fromkeys(sense for sense, end in found if end == longest))
        return Named(self.text.words(start, longest), longest, senses)

    def _matches(self, i: int, *, numeric: bool) -> Iterator[tuple[Sense, int]]:
        for kind in _KINDS:
            for match in self.lexicon.at(kind, self.text, i):
                sense = match.sense
                if sense.value is not None:
                    continue
                owner = "trait" if kind == "trait" else sense.owner
                column = self.column((owner, sense.name))
                if column is None or column.data_class != "public" or column.type in _NO_GROUP:
                    continue
                if not numeric or column.type in NUMERIC:
                    yield (owner, sense.name), match.end

    def user(self, i: int) -> Named | None:
        """'by user': the users themselves."""
        if self.lexicon.is_person(self.text, i):
            sense = ("", self.catalog.layout.users.key)
            return Named(self.text.words(i, i + 1), i + 1, (sense,))
        return None

    def partly(self, i: int) -> Named | None:
        """'by type' where only 'workout type' is there: the last or first word of a column."""
        low = self.text.low(i)
        if len(low) < 4:
            return None
        senses = tuple(
            dict.fromkeys(
                (entry.sense.owner, entry.sense.name)
                for entry in self.lexicon.entries
                if entry.sense.kind == "column"
                and entry.sense.value is None
                and entry.sense.owner
                and len(entry.words) == 2
                and same_word(low, entry.words[-1])
            )
        )
        return Named(self.text.words(i, i + 1), i + 1, senses) if senses else None

    def column(self, sense: Sense) -> Column | None:
        """What the catalog says of a sense."""
        owner, name = sense
        kind, _, of = owner.partition(":")
        match kind:
            case "":
                return self.catalog.user_columns().get(name)
            case "trait":
                trait = self.catalog.traits.get(name)
                if trait is None:
                    return None
                return Column(type=trait.type, description=trait.description)
            case "event":
                return self.catalog.events[of].properties.get(name)
            case _:
                entity = self.catalog.entities.get(of)
                return entity.columns.get(name) if entity else None

    def values(self, i: int) -> ValuesSaid | None:
        """Values of one column, joined by and, or, versus."""
        first = self._senses(i)
        if first is None:
            return None
        known, end = first
        senses: dict[Sense, tuple[str, ...]] = {key: (value,) for key, value in known.items()}
        joined: Joined = "one"
        while (following := self._next(end, senses)) is not None:
            more, how, end = following
            senses = {key: (*senses[key], value) for key, value in more.items()}
            joined = how if joined in ("one", how) or how == "versus" else joined
        words = self.text.words(i, end)
        return ValuesSaid(words, end, senses, joined)

    def _senses(self, i: int) -> tuple[dict[Sense, str], int] | None:
        found = self.lexicon.at("value", self.text, i)
        if not found:
            return None
        end = found[0].end
        senses = {
            (one.sense.owner, one.sense.name): str(one.sense.value)
            for one in reversed(found)
            if one.end == end
        }
        return senses, end

    def _next(
        self, i: int, known: dict[Sense, tuple[str, ...]]
    ) -> tuple[dict[Sense, str], Joined, int] | None:
        for words, how in _JOINS:
            if not self.text.has(i, *words):
                continue
            start = i + len(words)
            while self.text.low(start) in _INSIDE:
                start += 1
            found = self._senses(start)
            if found is None:
                continue
            more = {key: value for key, value in found[0].items() if key in known}
            if more:
                return more, how, found[1]
        return None
