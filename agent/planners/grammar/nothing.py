"""Values that are not known: 'without a country', 'no referral source', 'country is missing'."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent.planners.grammar.lexicon import Lexicon, Sense
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.words import ARTICLES, Text, is_past
from core.conditions import Condition, Op, Value
from warehouse.catalog import Column

Leaf = Callable[[Sense, Op, Value], Condition]
ColumnOf = Callable[[Sense], Column | None]

_GONE = frozenset("missing unknown empty blank null unset undefined unspecified".split())
_THERE = frozenset("known set present filled specified provided given recorded available".split())
_BE = ("is", "are", "was", "were", "has", "been", "=", "left", "still")
_OWNING = frozenset("with without have has having lacking lack lacks no any".split())
_AFTER = ("set", "yet", "recorded", "known", "specified", "given", "listed", "stored", "at", "all",
          "on", "file", "record", "filled", "in")  # fmt: skip
_ENDS = frozenset(", . ; ! ? ) and or but who that which whose with \n".split(" ")) | {"", "\n"}


class Nothing:
    """Reads whether a value is there, in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, leaf: Leaf, column_of: ColumnOf) -> None:
        self.text = text
        self.lexicon = lexicon
        self.leaf = leaf
        self.column_of = column_of

    def at(self, i: int) -> Iterator[Found]:
        """Every reading that starts at an index."""
        start, gone, no = i, False, False
        known = False
        while self.text.low(start) in (*ARTICLES, *_GONE, "known", "no", "any", "whose"):
            gone = gone or self.text.low(start) in _GONE
            known = known or self.text.low(start) == "known"
            no = no or self.text.low(start) == "no"
            start += 1
        for kind in ("column", "trait"):
            for match in self.lexicon.at(kind, self.text, start):
                column = self.column_of(match.sense)
                if column is None or column.type == "boolean":
                    continue
                found = self._gone_after(i, match.end, match.sense)
                if found is None and gone != known:
                    found = self._found(i, match.end, match.sense, there=known)
                if found is None:
                    found = self._owned(i, start, match.end, match.sense, column, no)
                if found is not None:
                    yield found

    def _gone_after(self, i: int, end: int, sense: Sense) -> Found | None:
        """'country is (not) missing', 'country not set'."""
        position, negated = end, False
        while self.text.low(position) in (*_BE, "not", "never"):
            negated = negated or self.text.low(position) in ("not", "never")
            position += 1
        low = self.text.low(position)
        if position == end or low not in _GONE | _THERE:
            return None
        position += 1
        position += self.text.low(position) == "in" and low == "filled"
        return self._found(i, position, sense, there=(low in _THERE) != negated)

    def _owned(
        self, i: int, start: int, end: int, sense: Sense, column: Column, no: bool
    ) -> Found | None:
        """'(without) a country', 'no country': a noun that people have or lack."""
        before = self.text.low(i - 1)
        after = end
        while self.text.low(after) in _AFTER and self.text.low(after) not in _ENDS:
            after += 1
        if not (no or before in _OWNING) or is_past(self.text.low(end - 1)):
            return None
        if self.text.low(after) not in _ENDS:
            return None
        lacking = no or before in ("without", "lacking", "lack", "lacks")
        number = column.type in ("number", "integer")
        if number and not lacking:
            return None
        found = self._found(i, after, sense, there=not no)
        if number or "none" in (column.values or {}):
            return found.asking(
                f"Is '{self.text.words(i, after)}' a {sense.name} that is not known, or none? "
                f"Say '{sense.name} is missing', or say the value."
            )
        if column.type == "timestamp" and not lacking:
            return None
        return found

    def _found(self, i: int, end: int, sense: Sense, *, there: bool) -> Found:
        stated = self.text.words(i, end)
        op = Op.IS_NOT_NULL if there else Op.IS_NULL
        note = f"'{stated}' asks whether {sense.name} is known."
        return Found(end, self.leaf(sense, op, None), notes=(note,), stated=stated)
