"""Nouns of columns after their values: 'the gold tier', 'shoes or clothing category'."""

from __future__ import annotations

from agent.planners.grammar.words import ARTICLES, Text, same_plural
from warehouse.catalog import Column

_NO_NOUN = frozenset(
    "in at on to for of by from with is was been up out ago and or not no their the a an "
    "based living located enabled turned opted prefer preferred".split()
)


_LIKELY = ("how likely", "probability", "likelihood", "share of")
"""What is said of a number that is at most 1, where no scale is told."""


def column_noun(text: Text, i: int, name: str, column: Column) -> int:
    """Where the column's own noun at an index ends; the index itself where there is none."""
    low = text.low(i)
    if low == "(":
        end = column_noun(text, i + 1, name, column)
        return end + 1 if end > i + 1 and text.low(end) == ")" else i
    if low == "as" and text.low(i + 1) in ARTICLES:
        end = column_noun(text, i + 2, name, column)
        return end if end > i + 2 else i
    if not low or low in _NO_NOUN:
        return i
    for phrase in (name.replace("_", " "), *column.phrases):
        words = phrase.lower().split()
        if len(words) > 1 and text.has(i, *words):
            return i + len(words)
        if same_plural(low, words[-1]) and words[-1] not in _NO_NOUN:
            return i + 1
    return i


def is_column_noun(text: Text, i: int, name: str, column: Column) -> bool:
    """Whether the column's own noun stands at an index."""
    return column_noun(text, i, name, column) > i


def share_scale(column: Column) -> float | None:
    """What one percent is on a number's own scale, by its description; None where it is unsaid."""
    said = column.description.lower()
    if any(words in said for words in ("0 to 100", "0 and 100", "percent", "0-100", "0–100")):
        return 1.0
    if any(words in said for words in ("0 to 1", "0 and 1", "0-1", "0–1", "0..1")):
        return 0.01
    return 0.01 if any(words in said for words in _LIKELY) else None
