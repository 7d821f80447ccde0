"""Yes-or-no values of the user: 'verified their email', 'autoplay turned off', 'without 2FA'."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent.planners.grammar.lexicon import OPPOSITE_VALUE, Lexicon, Sense
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.words import ARTICLES, Text, same_word
from core.conditions import Condition, Op, Value

Leaf = Callable[[Sense, Op, Value], Condition]

_SAID = {"true": True, "yes": True, "false": False, "no": False}
_STATES: dict[tuple[str, ...], bool] = {
    ("turned", "on"): True, ("switched", "on"): True, ("enabled",): True, ("activated",): True,
    ("on",): True, ("active",): True, ("set", "up"): True, ("turned", "off"): False,
    ("switched", "off"): False, ("disabled",): False, ("deactivated",): False, ("off",): False,
    ("inactive",): False,
}  # fmt: skip
_DONE = {words: value for words, value in _STATES.items() if words not in
         (("on",), ("off",), ("active",), ("inactive",))} | {("using",): True}  # fmt: skip
_BE = ("is", "are", "was", "were", "has", "have", "been", "being", "=", "set", "to", "currently")


class Flags:
    """Reads yes-or-no columns and traits in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, leaf: Leaf) -> None:
        self.text = text
        self.lexicon = lexicon
        self.leaf = leaf
        catalog = lexicon.catalog
        self.flags: list[tuple[Sense, tuple[str, ...]]] = [
            (Sense("column", name), (name.replace("_", " "), *column.phrases))
            for name, column in catalog.user_columns().items()
            if column.type == "boolean"
        ]
        self.flags += [
            (Sense("trait", name, "trait"), (name.replace("_", " "), *trait.phrases))
            for name, trait in catalog.traits.items()
            if trait.type == "boolean"
        ]

    def named(self, i: int, end: int, sense: Sense) -> Iterator[Found]:
        """A phrase of the column up to ``end``, and what its state is said to be."""
        value = sense.value != OPPOSITE_VALUE
        state, after = self._state(end)
        if state is not None:
            value, end = value == state, after
        yield self._found(i, end, sense, value)

    def at(self, i: int) -> Iterator[Found]:
        """Readings in which other words stand between those of a phrase."""
        yield from self._switched(i)
        yield from self._field(i)
        start = i
        while self.text.low(start) in (*ARTICLES, "whose", "no"):
            start += 1
        for sense, phrases in self.flags:
            for phrase in phrases:
                words = tuple(phrase.lower().split())
                if len(words) > 1:
                    yield from self._apart(i, start, sense, words)

    def _field(self, i: int) -> Iterator[Found]:
        """'newsletter = yes': the beginning of the column's name, and its value."""
        for sense, phrases in self.flags:
            words = phrases[0].split()
            for length in range(len(words), 0, -1):
                end = self._phrase(i, tuple(words[:length]))
                state = None if end is None else _SAID.get(self.text.low(end + 1))
                equals = end is not None and self.text.low(end) in ("=", "==", ":", "is")
                if end is not None and state is not None and equals and self._ends(end + 2):
                    yield self._found(i, end + 2, sense, state)
                    break

    def _apart(self, i: int, start: int, sense: Sense, words: tuple[str, ...]) -> Iterator[Found]:
        """'the email is not verified' for 'email verified' and for 'verified their email'."""
        words = tuple(word for word in words if word not in ARTICLES)
        for noun, verb in ((words[:-1], words[-1]), (words[1:], words[0])):
            if not verb.endswith("ed") or not noun:
                continue
            end = self._phrase(start, noun)
            if end is None or self.text.low(end) not in (*_BE, "not"):
                continue
            position, value = self._be(end)
            if same_word(self.text.low(position), verb):
                yield self._found(i, position + 1, sense, value)

    def _be(self, i: int) -> tuple[int, bool]:
        value = True
        while self.text.low(i) in (*_BE, "not", "never", "yet"):
            value = value and self.text.low(i) not in ("not", "never")
            i += 1
        return i, value

    def _state(self, i: int) -> tuple[bool | None, int]:
        """'is false', 'enabled', 'is turned off' after the column's phrase."""
        position, value = self._be(i)
        low = self.text.low(position)
        if low in _SAID and (position > i or self._ends(position + 1)):
            return _SAID[low] == value, position + 1
        for words, state in _STATES.items():
            lone = words in (("on",), ("active",), ("off",), ("inactive",))
            if self.text.has(position, *words) and not (lone and not self._ends(position + 1)):
                return state == value, position + len(words)
        return None, i

    def _ends(self, i: int) -> bool:
        return self.text.low(i) in ("", ".", ",", ";", "and", "or", "but", "who", ")", "\n", "+",
                                    "&", "|")  # fmt: skip

    def _switched(self, i: int) -> Iterator[Found]:
        """'have turned off autoplay', 'using 2FA'."""
        for words, state in _DONE.items():
            if not self.text.has(i, *words):
                continue
            start = i + len(words)
            while self.text.low(start) in ARTICLES:
                start += 1
            for sense, phrases in self.flags:
                for phrase in phrases:
                    end = self._phrase(start, tuple(phrase.lower().split()))
                    if end is not None:
                        yield self._found(i, end, sense, state)

    def _phrase(self, i: int, words: tuple[str, ...]) -> int | None:
        for word in words:
            while self.text.low(i) in ARTICLES and self.text.low(i) != word:
                i += 1
            if not (self.text.low(i) and same_word(self.text.low(i), word)):
                return None
            i += 1
        return i

    def _found(self, i: int, end: int, sense: Sense, value: bool) -> Found:
        no = self.text.low(i) == "no"
        stated = self.text.words(i, end)
        return Found(end, self.leaf(sense, Op.EQ, value), negated=no, stated=stated)
