"""What surrounds the people in a prompt: the message, its channels, the holdout, polite words."""

from __future__ import annotations

from dataclasses import dataclass

from agent.planners.defaults import new_action
from agent.planners.grammar.frame_words import (
    CHANNEL_JOINS,
    CHANNEL_LEADS,
    CONTIGUOUS,
    FILLER_PHRASES,
    FILLERS,
    HOLDOUT_WORDS,
    MESSAGE_NOUNS,
    STOP_NAME,
)
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.quantities import NUMBER_WORDS, number
from agent.planners.grammar.words import ARTICLES, Text, same_plural, same_word
from core.rules import Action


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels in order, or channels that are not to be used."""

    names: tuple[str, ...]
    end: int
    excluded: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A message that was named."""

    action: Action
    end: int
    words: str
    channels: tuple[str, ...] = ()
    question: str | None = None


class Frame:
    """Reads what is not about people."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.catalog = lexicon.catalog

    # the message

    def action(self, i: int) -> Named | None:
        """A message of the catalog, by one of its phrases."""
        start = i
        while self.text.low(start) in (*ARTICLES, "this", "'", '"'):
            start += 1
        match = self.lexicon.longest("action", self.text, start)
        if match is None or self._verb_of_people(i, match.end) or self._longer(start, match.end):
            return None
        if self._received(i):
            return None
        end = match.end
        channels: tuple[str, ...] = ()
        while self.text.low(end) in MESSAGE_NOUNS or self._channel(end):
            channel = self._channel(end)
            if channel and self.text.low(channel[1]) in ("only", "first", "then"):
                break
            if channel:
                channels, end = (channel[0],), channel[1]
            else:
                end += 1
        action = self.catalog.actions[match.sense.name]
        return Named(action, end, self.text.words(start, end), channels)

    def _received(self, i: int) -> bool:
        """'who have received the upgrade nudge': what people got is not what is sent now."""
        before = self.text.low(i - 1)
        earlier = self.text.low(i - 2)
        told = ("have", "has", "not", "never", "who", "already", "been", "that", "had", "ever")
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
            end < len(self.text) and self.text.low(end) not in STOP_NAME and not self._person(end)
        ):
            if self.text[end].kind == "mark":
                break
            end += 1
        if not 0 < end - start <= 6 or self._person(end):
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
        channel = self._channel(end - 1)
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

    def _person(self, i: int) -> bool:
        return any(
            same_plural(self.text.low(i), entry.words[0])
            for entry in self.lexicon.starting("person", self.text, i)
        )

    # channels

    def _channel(self, i: int) -> tuple[str, int] | None:
        match = self.lexicon.longest("channel", self.text, i)
        if match is None:
            return None
        if len(match.entry.words) == 1 and not same_plural(self.text.low(i), match.entry.words[0]):
            return None
        return match.sense.name, match.end

    def channels(self, i: int, *, in_clause: bool) -> Channels | None:
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
            and self._channel(start) is None
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
        names, end = self._channel_list(start)
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
        if not (led or only or verb or len(names) > 1 or noun):
            return None
        if in_clause and not (led or only):
            return None
        note = ""
        if len(names) > 1:
            said = self.text.words(start, end)
            note = f"'{said}' is an order: the first channel that reaches the user is used."
        return Channels(tuple(names), end, note=note)

    def _verb_position(self, i: int, start: int, end: int) -> bool:
        """'Email users who …': the channel is the sentence's verb."""
        first = i == 0 or self.text.low(i - 1) in (".", "\n", "please", ",", "to", ";", ":")
        return (
            first
            and start == i
            and (
                self._person(end)
                or self.text.low(end)
                in (
                    "all",
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
                or self._person(end + 1)
                or self._person(end + 2)
            )
        )

    def _channel_list(self, i: int) -> tuple[list[str], int]:
        first = self._channel(i)
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
                while self.text.low(start) in (
                    *CHANNEL_LEADS,
                    *ARTICLES,
                    "then",
                    "if",
                    "use",
                    "needed",
                ):
                    start += 1
                found = self._channel(start)
                if found is not None:
                    return found
        return None

    def _refused_channels(self, i: int) -> Channels | None:
        for words in (("but", "not", "by"), ("but", "not", "via"), ("but", "not"), ("but", "no"),
                      ("not", "by"), ("not", "via"), ("not", "through"), ("never", "by"),
                      ("never", "via"), ("no",), ("do", "not", "use"), ("never", "use"),
                      ("not", "over"), ("without",), ("not",)):  # fmt: skip
            if self.text.has(i, *words):
                names, end = self._channel_list(i + len(words))
                sentence = self.text.low(end) in ("", ".", ",", ";", "!", "\n", "please")
                if names and sentence:
                    return Channels(tuple(names), end, excluded=True)
        return None

    # holdout

    def holdout(self, i: int) -> tuple[float, int] | None:
        """'hold out 20 %', 'with a 10 percent control group', 'no holdout'."""
        if self.text.low(i) not in HOLDOUT_WORDS and number(self.text, i) is None:
            return None
        end, share, said = i, None, False
        none = False
        while end < len(self.text):
            low = self.text.low(end)
            found = number(self.text, end) if low not in ("a", "an") else None
            if found is not None and share is None and self.text.low(found[1]) == "percent":
                share, end = found[0] / 100, found[1] + 1
                continue
            if low not in HOLDOUT_WORDS:
                break
            said = said or low in ("holdout", "holdouts") or self._held(end)
            none = none or (low in ("no", "without", "zero"))
            end += 1
            if (
                said
                and (share is not None or none)
                and low in ("holdout", "holdouts", "group", "out", "back")
            ):
                if self.text.low(end) == "group":
                    end += 1
                if share is not None or none:
                    break
        if not said or (share is None and not none) or (share is not None and not 0 <= share < 1):
            return None
        end = self._trim(end)
        return (share if share is not None else 0.0), end

    def _held(self, i: int) -> bool:
        pair = (self.text.low(i), self.text.low(i + 1))
        return pair in (
            ("hold", "out"),
            ("hold", "back"),
            ("holding", "out"),
            ("holding", "back"),
            ("held", "out"),
            ("held", "back"),
            ("control", "group"),
            ("set", "aside"),
        )

    def _trim(self, end: int) -> int:
        while self.text.low(end - 1) in (
            "and",
            "with",
            "for",
            "a",
            "an",
            "the",
            "no",
            "without",
            "to",
            "we",
        ):
            end -= 1
        return end

    # fillers

    def filler(self, i: int, *, contiguous: bool) -> int | None:
        """A declared word or phrase that carries no meaning of its own."""
        for words in FILLER_PHRASES:
            if self.text.has(i, *words):
                return i + len(words)
        low = self.text.low(i)
        if low in FILLERS and not (contiguous and low not in CONTIGUOUS):
            return i + 1
        if low in ("by", "via", "in") and same_word(self.text.low(i + 1), "message"):
            return i + 1
        return None


def _limits(word: str, words: str) -> str:
    return (
        f"Does '{word}' in '{words}' limit who is meant, or is it part of the message's name? "
        f"If it limits, say it of the users; if not, put the name in quotes."
    )
