"""Reads a debug prompt from left to right: metrics, values, periods, and which side they are on.

Every word is part of the question or a declared filler; the first that is not ends the reading.
"""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.asking import not_understood
from agent.planners.grammar.debug_asking import asks_for, becomes, may_ask
from agent.planners.grammar.debug_names import MetricNames
from agent.planners.grammar.debug_periods import Periods
from agent.planners.grammar.debug_sides import Clause, Side, Sides, Stretch
from agent.planners.grammar.debug_words import (
    COMPARATORS,
    COMPARING,
    DIRECTION_PHRASES,
    DIRECTIONS,
    FILLER_PHRASES,
    FILLERS,
    JOINS,
    NOT_MOVED,
    OTHERS,
    PHRASED,
    STEADY,
    STEADY_PHRASES,
    SUBORDINATE,
)
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.times import Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from agent.planners.port import Segment

_MARKS = ",;.?!:\n—–"
_BEFORE = (("the", "same", "period", "before"), ("the", "period", "before"), ("usual",),
           ("normal",), ("before",), ("the", "one", "before"), ("the", "previous", "one"),
           ("the", "previous", "period"), ("the", "prior", "period"),
           ("the", "preceding", "period"))  # fmt: skip
_ONLY_BEFORE_VALUES = (("behind",), ("ahead", "of"), ("not",), ("and", "not"), ("but", "not"))
_LENGTHS = {"day": 1, "week": 7, "month": 30, "quarter": 91}


