"""Where the messages of an order begin, and which words give one its place."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.outline_words import (
    COMPARED,
    ENDS,
    EVERYTHING,
    LISTED,
    NUMBERS,
    OR_CUE,
    OVER,
    SKIPPED,
    TAKES_PRIORITY,
    THEN,
    THEN_PHRASES,
    UNDER,
)
from agent.planners.grammar.words import Text

LAST = 99
BETWEEN = 50
"""The places of what is last, and of what stands between the first and the last."""
_AMOUNTS = frozenset(
    "above below over under than least most exceeding reaching of is are equals to and exactly "
    "about since in > < = >= <= ≥ ≤ up minimum maximum between".split()
)
"""Before a number that says how much: 'a score above 3: A', where '3:' begins no entry."""
_YEARS = 100
_RANK_ENDS = frozenset(", . ; ( for if when to with \n".split(" "))


class Cuts:
    """Finds numbers, 'then', commas and comparisons between messages in one text."""

    def __init__(self, text: Text, mentions: list[Mention]) -> None:
        self.text = text
        self.mentions = mentions
        self.marked = False
        """Something numbers or lists them."""
        self._counted = 0

    def mention_at(self, i: int) -> Mention | None:
        """The message that is named there, if one is."""
        return next((m for m in self.mentions if m[0] <= i < m[1]), None)

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
        if self.amount(k):
            return None
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

    def amount(self, i: int) -> bool:
        """Whether a number says how much or when: 'a churn risk above 0.6: A', 'in 2026: A'."""
        said = self.text[i].value
        if said is None or self.text.low(i + 1) not in (":", "-", "–", "—"):
            return False
        led = i > 0 and self.text.low(i - 1) in _AMOUNTS and self.mention_at(i - 1) is None
        return led or said != int(said) or said > _YEARS

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
            if self.text.has(i, *words) and self._leads_on(i + len(words), words):
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

    def _leads_on(self, i: int, words: tuple[str, ...]) -> bool:
        """'falling back to' leads to a message, or to a channel of the one before."""
        if words[-1] != "to":
            return True
        while self.text.low(i) in SKIPPED:
            i += 1
        return self.mention_at(i) is not None

    def _connector(self, i: int) -> tuple[int, int | None] | None:
        for words in (*OVER, *UNDER, *LISTED):
            if words == ("to",) and not self._preferred(i):
                continue
            if words == (":",) and self._condition_first(i):
                continue
            if words[-1] == "or" and not OR_CUE.search(self.text.source):
                continue
            if self.text.has(i, *words):
                k = i + len(words)
                while self.text.low(k) in SKIPPED:
                    k += 1
                if self.mention_at(k) is not None or self.mention_at(i + len(words)) is not None:
                    self.marked = self.marked or words[-1] in THEN
                    return i + len(words), None
        return None

    def _condition_first(self, i: int) -> bool:
        """'If they added a title: A': what stands before the colon is who gets A."""
        if self.text.low(i) != ":" or self.text.low(i + 1) == "\n":
            return False
        for k in range(i - 1, -1, -1):
            if self.mention_at(k) is not None or self.text.low(k) in ENDS:
                return False
            if self.text.low(k) in ("if", "when", "whenever"):
                return True
        return False

    def _preferred(self, i: int) -> bool:
        """'prefer A to B'."""
        return any(self.text.low(k) in ("prefer", "preferring") for k in range(max(0, i - 12), i))

    def said_rank(self, start: int, end: int) -> int | None:
        """'comes first', 'is last': the place said after the message."""
        for i in range(start, end):
            if self.mention_at(i) is not None:
                continue
            low = self.text.low(i)
            if low == "between" and self.text.low(i - 1) == "is":
                return BETWEEN
            closes = i + 1 >= end or self.text.low(i + 1) in _RANK_ENDS
            if closes and self.mention_at(i - 1) is not None and low in ("last", *NUMBERS):
                return NUMBERS.get(low, LAST)
            if closes and self.text.low(i - 1) == "the" and low in ("lowest", "highest"):
                return LAST if low == "lowest" else 1
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

    def above_all(self, i: int) -> bool:
        """'beats everything else', 'wins', 'takes priority': before all others."""
        if self.mention_at(i) is not None:
            return False
        if self.text.low(i) in ("wins", "win") and self.text.low(i + 1) not in ("over", "against"):
            return self.text.low(i - 1) not in ("first", "match", "applies", "one", "message")
        for words in OVER:
            if words[-1] in COMPARED and self.text.has(i, *words):
                k = i + len(words)
                whole = [rest for rest in EVERYTHING if self.text.has(k, *rest)]
                return bool(whole) and self.text.low(k + max(map(len, whole))) != "about"
        return any(self.text.has(i, *words) for words in TAKES_PRIORITY) and (
            self.text.low(i + 2) != "over"
        )

    def below_all(self, i: int) -> bool:
        """'loses to everything': after all others."""
        ends = (i + len(words) for words in UNDER if self.text.has(i, *words))
        return any(self.text.has(k, *rest) for k in ends for rest in EVERYTHING)
