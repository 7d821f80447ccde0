"""Who gets a message, put as 'users who … get A', and asides on it as 'unless …'."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.order_wording import mark, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text

_DUE = (
    ("eligible", "for"), ("due", "for"), ("qualified", "for"), ("in", "line", "for"), ("up", "for"),
    ("candidates", "for"), ("to", "get"), ("to", "receive"), ("to", "be", "sent"), ("sent",),
    ("to", "be", "shown"), ("shown",), ("given",), ("to", "be", "given"), ("entitled", "to"),
    ("offered",), ("to", "be", "offered"), ("served",), ("a", "fit", "for"), ("ready", "for"),
    ("the", "audience", "for"), ("the", "target", "for"), ("invited", "to"), ("put", "on"),
    ("moved", "to"), ("assigned",), ("assigned", "to"), ("meant", "for"),
)  # fmt: skip
_BE = frozenset("is are be being was were".split())
_MAY = frozenset("should must shall will may can ought".split())
_TAKING = (
    ("hears", "from"), ("hears", "about"), ("see",), ("sees",), ("hear", "about"), ("have",),
    ("qualify", "for"), ("qualifies", "for"),
    ("go", "to"), ("go", "into"), ("fall", "into"), ("fall", "under"), ("belong", "to"),
    ("hear", "from"), ("find",), ("take",), ("land", "in"), ("go", "on"),
)  # fmt: skip


def gets(text: Text, found: list[Mention]) -> Text:
    """'Customers with … are eligible for A', '… should see A': they get A."""
    for mention in found:
        k = mention[0]
        while text.low(k - 1) in ARTICLES:
            k -= 1
        for words in sorted((*_DUE, *_TAKING), key=len, reverse=True):
            start = k - len(words)
            if start < 1 or not text.has(start, *words):
                continue
            led = start
            while text.low(led - 1) in _BE | _MAY | {"then", "also", "all"}:
                led -= 1
            said = {text.low(j) for j in range(led, start)}
            plain = words[0] in ("see", "sees", "hears", "qualify", "qualifies", "go", "fall")
            if (words in _DUE and not said & _BE) or led == 0:
                continue
            if words in _TAKING and not (said & _MAY or plain):
                continue
            if _who_first(text, led):
                return replaced(text, led, k, [word(text[k], "get")])
    return text


def _who_first(text: Text, end: int) -> bool:
    """Whether something stands before it in its sentence, and not a negation right there."""
    if text.low(end - 1) in (*ENDS, ",", "not", "never", "and", "or", "that", "who", "which", "to"):
        return False
    return text[end - 1].kind != "mark"


_NEVER = frozenset("never not".split())
_WHEN = frozenset("if when while whenever once during".split())


def unless(text: Text, found: list[Mention]) -> Text:
    """'A for …, but never if they …': 'A for …, unless they …'."""
    for i in range(1, len(text) - 2):
        if text.low(i) not in _NEVER or text.low(i + 1) not in _WHEN:
            continue
        k = i
        while text.low(k - 1) in ("but", "and", ",", "though", "just", "only", "please", "-", "–"):
            k -= 1
        begin = max((j + 1 for j in range(k) if text.low(j) in ENDS), default=0)
        named = {m[2] for m in found if begin <= m[0] < k}
        if k == i or not named or mention_at(found, i + 2) is not None:
            continue
        end = next((j for j in range(i, len(text)) if text.low(j) in ENDS), len(text))
        if any(i <= m[0] < end for m in found):
            continue
        return replaced(text, k, i + 2, [mark(text[k], ","), word(text[i], "unless")])
    return text


def gapped(text: Text, found: list[Mention], lexicon: Lexicon) -> Text:
    """'Users with … get A, customers who … for B': get B, where the sentence said get before."""
    for mention in found:
        k = mention[0]
        while text.low(k - 1) in ARTICLES:
            k -= 1
        closes = text.low(mention[1]) in (*ENDS, "", ",", ")")
        if text.low(k - 1) not in ("for", "to") or not closes or k < 3:
            continue
        begin = max((j + 1 for j in range(k) if text.low(j) in ENDS), default=0)
        told = any(text.low(j) in ("get", "gets") for j in range(begin, k))
        comma = next((j for j in range(k - 1, begin, -1) if text.low(j) == ","), None)
        if not told or comma is None or any(comma < m[0] < k for m in found):
            continue
        start = comma + 1 + (text.low(comma + 1) in ("and", "while", "but"))
        if any(lexicon.is_person(text, j) for j in range(start, min(start + 3, k))):
            return replaced(text, k - 1, k, [word(text[k], "get")])
    return text


def apart(text: Text, found: list[Mention], lexicon: Lexicon) -> Text:
    """'Users with … get A, customers who … get B': a sentence each."""
    for k, mention in enumerate(found[:-1]):
        cut, after = mention[1], found[k + 1]
        start = cut
        while text.low(start) in (",", "and", "while", "whereas", "but"):
            start += 1
        if start == cut or start >= after[0] or not _given(text, after):
            continue
        begin = max((j + 1 for j in range(cut) if text.low(j) in ENDS), default=0)
        people = any(lexicon.is_person(text, j) for j in range(start, min(start + 3, after[0])))
        led = any(text.low(j) in ("get", "gets") for j in range(begin, mention[0]))
        if people and led:
            return replaced(text, cut, start, [mark(text[cut], ";")])
    return text


def _given(text: Text, mention: Mention) -> bool:
    k = mention[0]
    while text.low(k - 1) in ARTICLES:
        k -= 1
    return text.low(k - 1) in ("get", "gets", "receive", "receives")


_GREETINGS = frozenset("dear hi hello hey morning".split())


def greeted(text: Text) -> Text:
    """The text without 'Dear colleagues,'."""
    if text.low(0) not in _GREETINGS:
        return text
    for k in range(1, min(4, len(text))):
        if text.low(k) in (",", "!", ":", "\n", "-", "–"):
            return text.slice(k + 1, len(text))
        if text[k].kind != "word":
            return text
    return text
