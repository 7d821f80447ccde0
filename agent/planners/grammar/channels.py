"""Channels in a prompt: which are named, in what order, and which are not to be used."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.grammar.frame_words import CHANNEL_JOINS, CHANNEL_LEADS
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.words import ARTICLES, Text, same_plural


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels in order, or channels that are not to be used."""

    names: tuple[str, ...]
    end: int
    excluded: bool = False
    note: str = ""


class ChannelReader:
    """Reads channels in one text."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon

    def one(self, i: int) -> tuple[str, int] | None:
        """A single channel, and the token after it."""
        match = self.lexicon.longest("channel", self.text, i)
        if match is None:
            return None
        if len(match.entry.words) == 1 and not same_plural(self.text.low(i), match.entry.words[0]):
            return None
        return match.sense.name, match.end

    def read(self, i: int, *, in_clause: bool) -> Channels | None:
        """Channels in the order they are tried: 'via push, then email', 'email only'."""
        refused = self._refused_channels(i)
        if refused is not None:
            return refused
        start = i
        led = False
        while (
            self.text.low(start)
            in (
                *CHANNEL_LEADS,
                "only",
                *ARTICLES,
                "try",
                "use",
                "start",
                "starting",
                "prefer",
                "it",
                "them",
                "channel",
                "channels",
                ":",
                "be",
                "first",
                "and",
                ",",
                "send",
                "sent",
                "delivered",
                "deliver",
            )
            and self.one(start) is None
        ):
            led = led or self.text.low(start) in (
                *CHANNEL_LEADS,
                "only",
                "try",
                "use",
                "channel",
                "channels",
                "prefer",
                "start",
                "starting",
            )
            start += 1
        names, end = self.several(start)
        if not names:
            return None
        only = self.text.low(end) in (
            "only",
            "first",
            "alone",
            "please",
            "notification",
            "notifications",
            "message",
            "messages",
        )
        while self.text.low(end) in (
            "only",
            "alone",
            "first",
            "notification",
            "notifications",
            "message",
            "messages",
            "channel",
            "channels",
            "as",
            "fallback",
            "a",
            "backup",
        ):
            end += 1
        verb = self._verb_position(i, start, end)
        noun = self.text.low(i - 1) in ("send", "deliver", "trigger") or self.text.low(i) in (
            "a",
            "an",
        )
        if not (led or only or verb or len(names) > 1 or noun or self._alone(i, end)):
            return None
        if in_clause and not (led or only):
            return None
        note = ""
        if len(names) > 1:
            said = self.text.words(start, end)
            note = f"'{said}' is an order: the first channel that reaches the user is used."
        return Channels(tuple(names), end, note=note)

    def _alone(self, i: int, end: int) -> bool:
        """'… Push.', 'Channel: email': a sentence that is nothing but channels."""
        begins = self.text.low(i - 1) in (".", "!", "?", ";", "\n", ":") and i > 0
        return begins and self.text.low(end) in ("", ".", "!", "\n", ";")

    def _verb_position(self, i: int, start: int, end: int) -> bool:
        """'Email users who …': the channel is the sentence's verb."""
        first = i == 0 or self.text.low(i - 1) in (".", "\n", "please", ",", "to", ";", ":")
        return (
            first
            and start == i
            and (
                self.lexicon.is_person(self.text, end)
                or self.text.low(end)
                in (
                    "all",
                    "people",
                    "every",
                    "those",
                    "them",
                    "everyone",
                    "only",
                    "anyone",
                    "our",
                    "the",
                    "to",
                )
                or self.lexicon.is_person(self.text, end + 1)
                or self.lexicon.is_person(self.text, end + 2)
            )
        )

    def several(self, i: int) -> tuple[list[str], int]:
        """The channels at an index in their order, and where they end."""
        first = self.one(i)
        if first is None:
            return [], i
        names, end = [first[0]], first[1]
        while True:
            found = self._next_channel(end)
            if found is None:
                return names, end
            name, end = found
            if name not in names:
                names.append(name)

    def _next_channel(self, i: int) -> tuple[str, int] | None:
        if self.text.low(i) in ("notification", "notifications", "message", "messages"):
            i += 1
        for join in sorted(CHANNEL_JOINS, key=len, reverse=True):
            if self.text.has(i, *join):
                start = i + len(join)
                while self.one(start) is None and self.text.low(start) in (
                    *CHANNEL_LEADS,
                    *ARTICLES,
                    "then",
                    "if",
                    "use",
                    "needed",
                ):
                    start += 1
                found = self.one(start)
                if found is not None:
                    return found
        return None

    def _refused_channels(self, i: int) -> Channels | None:
        for words in (("but", "not", "by"), ("but", "not", "via"), ("but", "not"), ("but", "no"),
                      ("not", "by"), ("not", "via"), ("not", "through"), ("never", "by"),
                      ("never", "via"), ("no",), ("do", "not", "use"), ("never", "use"),
                      ("not", "over"), ("without",), ("not",)):  # fmt: skip
            if self.text.has(i, *words):
                names, end = self.several(i + len(words))
                sentence = self.text.low(end) in ("", ".", ",", ";", "!", "\n", "please")
                if names and sentence:
                    return Channels(tuple(names), end, excluded=True)
        return None
