"""Orders written as lists and tables, put as '1) A 2) B': 'Rank 1 = A', '1st A', '| 1 | A | …'."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.planners.grammar.dates import MONTHS
from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.order_wording import mark, name, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_RANKED = frozenset(
    "rank tier step priority prio level place position number no nr option choice slot p t round "
    "stage rule line entry".split()
)
"""Nouns that a number makes a place of: 'tier 1', 'step 2'."""
_LINKS = frozenset({":", "=", "-", "–", "—", ".", ")", "|", "/", "→", "->", "is", "goes", "to"})
_LABEL = re.compile(r"^([a-z]+?)[-.]?([1-9])$")


def ordinals(text: Text, found: list[Mention]) -> Text:
    """'A 1st, B 2nd': first, second; days of a month stay."""
    for i in range(len(text) - 1):
        low = text.low(i)
        if text[i].kind != "number" or text.low(i + 1) != "th" or low not in "12345":
            continue
        around = (text.low(i - 1), text.low(i + 2))
        if any(one in MONTHS for one in around) or around[1] in ("of", "day"):
            continue
        if around[0] in ("the", "on") and mention_at(found, i + 2) is None:
            continue
        return replaced(text, i, i + 2, [word(text[i], _ORDINALS[int(low) - 1])])
    return text


def ranked(text: Text, found: list[Mention]) -> Text:
    """'Rank 1 = A', 'Tier 1: A', 'p1 A', '1 - A': the number alone, as '1) A'."""
    cuts: list[tuple[int, int, Token]] = []
    for i in range(len(text)):
        if not _begins(text, i) and not any(m[1] == i for m in found):
            continue
        k, number = _numbered(text, i)
        if number is None or number.low != str(len(cuts) + 1):
            continue
        end = k
        while text.low(end) in _LINKS and end < k + 3:
            end += 1
        plain = text[i].kind == "number"
        if plain and (end == k or text.low(k) in (")", ".")):
            continue
        cuts.append((i, end, number))
    if len(cuts) < 2:
        return text
    for start, end, number in reversed(cuts):
        text = replaced(text, start, end, [number, mark(number, ")")])
    return text


def _begins(text: Text, i: int) -> bool:
    return i == 0 or text.low(i - 1) in (*ENDS, ",", ":", "and", "then", "-", "*", "•", ")", "(")


def _numbered(text: Text, i: int) -> tuple[int, Token | None]:
    """The token after 'tier 1', 'p1' or '1', and the number."""
    labelled = _LABEL.match(text.low(i))
    if labelled is not None and labelled[1] in _RANKED:
        number = replace(
            text[i], text=labelled[2], low=labelled[2], kind="number", value=float(labelled[2])
        )
        return i + 1, number
    k = i + (text.low(i) in _RANKED)
    k += k > i and text.low(k) in ("#", ".")
    if k < len(text) and text[k].kind == "number":
        return k + 1, text[k]
    return i, None


def tables(text: Text, found: list[Mention]) -> Text:
    """A table's rows, a message each, as a numbered list; its heading and rules are left out."""
    lines = _lines(text)
    rows = [(a, b) for a, b in lines if sum(text.low(k) == "|" for k in range(a, b)) >= 1]
    told = [row for row in rows if any(row[0] <= m[0] < row[1] for m in found)]
    if len(told) < 2:
        return text
    tokens: list[Token] = []
    count = 0
    for a, b in lines:
        if (a, b) in told:
            count += 1
            tokens += _row(text, a, b, count, found)
        elif (a, b) not in rows:
            tokens += text.tokens[a:b]
        if b < len(text):
            tokens.append(text[b])
    return Text(text.source, tokens)


def _lines(text: Text) -> list[tuple[int, int]]:
    ends = [k for k in range(len(text)) if text.low(k) == "\n"]
    return list(zip([0, *(k + 1 for k in ends)], [*ends, len(text)], strict=True))


def _row(text: Text, a: int, b: int, count: int, found: list[Mention]) -> list[Token]:
    """'| 2 | A | who |': '2) A who', whichever cell the message stands in."""
    cells: list[list[Token]] = [[]]
    naming = 0
    for k in range(a, b):
        if text.low(k) == "|":
            cells.append([])
            continue
        if mention_at(found, k) is not None and not naming:
            naming = len(cells) - 1
        cells[-1].append(text[k])
    place = text[a]
    number = replace(place, text=str(count), low=str(count), kind="number", value=float(count))
    others = [
        cell for n, cell in enumerate(cells) if n != naming and not _only_a_number(cell) and cell
    ]
    colon = [mark(place, ":")] if others else []
    said: list[Token] = []
    for n, cell in enumerate(others):
        said += [mark(place, ","), *cell] if n else cell
    return [number, mark(place, ")"), *cells[naming], *colon, *said]


def _only_a_number(cell: list[Token]) -> bool:
    return all(token.kind != "word" or token.low == "th" for token in cell)


def lines_of_messages(text: Text, found: list[Mention]) -> Text:
    """Lines that name one message each, one below the other: a list from the top to the bottom."""
    lines = [(a, b) for a, b in _lines(text) if any(t.kind != "mark" for t in text.tokens[a:b])]
    named = [[m for m in found if a <= m[0] < b] for a, b in lines]
    best: list[int] = []
    run: list[int] = []
    for k, one in enumerate(named):
        alone = len(one) == 1 and _begins_entry(text, *lines[k], one[0])
        fresh = alone and all(one[0][2] != named[j][0][2] for j in run)
        run = [*run, k] if fresh else []
        best = run if len(run) > len(best) else best
    if len(best) < 2 or any(_numbered_line(text, lines[k][0]) for k in best):
        return text
    if any(m[0] < lines[best[0]][0] for m in found):
        return text
    tokens = list(text.tokens)
    for n, k in reversed([*enumerate(best, 1)]):
        start = lines[k][0]
        while text[start].kind == "mark" and start < lines[k][1]:
            start += 1
        place = text[start]
        number = replace(place, text=str(n), low=str(n), kind="number", value=float(n))
        tokens[lines[k][0] : start] = [number, mark(place, ")")]
    return Text(text.source, tokens)


