"""Whom a whole decision policy is for: 'Of the viewers who …, A first', 'in A firms and B ones'."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon, Sense
from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_wording import replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text

_PARTITIVE = (("of",), ("within",), ("amongst",), ("out", "of"), ("from", "among"), ("inside",))
_WHOLE = frozenset("all the our every those".split())


def among(text: Text, found: list[Mention], lexicon: Lexicon) -> Text:
    """'Of the viewers who …, A comes first', 'Within users in Spain: A': among them."""
    for i in range(len(text)):
        words = next((one for one in _PARTITIVE if text.has(i, *one)), None)
        if words is None or (i > 0 and text.low(i - 1) not in ENDS):
            continue
        k = i + len(words)
        while text.low(k) in _WHOLE and not lexicon.is_person(text, k):
            k += 1
        end = next((j for j in range(k, len(text)) if text.low(j) in ENDS), len(text))
        stop = next((m[0] for m in found if k <= m[0] < end), end)
        people = [j for j in range(k, stop) if lexicon.is_person(text, j)]
        if people == [k]:
            return replaced(text, i, k, [word(text[i], "among")])
    return text


_LED_BY = frozenset({"in", "at", "from", "of", "with", "on", "by"})


def either_value(text: Text, lexicon: Lexicon) -> Text:
    """'In software companies and agencies': a row has one value, so it is either of them."""
    for i in range(1, len(text) - 1):
        if text.low(i) not in ("and", ",", "&"):
            continue
        k = i + 1
        while text.low(k) in _LED_BY or text.low(k) in ARTICLES:
            k += 1
        after = [match.sense for match in lexicon.at("value", text, k)]
        if any(_other_value(one, two) for one in _values_before(text, i, lexicon) for two in after):
            return replaced(text, i, i + 1, [word(text[i], "or")])
    return text


def _values_before(text: Text, i: int, lexicon: Lexicon) -> list[Sense]:
    """The values that stand before the name of their one row, which ends at an index."""
    found: list[Sense] = []
    for start in range(max(i - 3, 0), i):
        for match in lexicon.at("entity", text, start):
            entity = lexicon.catalog.entities[match.sense.name]
            if match.end == i and entity.cardinality == "one":
                owner = f"entity:{match.sense.name}"
                found += [
                    value.sense
                    for k in range(max(start - 3, 0), start)
                    for value in lexicon.at("value", text, k)
                    if value.end == start and value.sense.owner == owner
                ]
    return found


def _other_value(one: Sense, two: Sense) -> bool:
    same = (one.owner, one.name) == (two.owner, two.name)
    return same and one.value != two.value
