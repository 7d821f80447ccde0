"""Rules written tersely, put in the words of a sentence: 'platform = iOS AND logins >= 3'.

Signs for words ('!=', '&&', '>= 1x'), values in brackets ('country in (DE, AT)'), and a comparison
that stands after what it counts: 'workouts completed in the last 14 days = 0'.
"""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.padding import unit
from agent.planners.grammar.quantities import comparison, quantity
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import Text, Token

_COUNTED: tuple[Kind, ...] = ("event", "entity")
_NAMED: tuple[Kind, ...] = ("column", "trait")
_SIGNS = frozenset({"=", "==", ">", "<", ">=", "<=", "≥", "≤", "!=", "is", "are", ":"})
_COMPARING = frozenset({"=", "==", ">", "<", ">=", "<=", "!=", "≥", "≤"})
_STARTS = frozenset({
    "", "having", "have", "has", "where", "whose", "that", "and", "or", "but", ",", ";", ".", "\n",
    "(", "who", "with", "not", "+", "&", "|", "!", "?", "plus", "-", "•", "*", "–",
})  # fmt: skip
_ENDS = frozenset({"", "and", "or", "but", ",", ";", ".", "\n", ")", "+", "&", "|", "!", "?",
                   "plus", "-", "–", "who", "excluding", "except", "without"})  # fmt: skip
_TIMED = frozenset("in within since during over this last past for before after between from "
                   "until yesterday today".split())  # fmt: skip
_NONE = frozenset({"0", "zero", "none", "nothing"})
_FAR = 14
_SUMS = frozenset("total sum amount value worth spend spent average avg revenue".split())
"""Beside one of these a number is no count."""


def in_sentences(text: Text, lexicon: Lexicon) -> Text:
    """The text with such shorthand written out."""
    return _counts_last(_days_since(_calls(_brackets(_signs(text), lexicon), lexicon)), lexicon)


def compares(text: Text) -> bool:
    """Whether signs compare something: a condition, told in code."""
    return any(one.low in _COMPARING for one in text.tokens) and not text.source.endswith("?")


def _signs(text: Text) -> Text:
    """'&&', '||', '!=' and a trailing ';' in the words that they stand for."""
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        low, after = text.low(i), text.low(i + 1)
        if low in ("->", "→", "=>"):
            tokens.append(replace(text[i], text=":", low=":", kind="mark"))
            i += 1
            continue
        if low == after and low in ("&", "|"):
            tokens.append(word(text[i], "and" if low == "&" else "or"))
            i += 2
            continue
        if low == "!" and text[i].kind == "mark" and _negates(text, i):
            tokens.append(word(text[i], "not"))
            i += 1
            continue
        if low in ("!=", "<>") or (low == "<" and after == ">"):
            tokens += [word(text[i], "is"), word(text[i], "not")]
            i += 2 if low == "<" else 1
            continue
        tokens.append(text[i])
        i += 1
    return Text(text.source, tokens)


def _negates(text: Text, i: int) -> bool:
    """'!subscribed': right before a word, after nothing or a space."""
    joined = i + 1 < len(text) and text[i + 1].start == text[i].end and text[i + 1].kind == "word"
    return joined and (i == 0 or text[i - 1].end < text[i].start or text.low(i - 1) == "(")


def _brackets(text: Text, lexicon: Lexicon) -> Text:
    """'country in (India, Brazil)', 'source = [search, direct]': one of the values."""
    for i in range(1, len(text) - 2):
        if text.low(i) not in ("(", "[", "{") or text.low(i - 1) not in ("in", "=", "is", ":", "of",
                                                                         "not"):  # fmt: skip
            continue
        end = next((k for k in range(i + 1, len(text)) if text.low(k) in (")", "]", "}")), None)
        if end is None:
            return text
        inside = [
            word(one, "or") if one.low in (",", "|", "/") else one
            for one in text.tokens[i + 1 : end]
            if one.low not in ("'", '"')
        ]
        before = _without_in(text, i, lexicon)
        return _brackets(Text(text.source, [*before, *inside, *text.tokens[end + 1 :]]), lexicon)
    return text


def _calls(text: Text, lexicon: Lexicon) -> Text:
    """'orders(90d) >= 2', 'count(workout_completed, 30 days)': what is counted, and when."""
    for i in range(len(text) - 2):
        k = i + 1 if text.low(i) in ("count", "sum", "n", "num") else i
        counting = k > i and text.low(i) != "sum" and text.low(k) == "("
        named = k + 1 if counting else i
        match = next((m for kind in _COUNTED for m in lexicon.at(kind, text, named)), None)
        if match is None or not (counting or text.low(match.end) == "("):
            continue
        position = match.end + (text.low(match.end) in ("(", ","))
        while text.low(position) in ("last", "past", "in", "the"):
            position += 1
        length = quantity(text, position) if text.low(position) != ")" else None
        timed = length is not None and unit(text.low(length.end))
        end = length.end + 1 if length is not None and timed else position
        if text.low(end) != ")" or (not counting and not timed):
            continue
        tokens = list(text.tokens[named : match.end])
        if timed:
            window = [word(text[position], one) for one in ("in", "the", "last")]
            tokens += [*window, *text.tokens[position:end]]
        rest = text.tokens[end + 1 :]
        return _calls(Text(text.source, [*text.tokens[:i], *tokens, *rest]), lexicon)
    return text


