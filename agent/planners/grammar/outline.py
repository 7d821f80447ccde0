"""The outline of a decision prompt: header, ordered items, suppressions, stop conditions."""

from __future__ import annotations

from agent.planners.grammar.caps import refuse_cap
from agent.planners.grammar.frame import Frame
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.order import Chunk, Mention, Order
from agent.planners.grammar.outline_words import STOP, SUPPRESS, WHEN
from agent.planners.grammar.words import Text
from core.rules import MessageClass


class Outline:
    """Cuts a decision prompt into its parts."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.frame = Frame(text, lexicon)
        self.order = Order(text, self._mentions())
        self.definitions: list[Chunk] = []
        """'Win-back is for users who …': who a message of the order is for."""
        self.suppressions: list[Chunk] = []
        self.stops: list[Chunk] = []
        refuse_cap(text)
        for start, end in self._sentences():
            self._sentence(start, end)
        self.order.finish()

    def _mentions(self) -> list[Mention]:
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

    def _sentence(self, start: int, end: int) -> None:
        while start < end and self.text[start].kind == "mark" and self.text.low(start) in "-*•,\"'":
            if self.text.low(start) in "-*•":
                self.order.marked = True
            start += 1
        body = start
        while self.text.low(body) in ("also", "and", "please", "always", "finally", "but", ","):
            body += 1
        if self._request(start, end):
            self.order.headers.append(Chunk(start, end))
        elif self._lead(body, STOP) is not None:
            self.stops.append(self._governed(body, end, STOP))
        elif self._lead(body, SUPPRESS) is not None and self._suppresses(body, end):
            self.suppressions.append(self._governed(body, end, SUPPRESS))
        elif self._defines(start, end):
            self.definitions.append(Chunk(start, end))
        else:
            self.order.read(start, end)

    def _defines(self, start: int, end: int) -> bool:
        mention = self.order.mention_at(start) or self.order.mention_at(start + 1)
        if mention is None:
            return False
        said = any(
            m[2] == mention[2] and chunk.start <= m[0] < chunk.end
            for chunk in self.order.items for m in self.order.mentions
        )  # fmt: skip
        return said and self.order.said_rank(start, end) is None

    def _request(self, start: int, end: int) -> bool:
        """'Write the suppressions and stop conditions.'"""
        words = {self.text.low(i) for i in range(start, end)}
        asked = words & {"suppressions", "conditions", "cases", "suppression"}
        return bool(asked) and not any(start <= m[0] < end for m in self.order.mentions) and not (
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
            mention = self.order.mention_at(start)
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
