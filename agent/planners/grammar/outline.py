"""The outline of a decision prompt: header, ordered items, suppressions, stop conditions."""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.caps import refuse_cap
from agent.planners.grammar.definitions import Definitions
from agent.planners.grammar.governed import Governed, Kind
from agent.planners.grammar.governed_words import NOBODY
from agent.planners.grammar.headings import heading
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.mentions import Mention, mentions
from agent.planners.grammar.order import Chunk, Order
from agent.planners.grammar.outline_words import ENDS, LABELS, SUPPRESS
from agent.planners.grammar.words import Text

_LEADING = tuple(words for words in SUPPRESS if words != ("no",))
_HAVING = frozenset("have there messages candidates options available possible".split())
_INTRODUCING = _HAVING | frozenset(
    "we are two three four 2 3 4 the following our these to choose from can send may be sent "
    "and or "
    "a an i us for with it is all in play here's".split()
)
_ASIDE = frozenset("only both all everything and , for messages the of them or /".split())
_COLONS = (":", "-", "–", "—")
_BY_LENGTH = sorted(LABELS, key=lambda label: len(label[0]), reverse=True)


class Outline:
    """Cuts a decision prompt into its parts."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.order = Order(text, mentions(text, lexicon))
        self.definitions: list[Chunk] = []
        """'Win-back is for users who …': who a message of the order is for."""
        self.suppressions: list[Chunk] = []
        self.stops: list[Chunk] = []
        self.requests: list[Chunk] = []
        """'Write the suppressions and stop conditions.': asks for what is written anyway."""
        self.governed = Governed(text, lexicon, self.order.mentions)
        self.defining = Definitions(text, lexicon, self.order)
        self._label: Kind | None = None
        refuse_cap(text)
        self.sentences = self._sentences()
        for start, end in self.sentences:
            if not self._introduces(start, end):
                self._sentence(start, end)
        self.order.finish()

    def _sentences(self) -> list[tuple[int, int]]:
        cuts, start = [], 0
        for i in range(len(self.text)):
            governed = self._governed_next(i) if not self._when_first(start) else None
            if governed is not None and i > start:
                cuts.append((start, i))
                start = governed
            if self.text.low(i) in (".", "!", "?", "\n", ";") and not self._marker_dot(i):
                cuts.append((start, i))
                start = i + 1
        cuts.append((start, len(self.text)))
        return [(a, b) for a, b in cuts if any(t.kind != "mark" for t in self.text.tokens[a:b])]

    def _introduces(self, start: int, end: int) -> bool:
        """'We have three messages: A, B and C.', where each of them is named again."""
        named = [m for m in self.order.mentions if start <= m[0] < end]
        later = {m[2] for m in self.order.mentions if m[0] >= end}
        free = [k for k in range(start, end) if self.order.mention_at(k) is None]
        words = {self.text.low(k) for k in free if self.text[k].kind != "mark"}
        told = len({m[2] for m in named}) > 1 and {m[2] for m in named} <= later
        return told and bool(words & _HAVING) and words <= _INTRODUCING

    def _when_first(self, i: int) -> bool:
        """'While a ticket is open, pause …' is one sentence."""
        while self.text.low(i) in ("and", "also", "please", "but", ",", "-", "*", "•"):
            i += 1
        return self.text.low(i) in ("while", "if", "when", "once", "whenever", "until", "after",
                                    "as", "unless", "during", "whilst", "for")  # fmt: skip

    def _governed_next(self, i: int) -> int | None:
        """', and never send …': where a suppression or stop begins inside a sentence."""
        k = i + 1 if self.text.low(i) == "," else i
        if self.text.low(k) in ("and", "but"):
            k += 1
        elif k == i:
            return None
        leads = (("never", "send"), ("do", "not"), ("suppress",), ("stop",), ("hold", "back"),
                 ("pause",), ("mute",), ("skip",), ("never", "message"))  # fmt: skip
        if any(self.text.has(k, *words) for words in leads):
            return k
        if self._listing(i):
            return None
        return k if self._governs_next(k) else None

    def _listing(self, i: int) -> bool:
        """'A and B are paused while …': nothing but messages stands before."""
        k = i - 1
        while k >= 0 and self.text.low(k) not in ENDS:
            mention = self.order.mention_at(k)
            if mention is None and self.text.low(k) not in (",", "and", "the", "both", "a", "our"):
                return False
            k = (mention[0] if mention is not None else k) - 1
        return True

    def _governs_next(self, k: int) -> bool:
        """', and paying users must never get it', ', but not bother people who …'."""
        end = next(
            (j for j in range(k, len(self.text)) if self.text.low(j) in ENDS), len(self.text)
        )
        begins = self.text.low(k) in ("not", "never", "leave", "hold", "exclude", "nobody", "no")
        named = self.order.mention_at(k) or self.order.mention_at(k + 1)
        people = self.lexicon.is_person(self.text, k) or self.lexicon.is_person(self.text, k + 1)
        if not (begins or named or people):
            return False
        if begins and not any(self.text.has(k, *words) for words in (*NOBODY, *_LEADING)):
            return False
        last, self.governed.last = self.governed.last, ("",)
        try:
            return self.governed.read(k, end, None) is not None
        except Unclear:
            return True
        finally:
            self.governed.last = last

    def _marker_dot(self, i: int) -> bool:
        if self.text.low(i) != "." or i == 0 or self.text[i - 1].kind != "number":
            return False
        first = i == 1 or self.text[i - 2].kind == "mark" or int(float(self.text.low(i - 1))) > 1
        listed = any(self.text.has(k, "1", ".") for k in range(i))
        return i + 1 < len(self.text) and (
            first and (i == 1 or listed or self.text.low(i - 1) == "1")
        )

    def _sentence(self, start: int, end: int) -> None:
        while start < end and self.text[start].kind == "mark" and self.text.low(start) in "-*•,\"'":
            if self.text.low(start) in "-*•" and self._label is None:
                self.order.marked = True
            start += 1
        start = self._labelled(start, end)
        if start >= end:
            return
        aside = self._aside(start, end) if self._label is not None else None
        if aside is not None:
            (self.stops if self._label == "stop" else self.suppressions).append(aside)
            return
        if self._request(start, end):
            self.requests.append(Chunk(start, end))
            return
        found = self.governed.read(start, end, self._label)
        if found is not None:
            kind, chunk = found
            (self.stops if kind == "stop" else self.suppressions).append(chunk)
        elif several := self.defining.read(start, end, self._has_place(end)):
            self.definitions.extend(several)
        elif self._defines(start, end):
            self.definitions.append(Chunk(start, end))
        else:
            self._label = None
            self.order.read(start, end)
        named = tuple(dict.fromkeys(m[2] for m in self.order.mentions if start <= m[0] < end))
        self.governed.last = named or self.governed.last

    def _aside(self, start: int, end: int) -> Chunk | None:
        """'Suppressions: open ticket (nudge only)': what it concerns, after the condition."""
        opened = next((k for k in range(end - 1, start, -1) if self.text.low(k) == "("), None)
        if opened is None or self.text.low(end - 1) != ")":
            return None
        named = [m for m in self.order.mentions if opened < m[0] < end]
        free = {
            self.text.low(k) for k in range(opened + 1, end - 1)
            if self.order.mention_at(k) is None
        }  # fmt: skip
        every = free & {"both", "all", "everything"}
        if not free <= _ASIDE or bool(named) == bool(every):
            return None
        return Chunk(start, opened, tuple(dict.fromkeys(m[2] for m in named)))

    def _labelled(self, start: int, end: int) -> int:
        """'Suppressions: …; …': what the sentences up to the next label say."""
        begin = start
        while self.text.low(begin) in ("#", "*", "-"):
            begin += 1
        for words, kind in _BY_LENGTH:
            k = begin + len(words)
            if self.text.has(begin, *words) and (self.text.low(k) in _COLONS or k == end):
                self._label = kind
                return min(k + 1, end)
        ordered = heading(self.text, begin, end) if self._label is not None else None
        if ordered is not None:
            self._label = None
            return ordered
        return start

    def _has_place(self, end: int) -> Callable[[Mention], bool]:
        """Whether the order names a message: before a sentence that ends there, or after it."""
        later: set[str] = set()
        for begin, stop in self.sentences:
            if begin >= end and not self._governs(begin, stop):
                later |= {m[2] for m in self.order.mentions if begin <= m[0] < stop}
        items = [(one.start, one.end) for one in self.order.items]
        sooner = {m[2] for m in self.order.mentions if any(a <= m[0] < b for a, b in items)}
        return lambda mention: mention[2] in sooner | later

    def _governs(self, start: int, end: int) -> bool:
        try:
            return self.governed.read(start, end, self._label) is not None
        except Unclear:
            return True

    def _defines(self, start: int, end: int) -> bool:
        mention = self.order.mention_at(start) or self.order.mention_at(start + 1)
        if mention is None:
            return False
        if self._says_for_whom(mention, start, end):
            return True
        if len({m[2] for m in self.order.mentions if start <= m[0] < end}) > 1:
            return False
        said = any(
            m[2] == mention[2] and chunk.start <= m[0] < chunk.end
            for chunk in self.order.items for m in self.order.mentions
        )  # fmt: skip
        ranked = self.order.said_rank(start, end) is not None
        return said and not ranked and not any(self.order.above_all(i) for i in range(start, end))

    def _says_for_whom(self, mention: Mention, start: int, end: int) -> bool:
        """'The nudge is for owners only.', where the order says its place."""
        k = mention[1]
        shape = [("is", "for"), ("is", "only", "for"), ("goes", "to"), ("goes", "only", "to"),
                 ("only", "goes", "to"), ("is", "meant", "for"), ("are", "for"), ("go", "to"),
                 ("is", "just", "for")]  # fmt: skip
        alone = sum(start <= m[0] < end for m in self.order.mentions) == 1
        elsewhere = any(m[2] == mention[2] and not start <= m[0] < end for m in self.order.mentions)
        return alone and elsewhere and any(self.text.has(k, *words) for words in shape)

    def _request(self, start: int, end: int) -> bool:
        """'Write the suppressions and stop conditions.'"""
        words = {self.text.low(i) for i in range(start, end)}
        asked = words & {"suppressions", "conditions", "cases", "suppression"}
        return bool(asked) and not any(start <= m[0] < end for m in self.order.mentions) and not (
            words & {"who", "users", "while", "once", "with", "until"}
        )  # fmt: skip
