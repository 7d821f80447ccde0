"""Timestamps of the user: 'signed up in the last 7 days', 'trial ends within 3 days'."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.planners.grammar.lexicon import Lexicon, Sense
from agent.planners.grammar.meaning import Found, all_of
from agent.planners.grammar.quantities import comparison
from agent.planners.grammar.rows import coming, looks_ahead, span_filters
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.words import Text
from core.conditions import (
    Absolute,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    InAudience,
    Op,
    Rolling,
    Value,
    leaves,
)

_BEFORE_TIME = frozenset("is was date at are were will be up coming falls due".split())
Leaf = Callable[[Sense, Op, Value], Condition]


class Moments:
    """Reads what is said of a timestamp of the user."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, leaf: Leaf) -> None:
        self.text = text
        self.catalog = lexicon.catalog
        self.times = times
        self._leaf = leaf

    def at(self, i: int, end: int, sense: Sense) -> Iterator[Found]:
        """What is said from a token on of the timestamp that was named before it."""
        position = end
        while self.text.low(position) in _BEFORE_TIME and comparison(self.text, position) is None:
            position += 1
        span = self.times.ahead(position) if looks_ahead(sense.name) else None
        span = span or self.times.span(position)
        if span is None or span.kind == "ever":
            return
        stated = self.text.words(i, span.end)
        future = looks_ahead(sense.name) and span.kind == "bare" and span.op is None
        if future:
            span = replace(
                span, kind="next", notes=(*span.notes, f"'{stated}' looks ahead from now.")
            )
        if not self.text.low(end - 1).endswith("ed"):
            span = coming(sense.name, span, self.text.words(end, span.end), self.times.as_of)
        filters = span_filters(sense.name, self.times.on_dates(span))
        found = Found(span.end, InAudience(key=""), notes=span.notes, stated=stated)
        if filters is None or span.kind == "bare" or self._past_of_future(sense, end, span):
            yield found.asking(
                f"Say the time in '{stated}' as 'in the last N days', 'more than "
                f"N days ago' or with a date."
            )
            return
        if span.doubt:
            found = found.asking(span.doubt)
        parts = [self._leaf(sense, one.op, one.value) for one in filters]
        if span.kind == "next":
            parts, extra = self._still_running(sense, parts)
            found = replace(found, notes=(*found.notes, *extra))
        yield replace(found, condition=all_of(parts))

    def _past_of_future(self, sense: Sense, end: int, span: Span) -> bool:
        """'trial ends today': an end that is not told as past, in a period up to now."""
        told = self.text.low(end - 1).endswith("ed") or span.kind != "window"
        window = span.window
        named = any(self.text[k].kind == "date" for k in range(end, span.end))
        past = isinstance(window, Rolling | Calendar)
        if isinstance(window, Absolute) and window.start and window.end and not named:
            past = window.end <= self.times.as_of
        return looks_ahead(sense.name) and not told and past

    def _still_running(
        self, sense: Sense, parts: list[Condition]
    ) -> tuple[list[Condition], tuple[str, ...]]:
        """An end that lies ahead is read among those for whom the catalog says it still runs."""
        full = f"{sense.owner.removeprefix('entity:')}.{sense.name}"
        for key, audience in self.catalog.audiences.items():
            for leaf in leaves(audience.condition):
                if isinstance(leaf, Attribute) and leaf.column == full and leaf.value == AsOf():
                    return [InAudience(key=key), *parts], (f"Only the audience {key} is meant.",)
        return parts, ()
