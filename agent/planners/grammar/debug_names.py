"""Which metric a debug prompt means: by name or phrase, by its description, by a funnel's step."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon, Match
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.words import ARTICLES, Text, same_word, tokenise

_ENOUGH = 5
"""So many words in a row of a description are no chance."""
_STEPS = frozenset("step steps stage stages page pages screen screens".split())
_AT = frozenset("reach reaches reached reaching at abandon abandoned abandoning".split())


_SHORTEST = 4


def begun(text: Text, i: int, lexicon: Lexicon) -> frozenset[str]:
    """The metric that an abbreviation at an index stands for; none where several begin so."""
    low = text.low(i)
    if len(low) < _SHORTEST or not low.isalpha() or lexicon.knows(low):
        return frozenset()
    named = [
        name
        for name, metric in lexicon.catalog.metrics.items()
        for phrase in metric.phrases if phrase.split()[0].startswith(low)
    ]  # fmt: skip
    return frozenset(named) if len({*named}) == 1 else frozenset()


class MetricNames:
    """Finds metrics and steps of funnels in one text."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.catalog = lexicon.catalog
        self.shortened: list[str] = []
        """The abbreviations that were read as a metric."""
        self._described = {
            name: [t.low for t in tokenise(metric.description).tokens
                   if t.kind != "mark" and t.low not in ARTICLES]
            for name, metric in self.catalog.metrics.items()
        }  # fmt: skip

    def at(self, i: int) -> tuple[frozenset[str], int] | None:
        """The metrics that the words at an index may mean, and the token after them."""
        described = self._description(i)
        found = self.lexicon.at("metric", self.text, i)
        if described is not None and (not found or described[1] > found[0].end):
            return described
        if not found:
            return self._shortened(i)
        end = found[0].end
        event = self.lexicon.longest("event", self.text, i)
        if event is not None and event.end > end:
            return None
        return frozenset(match.sense.name for match in found if match.end == end), end

    def _shortened(self, i: int) -> tuple[frozenset[str], int] | None:
        """'conv': the beginning of what names one metric alone."""
        meant = begun(self.text, i, self.lexicon)
        if not meant:
            return None
        self.shortened.append(self.text.words(i, i + 1))
        return meant, i + 1

    def funnel(self, i: int) -> frozenset[str] | None:
        """'the funnel', where the catalog has a single metric."""
        only = len(self.catalog.metrics) == 1 and self.text.low(i) in ("funnel", "funnels")
        return frozenset(self.catalog.metrics) if only else None

    def _description(self, i: int) -> tuple[frozenset[str], int] | None:
        best: tuple[frozenset[str], int] | None = None
        for name, words in self._described.items():
            for start in range(len(words) - _ENOUGH + 1):
                end = self._run(i, words[start:])
                if end is not None and (best is None or end > best[1]):
                    best = frozenset({name}), end
        return best

    def _run(self, i: int, words: list[str]) -> int | None:
        """Where a run of words ends that begins at an index and is long enough."""
        position, said = i, 0
        for word in words:
            while self.text.low(position) in ARTICLES:
                position += 1
            if not same_word(self.text.low(position), word):
                break
            position, said = position + 1, said + 1
        return position if said >= _ENOUGH else None

    def step(self, i: int) -> tuple[frozenset[str], int, str] | None:
        """The metrics whose funnel has the step that stands at an index.

        Raises Unclear for what is counted but is no step of a metric's funnel.
        """
        match = self._counted(i) or self.lexicon.longest("event", self.text, i)
        event, end = (match.sense.name, match.end) if match is not None else (None, i)
        if event is None:
            event, end = self._by_word(i, event, end)
        if event is None:
            return None
        metrics = self._with_step(event)
        said = self.text.words(i, end)
        if not metrics:
            raise Unclear(question=self._no_metric(said))
        return metrics, end, said

    def _counted(self, i: int) -> Match | None:
        """'finish fewer titles': the phrase of an event with a comparison inside it."""
        if self.text.low(i + 1) not in ("fewer", "less", "more"):
            return None
        rest = Text(self.text.source, [*self.text[: i + 1], *self.text[i + 2 :]])
        match = self.lexicon.longest("event", rest, i)
        whole = match is not None and match.end > i + 1
        return match._replace(end=match.end + 1) if match is not None and whole else None

    def _with_step(self, event: str) -> frozenset[str]:
        return frozenset(
            name for name, metric in self.catalog.metrics.items()
            if event in self.catalog.funnels[metric.funnel].steps
        )  # fmt: skip

    def _by_word(self, i: int, event: str | None, end: int) -> tuple[str | None, int]:
        """'reach checkout', 'the pricing step': a word of one step's name alone."""
        low = self.text.low(i)
        before = self.text.low(i - 1) if self.text.low(i - 1) != "the" else self.text.low(i - 2)
        if not (self.text.low(i + 1) in _STEPS or before in _AT):
            return event, end
        steps = {
            step for funnel in self.catalog.funnels.values() for step in funnel.steps
            if same_word(low, step.split("_")[0])
        }  # fmt: skip
        return (next(iter(steps)), i + 1) if len(steps) == 1 else (event, end)

    def _no_metric(self, said: str) -> str:
        names = ", ".join(sorted(self.catalog.metrics))
        return (
            f"'{said}' is no metric and no step of a metric's funnel. Which metric do you mean? "
            f"The catalog has: {names}."
        )