def _days_since(text: Text) -> Text:
    """'days since last order > 60': the last order was more than 60 days ago."""
    for i in range(len(text) - 4):
        since = text.low(i + 1) == "since" and text.low(i + 2) in ("last", "the", "first")
        if text.low(i) not in ("days", "weeks", "months", "hours") or not since:
            continue
        sign = next((k for k in range(i + 3, min(i + 9, len(text)))
                     if text.low(k) in _SIGNS or comparison(text, k)), None)  # fmt: skip
        start = sign
        while start is not None and text.low(start) in ("=", "is", ":", "are"):
            start += 1
        count = quantity(text, start) if start is not None else None
        if sign is None or count is None or count.bare or count.vague or start is None:
            continue
        if text.low(count.end) not in _ENDS:
            continue
        age = [*text.tokens[start : count.end], text[i], word(text[i], "ago")]
        tokens = [*text.tokens[:i], *text.tokens[i + 2 : sign], word(text[i], "was"), *age]
        return _days_since(Text(text.source, [*tokens, *text.tokens[count.end :]]))
    return text


def _without_in(text: Text, i: int, lexicon: Lexicon) -> list[Token]:
    """What stands before the brackets; 'country in' is 'country is'."""
    before = list(text.tokens[:i])
    negated = text.low(i - 1) == "in" and text.low(i - 2) == "not"
    named = i - 2 - negated
    if text.low(i - 1) != "in" or not _ends_here(text, named + 1, _NAMED, lexicon):
        return before
    said = ["is", "not"] if negated else ["is"]
    return [*before[: named + 1], *(word(text[i - 1], one) for one in said)]


def _ends_here(text: Text, end: int, kinds: tuple[Kind, ...], lexicon: Lexicon) -> bool:
    return any(
        match.end == end
        for k in range(max(0, end - 4), end)
        for kind in kinds
        for match in lexicon.at(kind, text, k)
    )


def _counts_last(text: Text, lexicon: Lexicon) -> Text:
    """'pricing views >= 1', 'sessions last 7 days: 3 or more': the count comes first."""
    for i in range(1, len(text) - 1):
        moved = _moved(text, i, lexicon) if text.low(i) in _SIGNS else None
        if moved is not None:
            return _counts_last(moved, lexicon)
    return text


def _moved(text: Text, i: int, lexicon: Lexicon) -> Text | None:
    """The count at an index before what it counts; None where that is no such count."""
    sized = _size(text, i)
    start = _counted_from(text, i, lexicon) if sized is not None else None
    if sized is None or start is None:
        return None
    number, end = sized
    begun = start
    while text.low(begun) in ("the", "number", "of", "total", "count", "#", "no", "all"):
        begun += 1
    counted = list(text.tokens[begun:i])
    if counted and counted[-1].low in ("count", "total", "number"):
        counted = counted[:-1]
    rest = text.tokens[end:]
    return Text(text.source, [*text.tokens[:start], *number, *counted, *rest])


def _size(text: Text, i: int) -> tuple[list[Token], int] | None:
    """The tokens of a count at an index, said with its comparison, and where it ends."""
    start = i
    while text.low(start) in ("is", "are", "=", "==", ":") and comparison(text, start + 1):
        start += 1
    if text.low(start) in ("=", "==", "is", "are", ":") and text.low(start + 1) in _NONE:
        end = start + 2
        return ([word(text[start + 1], "no")], end) if text.low(end) in _ENDS else None
    begin = start + 1 if text.low(start) in ("=", "==", "is", "are", ":") else start
    count = quantity(text, begin)
    if count is None or count.vague or count.times or count.currency:
        return None
    if text.low(count.end) not in _ENDS | _TIMED:
        return None
    tokens = list(text.tokens[begin : count.end])
    if count.bare and begin > start:
        if text.low(start) not in ("=", "=="):
            return None
        tokens = [word(text[start], "exactly"), *tokens]
    return tokens, count.end


def _of_people(text: Text, i: int, lexicon: Lexicon) -> bool:
    """Whether a value of people, or of what is theirs, is named at an index."""
    event = lexicon.longest("event", text, i)
    return any(
        not match.sense.owner.startswith("event:") and (event is None or event.end < match.end)
        for kind in _NAMED
        for match in lexicon.at(kind, text, i)
    )


def _counted_from(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """Where the words begin that a count after them counts: an event or a row, and its period."""
    start = i
    while start > 0 and i - start < _FAR and text.low(start - 1) not in _STARTS:
        start -= 1
        if text.low(start) in _SIGNS:
            return None
    begun = start
    while text.low(begun) in ("the", "number", "of", "total", "count", "#", "all"):
        begun += 1
    said = {text.low(k) for k in range(start, i)}
    if begun >= i or quantity(text, begun) is not None or _SUMS & said - {"number", "count"}:
        return None
    if _of_people(text, begun, lexicon):
        return None
    names = any(lexicon.starting(kind, text, k) for kind in _COUNTED for k in range(begun, i))
    plural = any(
        (text.low(k).endswith("s") and lexicon.knows(text.low(k))) or "_" in text.low(k)
        for k in range(begun, i)
    )
    return start if names and plural else None