def _numbered_line(text: Text, i: int) -> bool:
    while i < len(text) and text[i].kind == "mark" and text.low(i) not in ENDS:
        i += 1
    return i < len(text) and (text[i].kind == "number" or text.low(i + 1) == ")")


_OPENS = frozenset("if when send give show for".split())


def _begins_entry(text: Text, a: int, b: int, mention: Mention) -> bool:
    """A line that begins with its message, or says who gets it before an arrow or a colon."""
    while a < b and (text[a].kind == "mark" or text.low(a) in (*ARTICLES, "send", "then")):
        a += 1
    if mention[0] <= a < mention[1]:
        return True
    led = mention[0]
    while text.low(led - 1) in (*ARTICLES, "send", "get", "give"):
        led -= 1
    given = led < mention[0] and text.low(a) in _OPENS
    return given or text.low(led - 1) in (":", "->", "→", ">", "=", "–", "—", ",", "then")


_REFERRING = frozenset(
    "mute suppress pause stop hold block skip silence end message messages tier tiers step steps "
    "rule rules entry entries number back off".split()
)
_AFTER_NUMBER = frozenset(
    ": , . ; ! ? and or for while when if once until after is are stops ends unless as should must "
    "in".split()
) | {"", "\n"}


def referred(text: Text, found: list[Mention]) -> Text:
    """'Mute 2 and 3 while …', 'stop P2 once …': the messages that the list numbers so."""
    numbered = {
        text.low(m[0] - 2): m
        for m in reversed(found) if text.low(m[0] - 1) == ")" and text[m[0] - 2].kind == "number"
    }  # fmt: skip
    if len(numbered) < 2:
        return text
    for i in range(len(text) - 1, 0, -1):
        labelled = _LABEL.match(text.low(i))
        number = labelled[2] if labelled and labelled[1] in _RANKED else text.low(i)
        if number not in numbered or text.low(i + 1) not in _AFTER_NUMBER:
            continue
        if labelled is None and (text[i].kind != "number" or not _leads_here(text, i, numbered)):
            continue
        before = text.low(i - 1)
        start = i - (
            labelled is None and (before in _RANKED or before.removesuffix("s") in _RANKED)
        )
        return replaced(text, start, i + 1, name(text, numbered[number]))
    return text


def _leads_here(text: Text, i: int, numbered: dict[str, Mention]) -> bool:
    """Whether a word that holds back or a 'rule' stands before a number, or a list of them."""
    k = i - 1
    while text.low(k) in ("and", "or", ",", "both", *numbered) or text.low(k) in _RANKED:
        if text.low(k) in _RANKED:
            return True
        k -= 1
    return text.low(k) in _REFERRING or mention_at([*numbered.values()], k) is not None


_LETTERS = "abcdef"
_LINE_STARTS = frozenset({*ENDS, "", ":", "-", "*", "•"})


def lettered(text: Text, found: list[Mention]) -> Text:
    """'A. nudge / B. win-back … never B while …': '1) nudge 2) win-back … never win-back'."""
    at: list[tuple[int, Mention]] = []
    for i in range(len(text) - 2):
        wanted = _LETTERS[len(at)] if len(at) < len(_LETTERS) else ""
        starts = i == 0 or text.low(i - 1) in _LINE_STARTS
        closed = text.low(i) == wanted and text.low(i + 1) in (".", ":", ")", "-", "–", "=")
        mention = next((m for m in found if m[0] in (i + 2, i + 3)), None)
        if starts and closed and mention is not None:
            at.append((i, mention))
    if len(at) < 2:
        return text
    tokens: list[Token] = []
    starts_at = {i: n for n, (i, _) in enumerate(at, 1)}
    meant = {_LETTERS[n]: mention for n, (_, mention) in enumerate(at)}
    skip = -1
    for i in range(len(text)):
        token = text[i]
        if i == skip:
            continue
        if i in starts_at:
            number = str(starts_at[i])
            tokens += [replace(token, text=number, low=number, kind="number", value=float(number)),
                       mark(token, ")")]  # fmt: skip
            skip = i + 1
        elif (
            i > at[-1][0]
            and token.text in {letter.upper() for letter in meant}
            and (token.low != "a" or text.low(i + 1) in ("or", "and", ",", "while", "once", "when"))
        ):
            tokens += name(text, meant[token.low])
        else:
            tokens.append(token)
    return Text(text.source, tokens)


def numbers_after(text: Text, found: list[Mention]) -> Text:
    """'Cart reminder 1, review request 2': first, second."""
    at = [
        m[1] for m in found
        if m[1] < len(text) and text[m[1]].kind == "number"
        and text.low(m[1] + 1) in (",", "(", "", *ENDS, "and")
    ]  # fmt: skip
    said = [text.low(i) for i in at]
    if len(at) < 2 or sorted(said) != [str(n) for n in range(1, len(at) + 1)]:
        return text
    for i in reversed(at):
        new = [word(text[i], "is"), word(text[i], _ORDINALS[int(text.low(i)) - 1])]
        text = replaced(text, i, i + 1, new)
    return text
