"""Filters after what is counted: 'about billing', 'longer than 20 minutes', 'that were opened'."""

from __future__ import annotations

from agent.planners.grammar.clauses import Clauses
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.questions.columns import NUMERIC, Columns
from agent.planners.grammar.questions.things import Thing
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import Text, same_word
from core.conditions import Filter, Op

_LEADS = frozenset(
    "of with about by via through for in on to from that which were was is are the a an being "
    "have has had got where whose paid type kind".split()
)
_IS = frozenset("is of was were are = : at".split())


class RowFilters:
    """Reads what is said of the rows that were named."""

    def __init__(self, text: Text, clauses: Clauses, columns: Columns) -> None:
        self.text = text
        self.columns = columns
        self.world = columns.world
        self._values = Values(text, clauses.lexicon, clauses.times)

    def at(self, i: int, thing: Thing) -> tuple[list[Filter], int] | None:
        """The filters at an index that these rows have, and where they end."""
        found = self._told(i, thing) or self._missing(i, thing) or self._compared(i, thing)
        if found is None and thing.rows.of == "event":
            found = self._values.property_filter(i, thing.rows.name)
        return found or self._value(i, thing)

    def _led(self, i: int) -> int:
        while self.text.low(i) in _LEADS:
            i += 1
        return i

    def _told(self, i: int, thing: Thing) -> tuple[list[Filter], int] | None:
        start = self._led(i)
        moments = self.world.moments.get(thing.rows.name, {})
        negated = self.text.low(start) in ("not", "never")
        verb = self.text.low(start + negated)
        for word, column in moments.items():
            if column and verb and same_word(verb, word):
                op = Op.IS_NULL if negated else Op.IS_NOT_NULL
                return [Filter(column=column, op=op)], start + negated + 1
        return self._flag(start + negated, negated, thing)

    def _flag(self, i: int, negated: bool, thing: Thing) -> tuple[list[Filter], int] | None:
        """'that were watched': a yes or no of the rows."""
        named = self._own(i, thing)
        column = self.columns.column((thing.owner, named[0])) if named else None
        if named is None or column is None or column.type != "boolean":
            return None
        return [Filter(column=named[0], value=not negated)], named[1]

    def _missing(self, i: int, thing: Thing) -> tuple[list[Filter], int] | None:
        """'without csat', 'with no csat score'."""
        start = i + 1 if self.text.low(i) in ("with", "have", "has") else i
        if self.text.low(start) not in ("without", "no") or (
            start == i and self.text.low(i) == "no"
        ):
            return None
        named = self._own(start + 1, thing)
        return ([Filter(column=named[0], op=Op.IS_NULL)], named[1]) if named else None

    def _compared(self, i: int, thing: Thing) -> tuple[list[Filter], int] | None:
        """'with csat below 3', 'where the total is at least 100'."""
        named = self._own(self._led(i), thing)
        if named is None:
            return None
        name, end = named
        column = self.columns.column((thing.owner, name))
        if column is None or column.type not in NUMERIC:
            return None
        while self.text.low(end) in _IS:
            end += 1
        count = quantity(self.text, end)
        if count is None or count.vague:
            return None
        numbers = [(op, int(n) if n == int(n) else n) for op, n in count.bounds()]
        return [Filter(column=name, op=op, value=n) for op, n in numbers], count.end

    def _own(self, i: int, thing: Thing) -> tuple[str, int] | None:
        named = self.columns.named(i)
        if named is None:
            return None
        own = next((name for owner, name in named.senses if owner == thing.owner), None)
        return (own, named.end) if own else None

    def _value(self, i: int, thing: Thing) -> tuple[list[Filter], int] | None:
        """A value of the rows' own; several joined by 'or' are any of them."""
        start = self._led(i)
        named = self._own(start, thing)
        negated = self.text.low(start) in ("not",)
        if named is not None:
            start = named[1]
            while self.text.low(start) in _IS:
                start += 1
        said = self.columns.values(start + negated)
        if said is None or said.joined in ("versus", "and"):
            return None
        for (owner, column), values in said.senses.items():
            if owner == thing.owner and (named is None or named[0] == column):
                op = (
                    (Op.NOT_IN if negated else Op.IN)
                    if len(values) > 1
                    else (Op.NE if negated else Op.EQ)
                )
                value = values if len(values) > 1 else values[0]
                return [Filter(column=column, op=op, value=value)], said.end
        return None
