"""The likeliest answers to 'In which order?': the prompt with its sentences numbered."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.words import Text
from core.artifacts import Choice


def in_some_order(text: Text, found: list[Mention], starts: list[int]) -> tuple[Choice, ...]:
    """As the messages stand and, of two, the other way round; none where they share a sentence."""
    named = [_within(text, found, start) for start in starts]
    begins = all(start == 0 or text.low(start - 1) in ENDS for start in starts)
    alone = all(len({m[2] for m in one}) == 1 for one in named)
    keys = [one[0][2] for one in named if one]
    places = [text[start].start for start in starts]
    if not begins or not alone or len({*keys}) < max(len(starts), 2) or places != sorted(places):
        return ()
    words = [text.words(one[0][0], one[0][1]) for one in named]
    standing = [*range(1, len(starts) + 1)]
    ways = [standing, standing[::-1]] if len(starts) == 2 else [standing]
    return tuple(
        Choice(
            label=", then ".join(word for _, word in sorted(zip(way, words, strict=True))),
            prompt=_numbered(text.source, places, way),
        )
        for way in ways
    )


def _within(text: Text, found: list[Mention], start: int) -> list[Mention]:
    """The messages that the sentence names which begins at an index."""
    end = next((k for k in range(start, len(text)) if text.low(k) in ENDS), len(text))
    return [m for m in found if start <= m[0] < end]


def _numbered(source: str, places: list[int], numbers: list[int]) -> str:
    for place, n in reversed([*zip(places, numbers, strict=True)]):
        source = f"{source[:place]}{n}) {source[place:]}"
    return source
