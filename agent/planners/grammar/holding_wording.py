"""Sentences on who gets nothing, put as 'users who … get nothing' and 'suppress both'."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_wording import replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import Text

_LEFT = (
    ("left", "out"), ("excluded",), ("skipped",), ("exempt",), ("exempted",), ("spared",),
    ("left", "alone"), ("left", "in", "peace"), ("off", "limits"), ("ignored",), ("suppressed",),
    ("muted",), ("out",), ("taboo",), ("not", "contacted"), ("not", "messaged"),
    ("not", "to", "be", "contacted"), ("not", "to", "be", "messaged"), ("on", "hold"),
    ("disregarded",), ("ruled", "out"), ("off", "the", "list"), ("kept", "out"),
    ("not", "eligible"),
    ("not", "included"), ("excepted",), ("removed",), ("ineligible",), ("silenced",),
    ("not", "to", "be", "disturbed"), ("not", "bothered"), ("not", "to", "be", "bothered"),
    ("dropped",), ("a", "no", "go"), ("off",), ("blocked",), ("barred",), ("in", "quarantine"),
)  # fmt: skip
_BEING = frozenset("is are be should must will shall to stay stays remain get gets always".split())
_WHOLLY = frozenset("completely altogether entirely everywhere wholly fully totally".split())


def whoever(text: Text, found: list[Mention]) -> Text:
    """'Whoever got two emails': users who got two emails."""
    for i in range(len(text)):
        if text.low(i) == "whoever" and text.low(i + 1) not in ("is", "are"):
            return replaced(text, i, i + 1, [word(text[i], "users"), word(text[i], "who")])
    return text


def left_out(text: Text, found: list[Mention]) -> Text:
    """'Users with … are to be left out completely': they get nothing."""
    begin = 0
    for end in (k for k in range(len(text) + 1) if k == len(text) or text.low(k) in ENDS):
        said = _left_out(text, begin, end, found)
        if said is not None:
            return said
        begin = end + 1
    return text


def _left_out(text: Text, begin: int, end: int, found: list[Mention]) -> Text | None:
    stop = end
    while text.low(stop - 1) in _WHOLLY:
        stop -= 1
    for words in _LEFT:
        k = stop - len(words)
        if k <= begin + 1 or not text.has(k, *words) or text.low(k - 1) not in _BEING:
            continue
        start = k
        while start > begin and text.low(start - 1) in _BEING:
            start -= 1
        if start <= begin or any(begin <= m[0] < end for m in found):
            return None
        new = [word(text[k], "get"), word(text[k], "nothing")]
        return replaced(text, start, end, new)
    return None


def neither(text: Text, found: list[Mention]) -> Text:
    """'While …, send neither' is 'suppress both', '… send nothing' is 'suppress everything'."""
    for i in range(len(text) - 1):
        if text.low(i) != "send" or text.low(i + 1) not in ("neither", "none"):
            continue
        end = i + 2
        while text.low(end) in ("of", "them", "these", "the", "two"):
            end += 1
        if text.low(end) in (*ENDS, "", "while", "if", "when", "to"):
            both = "both" if text.low(i + 1) == "neither" else "everything"
            return replaced(text, i, end, [word(text[i], "suppress"), word(text[i], both)])
    return text
