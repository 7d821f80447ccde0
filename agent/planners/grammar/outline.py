"""The outline of a decision prompt: header, ordered items, suppressions, stop conditions."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.grammar.caps import refuse_cap
from agent.planners.grammar.frame import Frame
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.outline_words import (
    NUMBERS,
    ORDER_CUE,
    ORDER_WORDS,
    OVER,
    STOP,
    SUPPRESS,
    THEN,
    THEN_PHRASES,
    WHEN,
)
from agent.planners.grammar.words import Text
from core.rules import MessageClass


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


class Outline:
    """Cuts a decision prompt into its parts."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.frame = Frame(text, lexicon)
        self.mentions = self._mentions()
        self.headers: list[Chunk] = []
        self.items: list[Chunk] = []
        self.definitions: list[Chunk] = []
        """'Win-back is for users who …': who a message of the order is for."""
        self.suppressions: list[Chunk] = []
        self.stops: list[Chunk] = []
        self.marked = False
        self._counted = 0
        self.told = False
        """An 'over' or 'before' says the order."""
        refuse_cap(text)
        for start, end in self._sentences():
            self._sentence(start, end)
        self._sort()
        self._ask_order()

    def _mentions(self) -> list[tuple[int, int, str]]:
        """Where messages of the catalog are named."""
        found = []
        i = 0
        while i < len(self.text):
            named = self.frame.action(i)
            if named is not None and self.text.low(i) != "," and not self._in_clause(i):
                found.append((i, named.end, named.action.key))
                i = named.end
            else:
                i += 1
        return found

    def _in_clause(self, i: int) -> bool:
        """'users who upgrade': what people did is no message."""
        before = self.text.low(i - 1)
        if before == "to" and self.text.low(i - 2) in ("priority", "order", "preference"):
            return False
        return before in (
            "who",
            "they",
            "not",
            "never",
            "have",
            "has",
            "had",
            "with",
            "to",
            "an",
            "until",
            "already",
        )

    def _mention_at(self, i: int) -> tuple[int, int, str] | None:
        return next((m for m in self.mentions if m[0] <= i < m[1]), None)

    def _sentences(self) -> list[tuple[int, int]]:
        cuts, start = [], 0
        for i in range(len(self.text)):
            governed = self._governed_next(i)
            if governed is not None and i > start:
                cuts.append((start, i))
                start = governed
            if self.text.low(i) in (".", "!", "?", "\n", ";") and not self._marker_dot(i):
                cuts.append((start, i))
                start = i + 1
        cuts.append((start, len(self.text)))
        return [(a, b) for a, b in cuts if any(t.kind != "mark" for t in self.text.tokens[a:b])]

    def _governed_next(self, i: int) -> int | None:
        """', and never send …': where a suppression or stop begins inside a sentence."""
        k = i + 1 if self.text.low(i) == "," else i
        if self.text.low(k) in ("and", "but"):
            k += 1
        elif k == i:
            return None
        leads = (("never",), ("do", "not"), ("suppress",), ("stop",), ("hold", "back"), ("pause",))
        return k if any(self.text.has(k, *words) for words in leads) else None

    def _marker_dot(self, i: int) -> bool:
        if self.text.low(i) != "." or i == 0 or self.text[i - 1].kind != "number":
            return False
        first = i == 1 or self.text[i - 2].kind == "mark" or int(float(self.text.low(i - 1))) > 1
        listed = any(self.text.has(k, "1", ".") for k in range(i))
        return i + 1 < len(self.text) and (
            first and (i == 1 or listed or self.text.low(i - 1) == "1")
        )

    # one sentence

    def _sentence(self, start: int, end: int) -> None:
        while start < end and self.text[start].kind == "mark" and self.text.low(start) in "-*•,\"'":
            if self.text.low(start) in "-*•":
                self.marked = True
            start += 1
        body = start
        while self.text.low(body) in ("also", "and", "please", "always", "finally", "but", ","):
            body += 1
        if self._request(start, end):
            self.headers.append(Chunk(start, end))
        elif self._lead(body, STOP) is not None:
            self.stops.append(self._governed(body, end, STOP))
        elif self._lead(body, SUPPRESS) is not None and self._suppresses(body, end):
            self.suppressions.append(self._governed(body, end, SUPPRESS))
        elif self._defines(start, end):
            self.definitions.append(Chunk(start, end))
        else:
            self._ordered(start, end)

    def _defines(self, start: int, end: int) -> bool:
        mention = self._mention_at(start) or self._mention_at(start + 1)
        if mention is None:
            return False
        said = any(
            m[2] == mention[2] and chunk.start <= m[0] < chunk.end
            for chunk in self.items for m in self.mentions
        )  # fmt: skip
        return said and self._said_rank(start, end) is None

    def _request(self, start: int, end: int) -> bool:
        """'Write the suppressions and stop conditions.'"""
        words = {self.text.low(i) for i in range(start, end)}
        asked = words & {"suppressions", "conditions", "cases", "suppression"}
        return bool(asked) and not any(start <= m[0] < end for m in self.mentions) and not (
            words & {"who", "users", "while", "once", "with", "until"}
        )  # fmt: skip

    def _lead(self, i: int, leads: tuple[tuple[str, ...], ...]) -> int | None:
        for words in sorted(leads, key=len, reverse=True):
            if self.text.has(i, *words):
                return i + len(words)
        return None

    def _suppresses(self, i: int, end: int) -> bool:
        return any(
            self.text.low(k) in WHEN
            for k in range(i, end)
        )  # fmt: skip

    def _governed(self, i: int, end: int, leads: tuple[tuple[str, ...], ...]) -> Chunk:
        """The condition of a suppression or stop, and the messages it holds for."""
        start = self._lead(i, leads) or i
        actions: list[str] = []
        message_class: MessageClass | None = None
        named: list[MessageClass] = ["marketing", "transactional", "service"]
        while start < end:
            mention = self._mention_at(start)
            low = self.text.low(start)
            if mention is not None and low not in ("for", "to", "if"):
                actions.append(mention[2])
                start = mention[1]
            elif low in named and not actions:
                message_class = next(one for one in named if one == low)
                start += 1
            elif low in ("messages", "message", "messaging", "all", "everything", "any", "sending",
                         "the", "and", "or", ",", "it", "them", "this", "policy", "help",
                         "communication", "communications", "sends", "anything", "these", "of",
                         "emails", "sequence", "pursuing", "out", "journey"):  # fmt: skip
                start += 1
            else:
                break
        reversed_ = self.text.low(start) in ("until", "till", "unless")
        if reversed_ or self.text.low(start) in (
            "for",
            "to",
            "after",
            "as",
            "as soon as",
            "in",
            "upon",
            "on",
        ):
            start += 1
        while self.text.low(start) in ("soon", "long", "as", "case"):
            start += 1
        if start >= end:
            raise Unclear(
                question=f"When: '{self.text.words(i, end)}'? "
                "Say 'while …', 'once …' or 'for users who …'."
            )
        return Chunk(start, end, tuple(actions), reversed_, message_class)

    # the order

    def _ordered(self, start: int, end: int) -> None:
        start = self._head(start, end)
        cuts = self._cuts(start, end)
        if not cuts:
            if any(start <= m[0] < end for m in self.mentions):
                self.items.append(Chunk(start, end, rank=self._said_rank(start, end)))
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
            self.items.append(Chunk(start, end, rank=self._said_rank(start, end)))
        else:
            self.headers.append(Chunk(start, end))

    def _body(self, at: int, body: int, stop: int, rank: int | None) -> None:
        tokens = range(body, stop)
        if all(self.text[k].kind == "mark" or self.text.low(k) in ("and", "or") for k in tokens):
            return
        said = self._said_rank(body, stop)
        marked = self.text.low(at) not in (",", "and", "over", "before")
        self.items.append(Chunk(body, stop, rank=rank if rank is not None else said, marked=marked))

    def _cuts(self, start: int, end: int) -> list[tuple[int, int, int | None]]:
        """Where items begin: the cut, the first token of the item, its number where it is said."""
        found: list[tuple[int, int, int | None]] = []
        seen = False
        i = start
        while i < end:
            mention = self._mention_at(i)
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
                if self._mention_at(k) is not None or self._mention_at(i + len(words)) is not None:
                    self.told = self.told or words[-1] not in (",", "and", "/", ";")
                    return i + len(words), None
        if self.text.low(i) == "after" and self._mention_at(i + 1) is not None:
            raise Unclear(
                question="'… after …' turns the order round: say the first message first, "
                "for example 'A, then B'."
            )
        return None

    def _said_rank(self, start: int, end: int) -> int | None:
        """'comes first', 'is last': the place said after the message."""
        for i in range(start, end):
            if self._mention_at(i) is not None:
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

    def _ask_order(self) -> None:
        """'A and B' names no order unless something in the prompt does."""
        told = self.marked or self.told or any(chunk.rank is not None for chunk in self.items)
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
