"""The one row that the catalog names: 'whose latest order was returned', 'last order over 50'."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.lexicon import Lexicon, Match
from agent.planners.grammar.meaning import Found, all_of
from agent.planners.grammar.rows import coming, span_filters
from agent.planners.grammar.times import Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Attribute, Condition, Filter, Op

_FILLERS = frozenset(
    "is was are were has have had been being still currently now already of with that which for "
    "about in on by via using".split()
)


class ToOne:
    """Reads predicates about to-one entities."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.entities = {
            name: entity
            for name, entity in lexicon.catalog.entities.items()
            if entity.cardinality == "one"
        }

    def at(self, i: int) -> Iterator[Found]:
        """Every reading that starts at an index."""
        start = i
        while self.text.low(start) in (*ARTICLES, "whose", "with", "have", "has"):
            start += 1
        paid = self.text.low(start) == "paid"
        while paid and self.text.low(start) in (*ARTICLES, "paid"):
            start += 1
        for match in self.lexicon.at("entity", self.text, start):
            if paid and self.text.low(match.end) not in ("by", "with", "via", "using"):
                continue
            if match.sense.name in self.entities:
                yield from self._said(i, match)

    def _said(self, i: int, match: Match) -> Iterator[Found]:
        position, negated = match.end, False
        while self.text.low(position) in (*_FILLERS, *ARTICLES, "not", "never", "neither"):
            negated = negated or self.text.low(position) in ("not", "never", "neither")
            position += 1
        if self.text.low(position) == "paid" and self.text.low(position + 1) in _FILLERS:
            position += 2
        name = match.sense.name
        for filters, end, questions in self.filters(position, name):
            parts = [self.leaf(name, one) for one in filters]
            stated = self.text.words(i, end)
            yield Found(
                end, all_of(parts), negated=negated, questions=questions, stated=stated,
                notes=(f"'{stated}' reads the {name.replace('_', ' ')} only.",),
            )  # fmt: skip

    def filters(self, i: int, name: str) -> Iterator[tuple[list[Filter], int, tuple[str, ...]]]:
        """What is said at an index of the row's values: filters, where they end, questions."""
        owner, columns = f"entity:{name}", self.entities[name].columns
        listed = self.values.listed(i, owner, ("by", "with", "via"))
        if listed is not None:
            yield [listed.filter()], listed.end, ()
        measured = self.values.measures.at(i, owner, columns)
        if measured is not None:
            asked = (measured.question,) if measured.question else ()
            yield measured.filters, measured.end, asked
        for match in self.lexicon.at("column", self.text, i):
            column = columns.get(match.sense.name) if match.sense.owner == owner else None
            if column is None:
                continue
            position = match.end
            while self.text.low(position) in ("is", "was", "=", ":", "of", "are"):
                position += 1
            if column.type == "timestamp":
                yield from self._moment(position, match.sense.name)
                continue
            named = self.values.named(position, owner, match.sense.name, column)
            if named is not None:
                yield [named.filter()], named.end, ()

    def _moment(self, i: int, column: str) -> Iterator[tuple[list[Filter], int, tuple[str, ...]]]:
        span = self.times.span(i)
        if span is None or span.kind in ("ever", "bare"):
            return
        span = coming(column, span, self.text.words(i, span.end), self.times.as_of)
        span = self.times.on_dates(span)
        filters = span_filters(column, span)
        if filters is not None:
            yield filters, span.end, (span.doubt,) if span.doubt else ()

    def leaf(self, name: str, one: Filter) -> Condition:
        """A filter of the entity's row as a condition on people."""
        op = Op(one.op)
        return Attribute(column=f"{name}.{one.column}", op=op, value=one.value)
