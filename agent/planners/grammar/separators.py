"""What joins two predicates: commas, and, or, but, a relative pronoun."""

from __future__ import annotations

from agent.planners.grammar.meaning import Sep
from agent.planners.grammar.words import Text

RELATIVES = frozenset("who that which whose they whom if when where once while".split())
_BUT = ("but", "yet", "although", "though", "however")
_AFTER_COMMA: tuple[tuple[tuple[str, ...], Sep], ...] = (
    (("and",), "strong_and"), (("&",), "strong_and"), (("plus",), "strong_and"),
    (("or",), "strong_or"), (("even", "though"), "but"), *(((word,), "but") for word in _BUT),
)  # fmt: skip
_PREPOSITIONS = ("with", "without", "on", "from", "in", "having", "not", "via", "through", "using")


def separator(text: Text, i: int) -> tuple[Sep | None, int]:
    """The separator at an index and where it ends; None where there is none."""
    low, following = text.low(i), text.low(i + 1)
    if low == ",":
        return _after_comma(text, i)
    if text.has(i, "even", "though"):
        return "but", i + 2
    if low in _BUT:
        return "but", i + 2 if following in ("also", "still") else i + 1
    if text.has(i, "as", "well", "as"):
        return "strong_and", i + 3
    if low in ("+", "|") or (low == "-" and _apart(text, i)):
        return "and", i + 1
    if low in ("and", "&", "plus"):
        strong = low == "plus" or following in RELATIVES or following in ("also", "then")
        return ("strong_and" if strong else "and"), i + 1
    if low in ("or", "nor"):
        return ("strong_or" if low == "or" and following in RELATIVES else "or"), i + 1
    if low in RELATIVES or low in _PREPOSITIONS:
        return "rel", i
    return None, i


def _apart(text: Text, i: int) -> bool:
    """A dash with spaces around it: 'viewed pricing - not subscribed'."""
    around = text.source[max(0, text[i].start - 1) : text[i].end + 1]
    return around == " - "


def _after_comma(text: Text, i: int) -> tuple[Sep, int]:
    for words, sep in _AFTER_COMMA:
        if text.has(i + 1, *words):
            return sep, i + 1 + len(words)
    return ("rel" if text.low(i + 1) in RELATIVES else "comma"), i + 1
