"""Words of a policy put the way that conditions are read: 'there is', 'for 3 days after …'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.spans import UNITS
from agent.planners.grammar.words import ARTICLES, Text, Token, is_past

_IS = frozenset("is are was were gets get".split())
_LASTING = frozenset("for during within in until".split())
_SINCE = frozenset("after of following from since".split())
_PRONOUNS = frozenset("they he she".split())
_HELPING = frozenset(
    "have has had are is were was do does did be been not never no get got".split()
)
"""After one of these 'they' needs no other: 'once they subscribe' is 'once they have'."""
_JOINS = frozenset("and or ,".split())
_NOUN = 3
"""So many words a noun has at most."""


def variants(text: Text, lexicon: Lexicon) -> Iterator[Text]:
    """The text, and the same said as a predicate of people where it may be a bare noun."""
    text = _subject(passive(there_is(text), lexicon), lexicon)
    if text.low(0) in _PRONOUNS and text.low(1) not in _HELPING and len(text) > 1:
        happened = [word(text[0], "have"), word(text[1], past(text.low(1)))]
        yield Text(text.source, [text[0], *happened, *text.tokens[2:]])
    yield text
    if not len(text):
        return
    for words in (("with",), ("users", "who"), ("users", "who", "are"), ("they", "had"),
                  ("users", "who", "received")):  # fmt: skip
        yield before(text, *words)


def _subject(text: Text, lexicon: Lexicon) -> Text:
    """'the viewer subscribes', 'somebody cancels': they do."""
    if text.low(0) in ("when", "once", "whenever") and text.low(1) in _PRONOUNS:
        return text.slice(1, len(text))
    begin = int(text.low(0) in ("when", "once", "if", "whenever"))
    k = begin + (text.low(begin) in (*ARTICLES, "this", "that"))
    one = text.low(k) in ("somebody", "someone", "person") or (
        k > begin and lexicon.is_person(text, k)
    )
    verb = text.low(k + 1)
    if not one or text.low(k).endswith("ss") or not verb.endswith("s") or verb in _HELPING | _IS:
        return text
    return Text(text.source, [word(text[k], "they"), *text.tokens[k + 1 :]])


_PASTS = {
    "see": "saw", "do": "did", "begin": "began", "buy": "bought", "go": "went", "make": "made",
    "write": "wrote", "send": "sent", "run": "ran", "take": "took", "come": "came", "pay": "paid",
    "spend": "spent", "leave": "left", "read": "read",
}  # fmt: skip


def past(low: str) -> str:
    """The past form of a verb: subscribe, subscribed."""
    base = low.removesuffix("s") if low.endswith("s") and not low.endswith("ss") else low
    if low in _PASTS or base in _PASTS:
        return _PASTS.get(low) or _PASTS[base]
    if base.endswith(("ed", "t")) and is_past(base):
        return base
    return f"{base}d" if base.endswith("e") else f"{base}ed"


_ARROWS = frozenset({"->", "→", ":", "=", ">"})


def entry_variants(text: Text, lexicon: Lexicon) -> Iterator[Text]:
    """An entry as it stands, and with what stands before an arrow said of people."""
    text = passive(there_is(text), lexicon)
    yield text
    for k in range(1, len(text) - 1):
        double = text.low(k) == "=" and text.low(k + 1) == ">"
        if text.low(k) in _ARROWS:
            rest = [word(text[k], "get"), *text.tokens[k + 1 + double :]]
            head = text.slice(int(text.low(0) in ("if", "when", "whenever")), k)
            for words in (("users", "with"), ("users", "who"), ("users", "who", "are")):
                yield Text(text.source, [*before(head, *words).tokens, *rest])
            return


def of_a_value(text: Text, lexicon: Lexicon) -> Iterator[Text]:
    """'for the US and Canada': for US and Canada users, where values of people close the text."""
    for i in range(len(text) - 1):
        if text.low(i) not in ("for", "to") or lexicon.is_person(text, len(text) - 1):
            continue
        start = i + 1 + (text.low(i + 1) in ARTICLES)
        match = lexicon.longest("value", text, start)
        end = match.end if match is not None else start
        while match is not None and text.low(end) in ("and", "or", ","):
            after = lexicon.longest("value", text, end + 1)
            if after is None:
                break
            end = after.end
        if match is not None:
            listed = [
                word(one, "or") if one.low == "and" else one for one in text.tokens[start:end]
            ]
            new = [word(text[i], "for"), word(text[i], "users"), word(text[i], "in"), *listed]
            yield Text(text.source, [*text.tokens[:i], *new, *text.tokens[end:]])
            return


def before(text: Text, *words: str) -> Text:
    """The text with words before it that stand where it begins."""
    return Text(text.source, [*(word(text[0], low) for low in words), *text.tokens])


def word(place: Token, low: str) -> Token:
    """A word that the prompt does not have, standing where a token is."""
    return replace(place, text=low, low=low, kind="word", value=None)


def there_is(text: Text) -> Text:
    """'if there is an open ticket': they have one."""
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        token = text[i]
        if token.low == "there" and text.low(i + 1) != "fore":
            tokens += [word(token, "they"), word(token, "have")]
            i += 2 if text.low(i + 1) in (*_IS, "exists") else 1
            if text.has(i, "been"):
                i += 1
            continue
        tokens.append(token)
        i += 1
    return Text(text.source, tokens)


def passive(text: Text, lexicon: Lexicon) -> Text:
    """'a ticket is opened': they opened a ticket, where the catalog has such an event."""
    for i in range(len(text)):
        found = _passive_at(text, i, lexicon)
        if found is not None:
            tokens, end = found
            rest = passive(text.slice(end, len(text)), lexicon)
            return Text(text.source, [*text.tokens[:i], *tokens, *rest.tokens])
    return text


def _passive_at(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    start = i
    while text.low(start) in (*ARTICLES, "any", "another"):
        start += 1
    for length in range(_NOUN, 0, -1):
        k = start + length
        been = text.low(k) in ("has", "have", "had") and text.low(k + 1) == "been"
        if text.low(k) not in _IS and not been:
            continue
        k += 1 + been
        if not is_past(text.low(k)):
            continue
        noun = list(text.tokens[start : start + length])
        said = Text(text.source, [text[k], word(text[k], "a"), *noun])
        match = lexicon.longest("event", said, 0)
        if match is not None and match.end == len(said):
            return [word(text[i], "they"), word(text[i], "have"), *said.tokens], k + 1
    return None


def lasting(text: Text) -> Text:
    """'for 3 days after they cancel': they cancelled in the last 3 days."""
    found = duration_first(text, 0)
    if found is None:
        return _without(text)
    length, start = found
    rest = text.slice(start, len(text))
    stop = next((k for k in range(1, len(rest)) if _another(rest, k)), len(rest))
    window = [word(rest[stop - 1], low) for low in ("in", "the", "last")]
    first = _told(rest.slice(0, stop)).tokens
    tail: list[Token] = []
    if stop < len(rest):
        at = stop
        while rest.low(at) in _JOINS:
            tail.append(rest[at])
            at += 1
        tail += lasting(rest.slice(at, len(rest))).tokens
    return Text(text.source, [*first, *window, *length, *tail])


def _without(text: Text) -> Text:
    """'after 7 days without a session': without one in the last 7 days."""
    length, end = duration(text, int(text.low(0) == "after"))
    if not length or text.low(end) not in ("without", "of", "with") or end + 1 >= len(text):
        return text
    if text.low(end) != "without" and text.low(end + 1) not in ("no", "not"):
        return text
    rest = text.slice(end + (text.low(end) == "of"), len(text))
    return in_the_last(rest, Text(text.source, length))


def in_the_last(text: Text, length: Text) -> Text:
    """What happened, within a length of time up to now."""
    window = [word(text[len(text) - 1], low) for low in ("in", "the", "last")]
    return Text(text.source, [*_told(text).tokens, *window, *length.tokens])


def _told(text: Text) -> Text:
    """'after cancelling': they cancelled."""
    if text.low(0).endswith("ing"):
        return before(text, "they", "have", "been")
    return text


def _another(text: Text, k: int) -> bool:
    after = k
    while text.low(after) in _JOINS:
        after += 1
    return after > k and duration_first(text, after) is not None


def duration_first(text: Text, i: int) -> tuple[list[Token], int] | None:
    """'for 3 days after': the tokens of the duration, and the one after 'after'."""
    start = i + (text.low(i) in _LASTING)
    while text.low(start) in ("the", "first", "next", "a", "another"):
        start += 1
    length, end = duration(text, start)
    if not length or text.low(end) not in _SINCE:
        return None
    return length, end + 1


def duration(text: Text, i: int) -> tuple[list[Token], int]:
    """The tokens of '3 days', 'a week', and where they end; none where there is no duration."""
    if text.low(i - 1) in ("a", "one") and _unit(text.low(i)):
        return [word(text[i], "one"), text[i]], i + 1
    if text.low(i) in ("a", "one") and _unit(text.low(i + 1)):
        return [word(text[i], "one"), text[i + 1]], i + 2
    if _unit(text.low(i)):
        return [word(text[i], "one"), text[i]], i + 1
    found = quantity(text, i)
    if found is None or not found.bare or not _unit(text.low(found.end)):
        return [], i
    return list(text.tokens[i : found.end + 1]), found.end + 1


def _unit(low: str) -> bool:
    return low in UNITS or low.removesuffix("s") in UNITS
