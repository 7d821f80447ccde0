"""Sentences that say whom messages are for whose order is said elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order import Chunk, Order
from agent.planners.grammar.outline_words import NUMBERS, THEN
from agent.planners.grammar.words import ARTICLES, Text

_SKIPPED = frozenset(
    "is are should must can will would be only just meant reserved intended sent shown given goes "
    "go applies apply due possible allowed gets out itself aimed "
    "directed addressed geared designed shall be it which also always there".split()
)
_DEFINERS = frozenset(
    "for to if when requires require needs need means mean targets target : -> → = where "
    "presupposes assumes demands concerns whenever once covers cover addresses suits".split()
)
_JOINS = frozenset({",", "and", "while", "whereas", "but", "the", "a", "an", "our", "then"})
_RANKS = frozenset({*NUMBERS, *THEN, "last", "over", "before", "after", ">", "<", "or"})
_SEVERAL = 5
"""So many words stand between a message and what it is for at most."""
_GAP = 4


class Definitions:
    """Finds them in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, order: Order) -> None:
        self.text = text
        self.lexicon = lexicon
        self.order = order

    def read(self, start: int, end: int, ordered: Callable[[Mention], bool]) -> tuple[Chunk, ...]:
        """'A is for users who …, B for users who …': each with its own condition."""
        named = [m for m in self.order.mentions if start <= m[0] < end]
        bodies = [self._body(m, end) for m in named]
        led = bool(bodies) and bodies[0] is not None
        bodies = [
            body if body is not None or k == 0 else self._gapped(m, led)
            for k, (m, body) in enumerate(zip(named, bodies, strict=True))
        ]
        if not named or None in bodies or not all(ordered(m) for m in named):
            return ()
        begins = [self._begin(m[0]) for m in named]
        if begins[0] > start or len({m[2] for m in named}) < len(named):
            return ()
        if not all(self._parted(b) for b in begins[1:]):
            return ()
        stops = [*(self._cut(b) for b in begins[1:]), end]
        found = tuple(
            Chunk(body or 0, stop, (m[2],))
            for m, body, stop in zip(named, bodies, stops, strict=True)
        )
        told = all(one.start < one.end for one in found)
        return found if told and not self._placed(named, found) else ()

    def _body(self, mention: Mention, end: int) -> int | None:
        """Where the condition of a message begins: at 'for' and 'to', after 'requires'."""
        k = mention[1]
        for _ in range(_SEVERAL):
            low = self.text.low(k)
            if k < end and low in _DEFINERS:
                return k if low == "for" else k + 1
            if low not in _SKIPPED:
                return None
            k += 1
        return None

    def _gapped(self, mention: Mention, led: bool) -> int | None:
        """'A is for …, B silver customers who …': people right after B, where 'is for' led A."""
        k = mention[1]
        people = any(self.lexicon.is_person(self.text, j) for j in range(k, k + _GAP))
        follows = self.text[k].kind == "word" if k < len(self.text) else False
        return k if led and people and follows and self.text.low(k) not in _RANKS else None

    def _begin(self, i: int) -> int:
        while i > 0 and self.text.low(i - 1) in ARTICLES:
            i -= 1
        return i

    def _parted(self, i: int) -> bool:
        return self.text.low(i - 1) in _JOINS

    def _cut(self, i: int) -> int:
        while self.text.low(i - 1) in _JOINS:
            i -= 1
        return i

    def _placed(self, named: list[Mention], found: tuple[Chunk, ...]) -> bool:
        """Whether a clause says its place in the order too."""
        for mention, one in zip(named, found, strict=True):
            if any(self.text.low(k) in _RANKS for k in range(mention[1], one.start)):
                return True
            if self.order.said_rank(mention[0], one.end) is not None:
                return True
        return False
