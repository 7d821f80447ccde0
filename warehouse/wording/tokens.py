"""The words of a condition as tokens, and names looked up among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from core.conditions import Scalar

T = TypeVar("T")

_TOKEN = re.compile(r"'(?:[^']|'')*'|[(),×]|[^\s(),×]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


class Tokens:
    """A text in tokens: quoted names and values, brackets, commas, words."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._found = list(_TOKEN.finditer(text))
        self._low = [one.group().lower() for one in self._found]
        self.furthest = 0
        """The token behind the longest reading that was tried."""

    def __len__(self) -> int:
        return len(self._found)

    def raw(self, i: int) -> str:
        """The token as it is written; empty behind the end."""
        return self._found[i].group() if i < len(self._found) else ""

    def after(self, i: int, words: str) -> int | None:
        """The index behind these words, if they stand there."""
        wanted = words.lower().split()
        if self._low[i : i + len(wanted)] != wanted:
            return None
        self.furthest = max(self.furthest, i + len(wanted))
        return i + len(wanted)

    def one_of(self, i: int, known: Mapping[str, T]) -> Iterator[tuple[T, int]]:
        """What the words at an index can mean, the longest first."""
        found = [(end, target) for words, target in known.items() if (end := self.after(i, words))]
        for end, target in sorted(found, key=lambda one: -one[0]):
            yield target, end

    def rest(self, i: int) -> str:
        """The text from a token on."""
        return self.text[self._found[i].start() :] if i < len(self._found) else ""

    def value(self, i: int) -> Scalar | None:
        """The value at an index; None where there is none."""
        raw = self.raw(i)
        if not raw or raw in "(),×":
            return None
        if raw.startswith("'"):
            return unquoted(raw)
        if raw.lower() in ("true", "false"):
            return raw.lower() == "true"
        if _NUMBER.fullmatch(raw):
            return float(raw) if re.search(r"[.eE]", raw) else int(raw)
        return raw


def unquoted(raw: str) -> str:
    """What stands between quotes; other words as they are."""
    return raw[1:-1].replace("''", "'") if raw.startswith("'") else raw
