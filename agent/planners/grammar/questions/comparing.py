"""Periods of the whole question, taken out before the rest is read.

'… this week vs last week' compares what is counted; were it left where it stands,
it would be read as a limit on users ('completed a workout this week').
"""

from __future__ import annotations

from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.periods import Periods, Said
from agent.planners.grammar.words import Text

_RELATIVE = frozenset("who whose that which".split())


def taken_out(text: Text, periods: Periods) -> tuple[Text, list[Said], bool]:
    """The text without the periods that hold for all of it, those periods, and whether they are
    compared."""
    pair = _compared(text, periods)
    if pair is not None:
        (one, other), cut = pair
        return _without(text, cut), [one, other], True
    if not _per_grain(text):
        return text, [], False
    found = [*_all(text, periods)]
    if len(found) != 1 or any(text.low(k) in _RELATIVE for k in range(found[0].start)):
        return text, [], False
    return _without(text, [(found[0].start, found[0].end)]), found, False


def _compared(
    text: Text, periods: Periods
) -> tuple[tuple[Said, Said], list[tuple[int, int]]] | None:
    joins = (*phrases.VERSUS, ("and",), ("to",))
    for i in range(len(text)):
        ends = [i + len(words) for words in joins if text.has(i, *words)]
        after = periods.at(max(ends)) if ends else None
        if after is None:
            continue
        before = _ending_at(text, periods, i)
        weak = text.low(i) in ("and", "to") and max(ends) == i + 1
        if before is not None and (not weak or _compares(text, before.start)):
            return (before, after), [(before.start, after.end)]
        if before is None and not weak:
            others = [one for one in _all(text, periods) if one.end <= i]
            if len(others) == 1:
                return (others[0], after), [(others[0].start, others[0].end), (i, after.end)]
    return None


def _compares(text: Text, i: int) -> bool:
    return any(text.has(k, *words) for k in range(i) for words in phrases.COMPARES)


def _ending_at(text: Text, periods: Periods, end: int) -> Said | None:
    end -= text.low(end - 1) == ","
    for start in range(max(0, end - 7), end):
        said = periods.at(start)
        if said is not None and said.end == end:
            return said
    return None


def _all(text: Text, periods: Periods) -> list[Said]:
    found = []
    i = 0
    while i < len(text):
        said = periods.at(i)
        if said is not None:
            found.append(said)
        i = said.end if said is not None else i + 1
    return found


def _per_grain(text: Text) -> bool:
    return any(
        text.low(k) in phrases.ADVERBS
        or (text.low(k) in ("per", "by", "each") and text.low(k + 1) in phrases.GRAINS)
        or any(text.has(k, *words) for words in phrases.TRENDS)
        for k in range(len(text))
    )


def _without(text: Text, cut: list[tuple[int, int]]) -> Text:
    kept = [
        token
        for k, token in enumerate(text.tokens)
        if not any(start <= k < end for start, end in cut)
    ]
    return Text(text.source, kept)
