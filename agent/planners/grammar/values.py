"""Values and filters: lists of known values, and what is said about a property or a column."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.lexicon import Lexicon, Sense
from agent.planners.grammar.measures import Measured, Measures
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Filter, Op
from warehouse.catalog import Column

_JOINS = (
    (",", "or"), (",", "and"), (",", "nor"), ("and", "/", "or"), ("/",), (",",), ("or",),
    ("and",), ("nor",), ("&",), ("+",), ("as", "well", "as"),
)  # fmt: skip
_LEADS = frozenset(
    "of with to that which were was are is the a an in on for type kind lasting lasted took "
    "lasts had having about being by via using from through as because due caused owing".split()
)


_AGAIN = ("about", "of", "from", "via", "by", "with", "for", "through", "on", "in")
"""May be said again before the next value of a list: 'about billing or about their account'."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Values of one column joined by commas, or, and."""

    column: str
    owners: tuple[str, ...]
    values: tuple[str, ...]
    end: int
    both: bool = False
    """Joined by 'and' alone: may mean every one of them."""

    def filter(self) -> Filter:
        """The filter that any of the values satisfies."""
        if len(self.values) == 1:
            return Filter(column=self.column, value=self.values[0])
        return Filter(column=self.column, op=Op.IN, value=self.values)


class Values:
    """Reads values of closed sets, and filters on properties of events."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.measures = Measures(text, lexicon, times)

    def senses(self, i: int, owner: str) -> list[tuple[Sense, int]]:
        """The longest value phrases at an index whose owner starts so ('' is the user alone)."""
        found = [
            (match.sense, match.end)
            for match in self.lexicon.at("value", self.text, i)
            if (
                match.sense.owner.startswith(owner)
                if owner.endswith(":")
                else match.sense.owner == owner
            )
        ]
        longest = max((end for _, end in found), default=0)
        return [(sense, end) for sense, end in found if end == longest]

    def listed(self, i: int, owner: str, prepositions: tuple[str, ...] = ()) -> Listed | None:
        """A list of values of one column at an index."""
        first = self.senses(i, owner)
        if not first:
            return None
        column = first[0][0].name
        owners = tuple(dict.fromkeys(sense.owner for sense, _ in first if sense.name == column))
        values = [str(first[0][0].value)]
        end = first[0][1]
        while True:
            following = self._next_value(end, owner, column, prepositions)
            if following is None:
                break
            value, end = following
            if value not in values:
                values.append(value)
        between = [self.text.low(k) for k in range(i, end)]
        both = len(values) > 1 and "and" in between and "or" not in between
        return Listed(column, owners, tuple(values), end, both)

    def _next_value(
        self, i: int, owner: str, column: str, prepositions: tuple[str, ...]
    ) -> tuple[str, int] | None:
        for join in _JOINS:
            if not self.text.has(i, *join):
                continue
            start = i + len(join)
            while self.text.low(start) in (*prepositions, *ARTICLES, *_AGAIN):
                start += 1
            for sense, end in self.senses(start, owner):
                if sense.name == column:
                    return str(sense.value), end
        return None

    def named(self, i: int, owner: str, name: str, column: Column) -> Listed | None:
        """A list of values of a column that was just named; its keys count as words too."""
        values: list[str] = []
        position = i
        while True:
            if self.text.low(position) in ARTICLES or self.text.low(position) in ('"', "'"):
                position += 1
                continue
            found = self._one(position, owner, name, column)
            if found is None:
                return Listed(name, (owner,), tuple(values), position) if values else None
            value, end = found
            values.append(value)
            if self.text.low(end) in ('"', "'"):
                end += 1
            join = next((j for j in _JOINS if self.text.has(end, *j)), ())
            position = end + len(join)
            while self.text.low(position) in ARTICLES:
                position += 1
            if not join or self._one(position, owner, name, column) is None:
                return Listed(name, (owner,), tuple(values), end)

    def _one(self, i: int, owner: str, name: str, column: Column) -> tuple[str, int] | None:
        if i >= len(self.text):
            return None
        for match in self.lexicon.at("value", self.text, i):
            if match.sense.owner == owner and match.sense.name == name:
                return str(match.sense.value), match.end
        for value in column.values or {}:
            words = value.lower().split("_")
            if self.text.has(i, *words):
                return value, i + len(words)
            if self.text.low(i) == value.lower():
                return value, i + 1
        return None

    def property_filter(self, i: int, event: str) -> tuple[list[Filter], int] | None:
        """The filters on an event's properties at an index, where nothing must be asked."""
        found = self.of_event(i, event)
        return (found.filters, found.end) if found and not found.question else None

    def of_event(self, i: int, event: str) -> Measured | None:
        """What follows an event about one of its properties: 'longer than 20 minutes'."""
        properties = self.lexicon.catalog.events[event].properties
        measured = self.measures.at(i, f"event:{event}", properties)
        return measured if measured is not None else self._property_values(i, event)

    def _property_values(self, i: int, event: str) -> Measured | None:
        start = i
        while self.text.low(start) in _LEADS or (
            self.text.low(start) == "paid" and self.text.low(start + 1) in ("by", "with")
        ):
            start += 1
        named = self._property_named(start, event)
        name, after = named if named else (None, start)
        for key, column in self.lexicon.catalog.events[event].properties.items():
            if name not in (None, key) or column.type in ("number", "integer"):
                continue
            listed = self.named(after, f"event:{event}", key, column)
            if listed is None and name is not None:
                listed = self._as_written(after, key, column)
            if listed is not None and (named or start > i):
                end = column_noun(self.text, listed.end, key, column)
                return Measured([listed.filter()], end)
        return None

    def _as_written(self, i: int, name: str, column: Column) -> Listed | None:
        """'with error card_declined': the value of a property without a closed set."""
        free = column.type == "string" and not column.values and column.data_class == "public"
        token = self.text[i] if free and i < len(self.text) else None
        if token is None or not ("_" in token.text or self.text.low(i - 1) in ('"', "'")):
            return None
        end = i + 1 + (self.text.low(i + 1) in ('"', "'"))
        return Listed(name, ("",), (token.text,), end)

    def _property_named(self, i: int, event: str) -> tuple[str, int] | None:
        match = self.lexicon.longest("column", self.text, i, f"event:{event}")
        if match is None:
            return None
        end = match.end
        while self.text.low(end) in ("is", "was", "of", "=", ":"):
            end += 1
        return match.sense.name, end