class DebugReader:
    """Reads one debug prompt; raises Unclear at the first words that mean nothing here."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.periods = Periods(text, lexicon, as_of)
        self.values = Values(text, lexicon, Times(text, lexicon, as_of))
        self.sides_in = Sides(text, lexicon, self.values)
        self.names = MetricNames(text, lexicon)
        self.metrics: list[frozenset[str]] = []
        """Each time a metric was named: those that the words may mean."""
        self.sides: list[Side] = []
        self.stretches: list[Stretch] = []
        self.before: list[int] = []
        """Lengths in days of 'the week before'; 0 where no length was named."""
        self.clauses = [Clause()]
        self.others = ""
        """The words for all other values, where the prompt compares with them."""
        self.comparing = False
        """Something in the prompt sets two sides against each other."""
        self._against: int | None = None
        self._relative: int | None = None
        self._fresh = -1
        """Where a value just ended: its column's name may follow."""

    def read(self) -> None:
        """Consume the whole text."""
        steps = (
            self._asking, self._phrase, self._period, self._comparator, self._name, self._side,
            self._event, self._join, self._steady, self._direction, self._filler,
        )  # fmt: skip
        i = 0
        while i < len(self.text):
            end = next((found for step in steps if (found := step(i)) is not None), None)
            if end is None:
                raise not_understood(self.text, self.lexicon, i, i)
            i = end
        if self._against is not None:
            self._left_over(self._against)

    def _left_over(self, at: int) -> None:
        if self.text.low(at) == "not":
            raise not_understood(self.text, self.lexicon, at, at)
        raise Unclear(
            question=f"Compared with what: '{self.text.words(at, len(self.text))}'? "
            "Name a value, or a period."
        )

    # words

    def _asking(self, i: int) -> int | None:
        """'State the causes of …', 'became lower'."""
        if (moved := becomes(self.text, i)) is None:
            return asks_for(self.text, i)
        self.clauses[-1].moves.append(moved[0])
        return moved[1]

    def _phrase(self, i: int) -> int | None:
        for words in FILLER_PHRASES:
            if self.text.has(i, *words):
                if words in PHRASED:
                    self.clauses[-1].moves.append(PHRASED[words])
                return i + len(words)
        for words, direction in DIRECTION_PHRASES:
            if self.text.has(i, *words):
                self.clauses[-1].moves.append(direction)
                return i + len(words)
        return None

    def _join(self, i: int) -> int | None:
        low = self.text.low(i)
        if low in JOINS or (self.text[i].kind == "mark" and low in _MARKS):
            self.clauses.append(Clause(subordinate=self._goes_below(i, low)))
            self._relative = None
            return i + 1
        return None

    def _goes_below(self, i: int, low: str) -> bool:
        if low in ("and", "but", "yet"):
            return self.clauses[-1].subordinate
        return low in SUBORDINATE

    def _steady(self, i: int) -> int | None:
        """'stayed flat', 'did not': this side did not move."""
        for words in NOT_MOVED:
            if self.text.has(i, *words) and self._clause_has_side():
                self.clauses[-1].steady = i
                return i + 2
        for words in STEADY_PHRASES:
            if self.text.has(i, *words):
                self.clauses[-1].steady = i
                return i + len(words)
        if self.text.low(i) in STEADY:
            self.clauses[-1].steady = i
            return i + 1
        return None

    def _clause_has_side(self) -> bool:
        return any(side.clause == len(self.clauses) - 1 for side in self.sides)

    def _direction(self, i: int) -> int | None:
        low = self.text.low(i)
        for words, direction in DIRECTIONS:
            if low in words:
                self.clauses[-1].moves.append(direction)
                return i + 1
        return None

    def _filler(self, i: int) -> int | None:
        token = self.text[i]
        if token.low in ("why", "explain", "reason", "reasons"):
            self.clauses[-1].asked = True
        if token.low in ("who", "whose", "that", "which"):
            self._relative = i
        if token.low in COMPARING:
            self.comparing = True
        person = self.lexicon.longest("person", self.text, i)
        if person is not None and self.lexicon.is_person(self.text, i):
            return person.end
        if token.low in FILLERS or (token.kind == "mark" and token.low not in "<>="):
            return i + 1
        following = self.text.low(i + 1)
        if token.kind == "number" and following in ("percent", "points", "point", "pp"):
            return i + 2
        return None

    # comparisons

    def _comparator(self, i: int) -> int | None:
        for words in COMPARATORS:
            if self.text.has(i, *words):
                return self._compares(i, words)
        return None

    def _compares(self, i: int, words: tuple[str, ...]) -> int | None:
        end = i + len(words)
        if words in _ONLY_BEFORE_VALUES and not self._side_follows(end):
            return None
        self.comparing = True
        if words[0] in ("down", "up", "fell", "behind", "ahead"):
            up = words[0] in ("up", "ahead")
            self.clauses[-1].moves.append("rise" if up else "drop")
        before = self._baseline(end) or self._others(end)
        if before is not None:
            return before
        self._against = i
        return end

    def _side_follows(self, i: int) -> bool:
        while self.text.low(i) in (*ARTICLES, "on", "in", "for", "from", "with", "users"):
            i += 1
        return bool(self.values.senses(i, "")) if i < len(self.text) else False

    def _others(self, i: int) -> int | None:
        """'the rest', 'other platforms': the other values of the column, and no one of them."""
        start = i + (self.text.low(i) in ("on", "in", "for", "from"))
        for words in sorted(OTHERS, key=len, reverse=True):
            if self.text.has(start, *words):
                self.others = self.text.words(start, start + len(words))
                stop = start + len(words)
                noun = self.lexicon.longest("column", self.text, stop, "")
                return noun.end if noun is not None else stop
        return None

    def _baseline(self, i: int) -> int | None:
        """'the week before', 'the previous 7 days', 'usual': what it is compared with anyway."""
        for words in _BEFORE:
            if self.text.has(i, *words):
                self.before.append(0)
                return i + len(words)
        start = i + (self.text.low(i) == "the")
        earlier = self.text.low(start) in ("previous", "prior", "preceding")
        length = self.periods.times.duration(start + earlier)
        if length is not None and length[0].bare:
            days, stop = int(length[0].n * length[1] // 86_400), length[2]
        elif self.text.low(start + earlier) in _LENGTHS and start > i:
            days, stop = _LENGTHS[self.text.low(start + earlier)], start + earlier + 1
        else:
            return None
        after = self.text.low(stop) in ("before", "earlier", "prior")
        if not (earlier or after):
            return None
        self.before.append(days)
        return stop + after + (self.text.low(stop + after) == "that")

    # names

    def _period(self, i: int) -> int | None:
        last_way = self.text.low(i) == "over" and self.text.low(i + 1) == "last"
        if last_way and self.text.low(i - 1) in ("up", "down"):
            self._against = i
            return i + 1
        found = self.periods.at(i)
        if found is None:
            return None
        self.stretches.append(Stretch(found, self._against is not None, i))
        self._against = None
        return found.stop

    def _name(self, i: int) -> int | None:
        found = self.names.at(i)
        if found is None or self._longer_value(i, found[1]):
            only = self.names.funnel(i)
            if only is not None:
                self.metrics.append(only)
            return None
        self.metrics.append(found[0])
        return found[1]

    def _longer_value(self, i: int, end: int) -> bool:
        return any(stop > end for _, stop in self.values.senses(i, ""))

    def _event(self, i: int) -> int | None:
        found = self.names.step(i)
        if found is None:
            return None
        metrics, end, said = found
        if self._relative is not None:
            raise Unclear(
                question=f"A diagnosis compares values of one column: it cannot look only at users "
                f"for whom '{said}' holds. Leave that out, or ask how many there are."
            )
        self.metrics.append(metrics)
        return end

    def _side(self, i: int) -> int | None:
        if i == self._fresh and (end := self.sides_in.noun(i, self.sides[-1].segment)) is not None:
            return end
        found = self.sides_in.at(i)
        if found is None:
            return self.sides_in.column(i)
        segment, end = found
        if may_ask(self.text, i) and end == i + 1:
            raise Unclear(
                question=f"Is '{segment.label}' who is looked at, or do you ask to have something "
                "told? Begin with 'Why did …'."
            )
        against = self._against is not None
        end = self.sides_in.as_control(end)
        against = against or end > found[1]
        known = [(side.segment.column, side.segment.value) for side in self.sides]
        if (segment.column, segment.value) not in known:
            self.sides.append(Side(segment, against, len(self.clauses) - 1))
        elif against:
            self._turn(segment)
        self._against = None
        self._relative = None
        self._fresh = end
        return end

    def _turn(self, segment: Segment) -> None:
        """'iOS … . Compare it with iOS': named before, and named again as the other side."""
        raise Unclear(question=f"Is '{segment.label}' what moved, or what it is compared with?")
