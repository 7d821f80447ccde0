"""Whom the people named beside one message limit: that message, or the whole policy."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.words import Text

_FOR_ALL = frozenset("for among amongst within".split())
_OPENING = frozenset("for trial give send all every".split())
_COMPARING = frozenset("before else first ahead".split())
_THEN = frozenset("then finally lastly next".split())


class Scope:
    """Tells it from where the people stand, and from who else is named."""

    def __init__(self, text: Text, lexicon: Lexicon, chunks: list[Chunk]) -> None:
        self.text = text
        self.lexicon = lexicon
        self.chunks = chunks

    def own(self, chunk: Chunk, place: str) -> bool:
        """Whether people are said of this message alone; raises Unclear where both may be."""
        if place == "first":
            return self._own_first(chunk)
        return place == "last" and self._own_last(chunk)

    def alone(self, chunk: Chunk) -> bool:
        """'A goes first, for annual accounts.': of the one message that the sentence names."""
        begin, end = chunk.start, chunk.start
        while begin > 0 and self.text.low(begin - 1) not in ENDS:
            begin -= 1
        while end < len(self.text) and self.text.low(end) not in ENDS:
            end += 1
        sentence = self.text.slice(begin, end)
        named = [i for i in range(len(sentence)) if self._named(sentence, i)]
        return len(named) == 1 and not self._people_first(sentence)

    def of_everybody(self, chunk: Chunk) -> bool:
        """'A before B for everybody on trial': all of them, where B has people of its own."""
        words = self._words(chunk)
        if self._people_first(words):
            return False
        others = [one for one in self.chunks if one.start != chunk.start]
        said = any(
            words.has(k, "for", one) for k in range(len(words)) for one in ("everybody", "everyone")
        )
        rest = any(words.low(k) == "else" for k in range(len(words)))
        return said and not rest and not any(self._has_people(one) for one in others)

    def _own_first(self, chunk: Chunk) -> bool:
        words = self.text.slice(chunk.start, chunk.end)
        low = [token.low for token in words if token.kind == "word"]
        others = [one for one in self.chunks if one.start != chunk.start]
        if low[:1] and low[0] in _FOR_ALL and any(self._led_by_people(one) for one in others):
            return True
        if self._people_first(words) and low[0] not in _FOR_ALL:
            if any(self._the_rest(one) for one in others):
                return True
            named = [one for one in others if self._has_people(one)]
            if named and not all(self._people_first(self._words(one)) for one in others):
                raise Unclear(
                    question=f"Does '{self.text.words(chunk.start, chunk.end)}' name the users of "
                    "every message, or of this one? Begin with 'For users …:' if of every one."
                )
            return bool(named)
        if self._sent_to(words):
            return True
        if {*low} & _COMPARING or self._people_first(words):
            return False
        return not (low and low[0] in _OPENING)

    def _led_by_people(self, chunk: Chunk) -> bool:
        """'…; for users who viewed pricing, send B'."""
        words = self._words(chunk)
        return words.low(0) in _FOR_ALL and self._people_first(words)

    def _sent_to(self, words: Text) -> bool:
        """'Send A to trial users and B to …': the people that a message is sent to are its own."""
        named = next((i for i in range(len(words)) if self._named(words, i)), None)
        if named is None:
            return False
        match = self.lexicon.longest("action", words, named)
        others = any(self._has_people(one) for one in self.chunks if one.start > 0)
        return match is not None and words.low(match.end) == "to" and others

    def _own_last(self, chunk: Chunk) -> bool:
        """'…, then B for iOS users' may be said of B alone, unless a comma parts them."""
        words = self._words(chunk)
        if self._people_first(words):
            return True
        if any(words.has(k, "but", "only") for k in range(len(words))):
            raise Unclear(
                question=f"Is '{self.text.words(chunk.start, chunk.end)}' said of this message "
                "only, or of every one? Begin with 'For users …:' if of every one."
            )
        others = [one for one in self.chunks if one.start != chunk.start]
        if any(self._has_people(one) for one in others) and self._has_people(chunk):
            return True
        parted = any(words.has(k, ",", "for") for k in range(len(words)))
        return self.text.low(chunk.start - 1) in _THEN and not parted

    def _words(self, chunk: Chunk) -> Text:
        return self.text.slice(chunk.start, chunk.end)

    def _people_first(self, words: Text) -> bool:
        """'iOS users get A': the people stand before the message."""
        people = next((i for i in range(len(words)) if self.lexicon.is_person(words, i)), None)
        named = next((i for i in range(len(words)) if self._named(words, i)), None)
        return people is not None and named is not None and people < named

    def _named(self, words: Text, i: int) -> bool:
        return self.lexicon.longest("action", words, i) is not None

    def _the_rest(self, chunk: Chunk) -> bool:
        """'…, everyone else gets B': whoever was named before gets A alone."""
        words = self._words(chunk)
        return any(words.has(k, "everyone", "else") for k in range(len(words)))

    def _has_people(self, chunk: Chunk) -> bool:
        words = self._words(chunk)
        return any(self.lexicon.is_person(words, i) for i in range(len(words)))
