"""Sentences on who gets nothing, put as 'users who … get nothing' and 'suppress both'."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_wording import mark, name, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text

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
_BARE = (("excluded",), ("left", "out"), ("off", "limits"), ("suppressed",), ("exempt",))
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
        if k <= begin + 1 or not text.has(k, *words):
            continue
        bare = words in _BARE and text.low(k - 1) not in ("not", "never")
        if text.low(k - 1) not in _BEING and not bare:
            continue
        start = k
        while start > begin and text.low(start - 1) in _BEING:
            start -= 1
        if start <= begin or any(begin <= m[0] < end for m in found):
            return None
        new = [word(text[k], "get"), word(text[k], "nothing")]
        return replaced(text, start, end, new)
    return None


_UNSENT = (("be", "sent"), ("go", "out"), ("goes", "out"), ("is", "sent"), ("be", "shown"),
           ("be", "delivered"), ("is", "shown"), ("fires",), ("go",), ("run",))  # fmt: skip


def neither(text: Text, found: list[Mention]) -> Text:
    """'While …, send neither' is 'suppress both', '… send nothing' is 'suppress everything'."""
    for i in range(len(text) - 2):
        if text.low(i) not in ("neither", "none") or (i > 0 and text.low(i - 1) not in ENDS):
            continue
        k = i + 1
        while text.low(k) in ("of", "them", "these", "the", "two", "message", "may", "should",
                              "must", "can", "will", "shall"):  # fmt: skip
            k += 1
        sent = next((words for words in _UNSENT if text.has(k, *words)), None)
        if sent is not None and text.low(k + len(sent)) in ("while", "if", "when", "to", "during"):
            both = "both" if text.low(i) == "neither" else "everything"
            new = [word(text[i], "suppress"), word(text[i], both)]
            return replaced(text, i, k + len(sent), new)
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


_ENDING = frozenset(
    "cease ceases stop stops end ends terminate terminates finish finishes expire expires".split()
)
_ONCE = frozenset("once when if after as upon until whenever while with".split())


def same_target(text: Text, found: list[Mention]) -> Text:
    """'A is for … and shall cease once …': A …. A shall cease once …."""
    for i in range(1, len(text) - 2):
        k = i + (text.low(i) == ",") + (text.low(i + (text.low(i) == ",")) in ("and", "but"))
        if k == i or (text.low(i) == "," and text.low(i - 1) == ","):
            continue
        verb = k + (text.low(k) in ("shall", "should", "must", "will", "it"))
        if text.low(verb) not in _ENDING or text.low(verb + 1) not in _ONCE:
            continue
        begin = max((j + 1 for j in range(i) if text.low(j) in ENDS), default=0)
        named = [m for m in found if begin <= m[0] < i]
        lead = begin
        while text.low(lead) in ARTICLES:
            lead += 1
        subject = bool(named) and named[0][0] in (begin, lead)
        if subject or len({m[2] for m in named}) == 1:
            new = [mark(text[i], "."), *name(text, named[0])]
            return replaced(text, i, k + (text.low(k) == "it"), new)
    return text
