"""What surrounds the people in a prompt: the message and polite words."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.defaults import new_action
from agent.planners.grammar.channels import ChannelReader
from agent.planners.grammar.frame_words import (
    CONTIGUOUS,
    FILLER_PHRASES,
    FILLERS,
    MESSAGE_NOUNS,
    STOP_NAME,
)
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.quantities import NUMBER_WORDS
from agent.planners.grammar.words import ARTICLES, Text, same_word
from core.rules import Action


@dataclass(frozen=True, slots=True)
class Named:
    """A message that was named."""

    action: Action
    end: int
    words: str
    channels: tuple[str, ...] = ()
    question: str | None = None


_SEASONS = frozenset(
    "summer winter spring autumn fall holiday christmas easter upcoming usual".split()
)
"""Before a message's name, when or in which round it is sent: says nothing of the people."""


class Frame:
    """Reads what is not about people."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.catalog = lexicon.catalog
        self.channels = ChannelReader(text, lexicon)

    # the message

    def action(self, i: int) -> Named | None:
        """A message of the catalog, by one of its phrases."""
        start = i
        while self.text.low(start) in (*ARTICLES, "this", "'", '"'):
            start += 1
        if self.text.low(start) in _SEASONS and not self.lexicon.knows(self.text.low(start)):
            start += 1
        by = self.channels.one(start)
        after = by[1] if by and self.lexicon.longest("action", self.text, by[1]) else start
        match = self.lexicon.longest("action", self.text, after)
        if match is None or self._verb_of_people(i, match.end) or self._longer(start, match.end):
            return None
        if self._received(i):
            return None
        end = match.end
        channels: tuple[str, ...] = (by[0],) if by is not None and after > start else ()
        while self.text.low(end) in MESSAGE_NOUNS or self.channels.one(end):
            channel = self.channels.one(end)
            if channel and self.text.low(channel[1]) in ("only", "first", "then"):
                break
            if channel:
                channels, end = (channel[0],), channel[1]
            else:
                end += 1
        channels, end = self._after_comma(channels, end)
        action = self.catalog.actions[match.sense.name]
        return Named(action, end, self.text.words(start, end), channels)

    def _after_comma(self, channels: tuple[str, ...], end: int) -> tuple[tuple[str, ...], int]:
        """'New release alert, push and in-app, to …': the channels named right after it."""
        if channels or self.text.low(end) not in (",", "(", "-", "–"):
            return channels, end
        names, after = self.channels.several(end + 1)
        closes = self.text.low(after) in ("", ".", ",", ":", "to", ";", "\n", ")", "for")
        if not names or not closes:
            return channels, end
        return tuple(names), after + (self.text.low(after) == ")")

    def _received(self, i: int) -> bool:
        """'who have received the upgrade nudge': what people got is not what is sent now."""
        while self.text.low(i - 1) in ARTICLES:
            i -= 1
        before = self.text.low(i - 1)
        earlier = self.text.low(i - 2)
        told = ("have", "has", "not", "never", "who", "already", "been", "that", "had", "ever")
        if before == "receive" and self.text.low(i - 3) != "did":
            return earlier in ("who", "that", "ever")
        return before in ("received", "got", "sent", "receive", "gotten") and earlier in told

    def _longer(self, i: int, end: int) -> bool:
        """'support risk' and 'support tickets' are no messages, though 'support' is one."""
        kinds: tuple[Kind, ...] = ("trait", "entity", "event", "column", "audience")
        found = (self.lexicon.longest(kind, self.text, i) for kind in kinds)
        return any(match is not None and match.end > end for match in found)

    def _verb_of_people(self, i: int, end: int) -> bool:
        """'upgraded' is what people did, not what we send."""
        return end == i + 1 and self.text.low(i).endswith(("ed", "ing"))

    def free_action(self, i: int) -> Named | None:
        """A message that the catalog does not list: 'for a streak celebration that …'."""
        start = i
        quoted = self.text.low(start) in ('"', "'")
        if self.text.low(start) not in ("a", "an", "the", "our", "new") and not quoted:
            return None
        start += 1
        while self.text.low(start) == "new":
            start += 1
        end = start
        while (
            end < len(self.text)
            and self.text.low(end) not in STOP_NAME
            and self.text.low(end) not in ("i", "we", "you")
            and not self.lexicon.is_person(self.text, end)
        ):
            if self.text[end].kind == "mark":
                break
            end += 1
        if not 0 < end - start <= 6 or self.lexicon.is_person(self.text, end):
            return None
        words = self.text.words(start, end)
        last = self.text.low(end - 1)
        led = self.text.low(i - 1) in (
            "for",
            "send",
            "sends",
            "sending",
            "deliver",
            "trigger",
            "get",
            "receive",
            "show",
            "offer",
            "launch",
        )
        if last not in MESSAGE_NOUNS and not led:
            return None
        channel = self.channels.one(end - 1)
        channels = (channel[0],) if channel else ()
        question = self._hidden_condition(start, end, words)
        return Named(self._new_action(words, channels), end + quoted, words, channels, question)

    def _new_action(self, words: str, channels: tuple[str, ...]) -> Action:
        action = new_action(words[:1].upper() + words[1:], self.catalog)
        return action.model_copy(update={"channels": channels}) if channels else action

    def _hidden_condition(self, start: int, end: int, words: str) -> str | None:
        """A name must not swallow words that would limit who is meant."""
        for k in range(start, end):
            low = self.text.low(k)
            value = self.lexicon.longest("value", self.text, k)
            if value is not None and not value.sense.owner.startswith(("entity:", "event:")):
                return _limits(self.text.words(k, value.end), words)
            if low in (
                "active",
                "inactive",
                "lapsed",
                "dormant",
                "engaged",
                "trial",
                "paying",
                "new",
            ):
                return _limits(low, words)
            if low in NUMBER_WORDS or self.text[k].kind == "number":
                return _limits(low, words)
        return None

    # fillers

    def filler(self, i: int, *, contiguous: bool) -> int | None:
        """A declared word or phrase that carries no meaning of its own."""
        for words in FILLER_PHRASES:
            if self.text.has(i, *words):
                return i + len(words)
        low = self.text.low(i)
        if low in FILLERS and not (contiguous and low not in CONTIGUOUS):
            return None if self._names_a_value(i) else i + 1
        if low in ("by", "via", "in") and same_word(self.text.low(i + 1), "message"):
            return i + 1
        return None

    def _names_a_value(self, i: int) -> bool:
        """'the team plan': a value of the column that is named after it is more than a word."""
        values = self.lexicon.at("value", self.text, i)
        named = {match.sense.name for match in values if match.end == i + 1}
        columns = self.lexicon.at("column", self.text, i + 1)
        return any(match.sense.name in named for match in columns)


def _limits(word: str, words: str) -> str:
    return (
        f"Does '{word}' in '{words}' limit who is meant, or is it part of the message's name? "
        f"If it limits, say it of the users; if not, put the name in quotes."
    )
