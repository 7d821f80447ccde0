"""Spans that begin with a period of a to-one entity or with an event: since the trial started."""

from __future__ import annotations

from typing import Literal

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.spans import Span
from agent.planners.grammar.words import ARTICLES, Text, same_word
from core.conditions import SinceEvent, SinceMoment

_BETWEEN = ARTICLES | {"has", "have", "had"}


class SinceSpans:
    """Reads such spans in one text."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon

    def at(self, i: int) -> Span | None:
        """The span at an index."""
        if self.text.low(i) not in ("since", "after", "from"):
            return None
        return self._since_period(i) or self._since_event(i)

    def _since_period(self, i: int) -> Span | None:
        if self.text.low(i + 1) == "it" and self.text.low(i + 2) in ("started", "began"):
            return self._since_it(i)
        start = self._skip(i + 1, "they", "the", "their", "he", "she", "a", "have", "had")
        for column, phrases in self._moments().items():
            period = tuple(column.rsplit(".", 1)[1].removesuffix("_start").split("_"))
            for phrase in phrases:
                if self.text.low(i) != "since" and phrase == period:
                    continue
                end = self._phrase(start, phrase)
                if end is not None:
                    return Span(end, "window", SinceMoment(column=column))
        return None

    def _since_it(self, i: int) -> Span | None:
        """'whose trial ends soon and who … since it started': the period named before."""
        for column in self._moments():
            period = tuple(column.rsplit(".", 1)[1].removesuffix("_start").split("_"))
            if any(self._phrase(k, period) is not None for k in range(i)):
                return Span(i + 3, "window", SinceMoment(column=column))
        return None

    def _moments(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Timestamps of to-one entities that say when a period starts: trial_start, for one."""
        found: dict[str, tuple[tuple[str, ...], ...]] = {}
        for key, entity in self.lexicon.catalog.entities.items():
            if entity.cardinality != "one":
                continue
            for name, column in entity.columns.items():
                if column.type == "timestamp" and name.endswith("_start"):
                    period = tuple(name.removesuffix("_start").split("_"))
                    shapes = [
                        (*period, "started"), (*period, "began"), (*period, "start"),
                        ("start", "of", *period), ("beginning", "of", *period),
                        ("started", *period), ("starting", *period), ("beginning", *period),
                        ("began", *period), period, ("going", "on", *period),
                        ("joining", *period), ("entering", *period),
                    ]  # fmt: skip
                    shapes += [tuple(phrase.split()) for phrase in column.phrases]
                    shapes.sort(key=len, reverse=True)
                    found[f"{key}.{name}"] = tuple(shapes)
        return found

    def _phrase(self, i: int, words: tuple[str, ...]) -> int | None:
        for word in words:
            while self.text.low(i) in _BETWEEN and self.text.low(i) != word:
                i += 1
            if not (self.text.low(i) and same_word(self.text.low(i), word)):
                return None
            i += 1
        return i

    def during(self, i: int) -> Span | None:
        """During, in or while on a period that a to-one entity starts: the trial."""
        if self.text.low(i) not in ("during", "in", "while", "within", "throughout"):
            return None
        start = self._skip(i + 1, "they", "are", "were", "the", "on", "in", "of", "course")
        start = self._skip(start, "their", "the", "a", "current", "own")
        if start == i + 1:
            return None
        for column in self._moments():
            period = column.rsplit(".", 1)[1].removesuffix("_start")
            end = self._phrase(start, tuple(period.split("_")))
            if end is not None and self.text.low(end) not in ("users", "user"):
                end = end + 1 if self.text.low(end) == "period" else end
                note = f"'{self.text.words(i, end)}' counts from the start of the {period} to now."
                return Span(end, "window", SinceMoment(column=column), notes=(note,), period=period)
        return None

    def _since_event(self, i: int) -> Span | None:
        if self.text.low(i) != "since":
            return None
        start = self._skip(i + 1, "their", "the", "they", "have", "had", "a")
        which: Literal["first", "last"] = "last"
        if self.text.low(start) in ("first", "last", "latest", "most", "previous"):
            which = "first" if self.text.low(start) == "first" else "last"
            start += 2 if self.text.low(start) == "most" else 1
        match = self.lexicon.longest("event", self.text, start)
        if match is None:
            return None
        stated = self.text.words(i, match.end)
        notes: tuple[str, ...] = ()
        if not any(word in stated.lower() for word in ("first", "last", "latest", "recent")):
            notes = (f"'{stated}' counts from the last such event.",)
        window = SinceEvent(event=match.sense.name, which=which)
        return Span(match.end, "window", window, notes=notes)

    def _skip(self, i: int, *words: str) -> int:
        while self.text.low(i) in words:
            i += 1
        return i
