"""The order of a decision prompt: where each message begins, and which comes first."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.outline_words import (
    NUMBERS,
    ORDER_CUE,
    ORDER_WORDS,
    OVER,
    THEN,
    THEN_PHRASES,
)
from agent.planners.grammar.words import Text
from core.rules import MessageClass

Mention = tuple[int, int, str]
"""Where a message of the catalog is named: its first token, the one after it, its key."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of tokens of one part."""

    start: int
    end: int
    actions: tuple[str, ...] = ()
    reversed: bool = False
    """'until …': holds as long as the condition does not."""
    message_class: MessageClass | None = None
    rank: int | None = None
    marked: bool = False
    """Begins with a number or a word such as 'then'."""


_CUTTING = frozenset({":", "-", "–", "—"})
"""Marks between what holds for the whole order and the order itself."""


class Order:
    """The messages of a prompt in their order, and what is said before it."""

    def __init__(self, text: Text, mentions: list[Mention]) -> None:
        self.text = text
        self.mentions = mentions
        self.headers: list[Chunk] = []
        self.items: list[Chunk] = []
        self.marked = False
        """Something numbers or lists them."""
        self._counted = 0
        self._told = False
        """An 'over' or 'before' says the order."""

    def mention_at(self, i: int) -> Mention | None:
        """The message that is named there, if one is."""
        return next((m for m in self.mentions if m[0] <= i < m[1]), None)

    def read(self, start: int, end: int) -> None:
        """Take in one sentence of the order."""
        start = self._head(start, end)
        cuts = self._cuts(start, end)
        if not cuts:
            if any(start <= m[0] < end for m in self.mentions):
                self.items.append(Chunk(start, end, rank=self.said_rank(start, end)))
            else:
                self.headers.append(Chunk(start, end))
            return
        first = cuts[0][0]
        if first > start:
            self._before_first(start, first, cuts)
        for k, (at, body, rank) in enumerate(cuts):
            stop = cuts[k + 1][0] if k + 1 < len(cuts) else end
            self._body(at, body, stop, rank)

    def _head(self, start: int, end: int) -> int:
        """What stands before the order itself: 'For users in Germany, prioritise …:'."""
        first = min((m[0] for m in self.mentions if start <= m[0] < end), default=None)
        if first is None:
            return start
        cut = start
        for i in range(start, first):
            low = self.text.low(i)
            colon = low in _CUTTING and (i == 0 or self.text[i - 1].kind != "number")
            if colon or low in ORDER_WORDS:
                cut = i + 1
            elif low == "," and self.text.low(start) in ("for", "among", "with"):
                cut = max(cut, i + 1)
        if cut > start:
            self.headers.append(Chunk(start, cut))
        return cut

    def _before_first(self, start: int, end: int, cuts: list[tuple[int, int, int | None]]) -> None:
        if any(start <= m[0] < end for m in self.mentions):
            self.items.append(Chunk(start, end, rank=self.said_rank(start, end)))
        else:
            self.headers.append(Chunk(start, end))

    def _body(self, at: int, body: int, stop: int, rank: int | None) -> None:
        tokens = range(body, stop)
        if all(self.text[k].kind == "mark" or self.text.low(k) in ("and", "or") for k in tokens):
            return
        said = self.said_rank(body, stop)
        marked = self.text.low(at) not in (",", "and", "over", "before")
        self.items.append(Chunk(body, stop, rank=rank if rank is not None else said, marked=marked))

    def _cuts(self, start: int, end: int) -> list[tuple[int, int, int | None]]:
        """Where items begin: the cut, the first token of the item, its number where it is said."""
        found: list[tuple[int, int, int | None]] = []
        seen = False
        i = start
        while i < end:
            mention = self.mention_at(i)
            if mention is not None and mention[0] < i:
                i = mention[1]
                seen = True
                continue
            cut = self._number(i, start) or (None if mention else self._word(i, start, end))
            if cut is None and seen:
                cut = self._connector(i)
            if cut is not None:
                found.append((i, cut[0], cut[1]))
                i = max(cut[0], i + 1)
                continue
            if mention is not None:
                i, seen = mention[1], True
            else:
                i += 1
        return found

    def _number(self, i: int, start: int) -> tuple[int, int | None] | None:
        opened = self.text.low(i) == "("
        k = i + opened
        if k >= len(self.text) or self.text[k].kind != "number":
            if self._letter(i + opened):
                self.marked = True
                self._counted += 1
                return i + opened + 2, self._counted
            if self.text.low(i) == "#" and self.text[i + 1].kind == "number":
                self.marked = True
                return i + 2, int(float(self.text.low(i + 1)))
            return None
        closes = self.text.low(k + 1) in (")", ".", ":")
        if self.text.low(k + 1) in ").:" and self.text.low(k) == str(self._counted + 1):
            self._counted += 1
            self.marked = True
            return k + 2, self._counted
        before = (
            i == start
            or self.text[i - 1].kind == "mark"
            or self.text.low(i - 1) in ("and", "then", "order")
        )
        if closes and before:
            self.marked = True
            return k + 2, int(float(self.text.low(k)))
        return None

    def _letter(self, i: int) -> bool:
        """'a) … b) …': letters in place of numbers."""
        wanted = "abcdefgh"[self._counted : self._counted + 1]
        return self.text.low(i) == wanted != "" and self.text.low(i + 1) == ")"

    def _word(self, i: int, start: int, end: int) -> tuple[int, int | None] | None:
        low = self.text.low(i)
        leading = (
            i == start or self.text[i - 1].kind == "mark" or self.text.low(i - 1) in ("and", "but")
        )
        for words in THEN_PHRASES:
            if self.text.has(i, *words):
                self.marked = True
                return i + len(words), None
        if low == "else" and self.text.low(i - 1) in (
            "everyone",
            "anyone",
            "everybody",
            "or",
            "anything",
            "everything",
            "all",
        ):
            return None
        if low in THEN:
            self.marked = True
            return i + 1, None
        if low in NUMBERS and leading:
            self.marked = True
            return i + 1, NUMBERS[low] if low != "first" else 1
        if low == "last" and leading:
            self.marked = True
            return i + 1, 99
        return None

    def _connector(self, i: int) -> tuple[int, int | None] | None:
        for words in OVER:
            if self.text.has(i, *words):
                k = i + len(words)
                while self.text.low(k) in (
                    "the",
                    "a",
                    "an",
                    "any",
                    "our",
                    "send",
                    "by",
                    "to",
                    "of",
                    "with",
                    "then",
                ):
                    k += 1
                if self.mention_at(k) is not None or self.mention_at(i + len(words)) is not None:
                    self._told = self._told or words[-1] not in (",", "and", "/", ";")
                    return i + len(words), None
        if self.text.low(i) == "after" and self.mention_at(i + 1) is not None:
            raise Unclear(
                question="'… after …' turns the order round: say the first message first, "
                "for example 'A, then B'."
            )
        return None

    def said_rank(self, start: int, end: int) -> int | None:
        """'comes first', 'is last': the place said after the message."""
        for i in range(start, end):
            if self.mention_at(i) is not None:
                continue
            low = self.text.low(i)
            if low in NUMBERS and self.text.low(i - 1) in (
                "comes",
                "come",
                "goes",
                "go",
                "is",
                "are",
                "always",
                "handled",
                "ranks",
                "be",
            ):
                return NUMBERS[low]
            if low == "last" and self.text.low(i - 1) in (
                "comes",
                "come",
                "goes",
                "go",
                "is",
                "are",
                "ranks",
                "be",
            ):
                return 99
            if low in ("top", "highest") and self.text.low(i + 1) == "priority":
                return 1
            if low == "lowest" and self.text.low(i + 1) == "priority":
                return 99
        return None

    def finish(self) -> None:
        """Put the messages in their order, or ask for it where nothing tells."""
        self._sort()
        self._ask_order()

    def _ask_order(self) -> None:
        """'A and B' names no order unless something in the prompt does."""
        told = self.marked or self._told or any(chunk.rank is not None for chunk in self.items)
        if len(self.items) > 1 and not told and not ORDER_CUE.search(self.text.source):
            raise Unclear(
                question="In which order? Say 'A over B', 'first A, then B', or number them."
            )

    def _sort(self) -> None:
        ranks = [chunk.rank for chunk in self.items]
        if any(rank is not None for rank in ranks):
            last = 0
            ordered = []
            for chunk in self.items:
                rank = chunk.rank if chunk.rank is not None else last + 1
                last = rank if rank < 99 else last
                ordered.append((rank, chunk))
            numbers = [rank for rank, _ in ordered]
            if len(set(numbers)) < len(numbers):
                raise Unclear(
                    question="Two messages have the same place in the order: which goes first?"
                )
            self.items = [chunk for _, chunk in sorted(ordered, key=lambda pair: pair[0])]
