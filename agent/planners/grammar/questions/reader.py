"""A question read word by word: each word fills a slot, is a declared filler, or is reported."""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.questions import framing, grouping, limiting, measuring, ranking
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.slots import Asked
from agent.planners.grammar.questions.unknown import NothingNamed, not_known

Step = Callable[[Scan, int], int | None]

STEPS: tuple[Step, ...] = (
    framing.mark, framing.count, framing.share, framing.trend, framing.grain, framing.period,
    framing.compare, framing.versus, ranking.ranked, ranking.distribution, ranking.which,
    measuring.rate, grouping.group, measuring.function, measuring.metric, limiting.people,
    limiting.predicate, limiting.row_filter, measuring.thing, measuring.number_named,
    measuring.revenue, limiting.values, ranking.superlative, framing.preposition,
    limiting.verb_again, framing.filler,
)  # fmt: skip
"""At each word the first that reads it wins: where a step ends, the next word is read."""


def read(scan: Scan) -> None:
    """The whole text into its slots; raises Unclear at the first words that mean nothing here."""
    i = 0
    while i < len(scan.text):
        end = _step(scan, i, STEPS)
        if end is None:
            raise _unknown(scan, i)
        i = end


def _step(scan: Scan, i: int, steps: tuple[Step, ...]) -> int | None:
    for step in steps:
        end = step(scan, i)
        if end is not None and end > i:
            return end
    return None


def _unknown(scan: Scan, i: int) -> Unclear:
    """The words up to the next one that means something, with the nearest names."""
    before, scan.asked = scan.asked, Asked()
    end = i + 1
    while end < len(scan.text) and _step(scan, end, STEPS[:-2]) is None:
        end += 1
    rest = end
    while rest < len(scan.text):
        rest = _step(scan, rest, STEPS) or rest + 1
    if not any(slots.tells() for slots in (before, scan.asked)):
        return NothingNamed(question="Nothing of the catalog is named.")
    return not_known(scan.text, scan.world, i, end)
