"""The order of messages said one way: 'A over B', 'A is first', 'A is between', 'A is last'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.outline_words import ENDS, OVER, UNDER
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

Rewording = Callable[[Text, list[Mention]], Text]
"""One wording of a prompt put another way, given where its messages are named."""

_HANDLED = frozenset(
    "handled done sent over resolved finished out sorted dealt with taken care of has have been is "
    "are gone went served settled".split()
)
_COMES = frozenset(
    "comes come goes go is are we send follows stands sits , should be belongs put : - – then "
    "there".split()
)
_SITS = frozenset(
    "sits stands is are comes goes belongs right should be come go sit rank ranks".split()
)
_AFTER = frozenset("after below behind beneath under underneath".split())
_BEFORE = frozenset("before above".split())


def replaced(text: Text, start: int, end: int, tokens: list[Token]) -> Text:
    """The text with other tokens between two places."""
    return Text(text.source, [*text.tokens[:start], *tokens, *text.tokens[end:]])


def name(text: Text, mention: Mention) -> list[Token]:
    """The tokens that name a message."""
    return text.tokens[mention[0] : mention[1]]


def mark(place: Token, low: str) -> Token:
    """A mark that the prompt does not have, standing where a token is."""
    return replace(word(place, low), kind="mark")


def asked_first(text: Text, found: list[Mention]) -> Text:
    """'What comes first for trial users, A or B? B, when …': B over A, and who B is for."""
    asked = next((i for i in range(len(text)) if text.low(i) == "?"), None)
    two = [m for m in found if asked is not None and m[1] <= asked]
    if (
        asked is None
        or len(two) != 2
        or not any(text.low(k) == "or" for k in range(two[0][1], two[1][0]))
    ):
        return text  # fmt: skip
    answer = next((m for m in found if m[0] > asked), None)
    if answer is None or answer[2] not in (two[0][2], two[1][2]) or answer[0] > asked + 2:
        return text
    loser = two[0] if two[1][2] == answer[2] else two[1]
    people = next((k for k in range(two[0][0]) if text.low(k) in ("for", "among")), None)
    said = text.tokens[people : two[0][0]] if people is not None else []
    while said and (said[-1].low in (",", ":") or said[-1].low in ARTICLES):
        said.pop()
    k = answer[1]
    won = text.low(k) in ("win", "wins", "first", "comes", "goes", "beats", "should")
    while text.low(k) in (
        "should",
        "win",
        "wins",
        "first",
        "comes",
        "goes",
        "come",
        "go",
        "always",
    ):
        k += 1
    place = text[answer[0]]
    end = next((j for j in range(k, len(text)) if text.low(j) in ENDS), len(text))
    head = [*said]
    if won and text.low(k) == "for":
        if said:
            return text
        head, k = text.tokens[k:end], end
    rest = text.tokens[k:end]
    while rest and rest[0].low == ",":
        rest = rest[1:]
    who = [mark(place, "."), *name(text, answer), *rest] if rest else []
    lead = [*head, mark(place, ":")] if head else []
    order = [*name(text, answer), word(place, "over"), *name(text, loser)]
    return Text(text.source, [*lead, *order, *who, *text.tokens[end:]])


def waiting(text: Text, found: list[Mention]) -> Text:
    """'Let A wait until B is handled': A after B."""
    for first, second in pairwise(found):
        k = first[1]
        while text.low(k) in ("should", "must", "has", "to", "will", "can"):
            k += 1
        waits = text.low(k) in ("wait", "waits") and text.low(k + 1) in ("until", "for", "till")
        start = second[0]
        while text.low(start - 1) in ARTICLES:
            start -= 1
        if not waits or start != k + 2:
            continue
        end = second[1]
        while text.low(end) in ("issues", "issue", "messages", "matters", "cases") and end < len(
            text
        ):
            end += 1
        handled = end
        while text.low(handled) in _HANDLED:
            handled += 1
        if handled == end and text.low(k + 1) != "for":
            continue
        lead = first[0]
        while text.low(lead - 1) in (*ARTICLES, "let"):
            lead -= 1
        new = [*name(text, first), word(text[k], "after"), *name(text, second)]
        return replaced(text, lead, handled, new)
    return text


def same_subject(text: Text, found: list[Mention]) -> Text:
    """'A loses to B and beats C': A loses to B, A beats C."""
    for first, second in pairwise(found):
        k = second[1]
        if _compares(text, first[1]) is None or text.low(k) not in ("and", "but", ","):
            continue
        while text.low(k) in ("and", "but", ",", "should", "must"):
            k += 1
        compared = _compares(text, k)
        if compared is not None and any(mention_at(found, j) for j in (compared, compared + 1)):
            new = [mark(text[k], "."), *name(text, first)]
            return replaced(text, second[1], k, new)
    return text


def again_compared(text: Text, found: list[Mention]) -> Text:
    """'A must not go to guests and must come after B': what is said of A, and A after B."""
    for k in range(1, len(text) - 1):
        if text.low(k) not in ("and", "but"):
            continue
        compared = _compares(text, k + 1)
        begin = max((j + 1 for j in range(k) if text.low(j) in ENDS), default=0)
        lead = begin
        while text.low(lead) in ARTICLES:
            lead += 1
        subject = next((m for m in found if m[0] in (begin, lead)), None)
        named = compared is not None and any(mention_at(found, j) for j in (compared, compared + 1))
        alone = subject is not None and not any(subject[1] <= m[0] < k for m in found)
        if subject is not None and named and alone and k > subject[1]:
            return replaced(text, k, k + 1, [mark(text[k], "."), *name(text, subject)])
    return text


def _compares(text: Text, i: int) -> int | None:
    """Where the words of a comparison end that stand at an index."""
    while text.low(i) in ("should", "must", "to", "will", "always"):
        i += 1
    for words in (*OVER, *UNDER):
        if words not in ((",",), ("to",)) and text.has(i, *words):
            return i + len(words)
    return None


def after_it(text: Text, found: list[Mention]) -> Text:
    """'After A comes B' is A before B, and 'A …. After it comes B' is A …, then B."""
    for first, second in pairwise(found):
        lead = first[0] - 1
        while text.low(lead) in ARTICLES:
            lead -= 1
        k = first[1]
        while k < second[0] and text.low(k) in _COMES:
            k += 1
        begins = lead == 0 or text.low(lead - 1) in (*ENDS, ",", "and")
        k = second[0] if k in range(*second[:2]) else k
        if begins and text.low(lead) in _BEFORE and k == second[0]:
            new = [*name(text, second), word(text[lead], "over"), *name(text, first)]
            return replaced(text, lead, second[1], new)
        if begins and text.low(lead) in _AFTER and k == second[0]:
            again = [m for m in found if m[0] < first[0]][-1:]
            new = [word(text[lead], "then"), *name(text, second)]
            if not again or again[0][2] != first[2]:
                new = [*name(text, first), word(text[lead], "before"), *name(text, second)]
            return replaced(text, lead, second[1], new)
    return text


_PLACES = (
    (("at", "the", "top"), ("first",)), (("on", "top"), ("first",)),
    (("at", "the", "bottom"), ("last",)),
    (("at", "the", "very", "bottom"), ("last",)), (("at", "the", "very", "top"), ("first",)),
    (("right", "at", "the", "top"), ("first",)), (("right", "on", "top"), ("first",)),
    (("at", "the", "end"), ("last",)), (("at", "the", "very", "end"), ("last",)),
    (("in", "between"), ("between",)), (("in", "the", "middle"), ("between",)),
    (("between", "them"), ("between",)), (("between", "the", "two"), ("between",)),
    (("in", "the", "first", "place"), ("first",)), (("in", "last", "place"), ("last",)),
    (("top", "of", "the", "list"), ("first",)), (("bottom", "of", "the", "list"), ("last",)),
)  # fmt: skip


def places(text: Text, found: list[Mention]) -> Text:
    """'At the top B', 'B sits in the middle', 'at the bottom B': B is first, between, last."""
    for i in range(len(text) - 1, -1, -1):
        for words, place in _PLACES:
            if not text.has(i, *words):
                continue
            k = i + len(words)
            while text.low(k) in _COMES:
                k += 1
            after = next((m for m in found if m[0] == k), None)
            led = i
            while text.low(led - 1) in _SITS:
                led -= 1
            said = [word(text[i], "is"), *(word(text[i], one) for one in place)]
            if any(m[1] == led for m in found):
                text = replaced(text, led, i + len(words), said)
            elif after is not None:
                text = replaced(text, i, after[1], [*name(text, after), *said])
            else:
                continue
            return text
    return text


def never_goes(text: Text, found: list[Mention]) -> Text:
    """'A is last and never goes to …': what holds A back is a sentence of its own."""
    for i in range(len(text) - 2):
        if text.low(i) not in ("and", "but", ","):
            continue
        k = i + (text.low(i + 1) in ("and", "but")) + 1
        never = text.low(k) == "never" or (
            text.low(k) in ("should", "must", "does", "do") and text.low(k + 1) == "not"
        )
        goes = k + 1 + (text.low(k) != "never")
        if not never or text.low(goes) not in ("go", "goes", "be", "reach", "reaches"):
            continue
        begin = max((j for j in range(i) if text.low(j) in ENDS), default=-1)
        named = [m for m in found if begin < m[0] < i]
        if len({m[2] for m in named}) == 1:
            new = [mark(text[i], "."), *name(text, named[0])]
            return replaced(text, i, k, new)
    return text


def but_not(text: Text, found: list[Mention]) -> Text:
    """'A trumps B but not C': A over B, C over A."""
    for first, second in pairwise(found):
        k = second[1] + (text.low(second[1]) == ",")
        if _compares(text, first[1]) is None or not text.has(k, "but", "not"):
            continue
        begin = k + 2
        while text.low(begin) in ARTICLES:
            begin += 1
        third = next((m for m in found if m[0] <= begin < m[1]), None)
        over = next((w for w in OVER if text.has(first[1], *w)), None)
        if third is None or over is None or text.low(third[1]) not in (*ENDS, ""):
            continue
        new = [
            mark(text[k], "."), *name(text, third), word(text[k], "over"), *name(text, first),
        ]  # fmt: skip
        return replaced(text, second[1], third[1], new)
    return text


def otherwise_last(text: Text, found: list[Mention]) -> Text:
    """'A if …, and B otherwise': otherwise B."""
    for mention in found:
        end = mention[1]
        last = text.low(end) in ("otherwise", "else") and text.low(end + 1) in (*ENDS, "", ")")
        lead = mention[0]
        while text.low(lead - 1) in ARTICLES:
            lead -= 1
        start = lead
        while text.low(start - 1) in (",", "and", "or", "the"):
            start -= 1
        earlier = any(m[1] <= start for m in found)
        if last and start < lead and earlier:
            new = [mark(text[start], ","), word(text[start], "otherwise"), *name(text, mention)]
            return replaced(text, start, end + 1, new)
    return text


_EMPHASIS = (
    ("altogether",), ("completely",), ("entirely",), ("full", "stop"), ("of", "course"),
    ("no", "exceptions"), ("no", "matter", "what"), ("in", "turn"), ("as", "it", "were"),
    ("by", "all", "means"), ("under", "all", "circumstances"), ("in", "any", "event"),
)  # fmt: skip


def without_emphasis(text: Text, found: list[Mention]) -> Text:
    """The text without 'altogether', 'full stop', 'in turn': they say nothing more."""
    for i in range(len(text)):
        words = next((one for one in _EMPHASIS if text.has(i, *one)), None)
        if words is None:
            continue
        end = i + len(words)
        closes = text.low(end) in (*ENDS, "", ",") or words == ("in", "turn")
        if closes:
            start = i - (text.low(i - 1) == "," and text.low(end) in (*ENDS, ""))
            return replaced(text, start, end, [])
    return text
