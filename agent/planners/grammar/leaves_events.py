"""Predicates about events: how often, how long ago, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from agent.planners.grammar.event_phrases import EventPhrase, EventPhrases
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found, all_of, any_of
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import (
    Absolute,
    And,
    Condition,
    EventAge,
    EventCount,
    Op,
    Rolling,
    Scalar,
    Window,
)

_LATEST = (
    ("most", "recent"), ("last", "ever"), ("very", "last"), ("last",), ("latest",), ("first",),
    ("earliest",), ("very", "first"),
)  # fmt: skip
_HAPPENED = ("was", "is", "were", "happened", "occurred", "took", "place", "dates", "back", "to")


class EventLeaves:
    """Reads predicates about events at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.phrases = EventPhrases(text, lexicon, times, values)

    def at(self, i: int, *, negated: bool = False, only: bool = False) -> list[Found]:
        """Every reading that starts at an index, longest first."""
        found = [*self._recency(i), *self._counts(i, negated=negated, only=only)]
        return sorted(found, key=lambda one: -one.end)

    def _counts(self, i: int, *, negated: bool, only: bool) -> Iterator[Found]:
        for read in self.phrases.at(i):
            self.phrases.after(read)
            yield self._count(read, negated=negated, only=only)

    def _count(self, read: EventPhrase, *, negated: bool, only: bool) -> Found:
        stated = self.text.words(read.start, read.end)
        count = read.count
        if only and count is not None and count.bare:
            count = replace(count, op=Op.EQ, bare=False)
        notes, questions = self._said(read, count, stated, negated or read.no)
        if read.ordinal == 1 and read.span is not None:
            return self._first(read, stated, notes, questions)
        base = EventCount(event=read.event, where=tuple(read.filters), window=self._window(read))
        condition = _counted(base, count, read.ordinal)
        if read.span is not None and read.span.also is not None:
            condition, asked = _either_unit(condition, read.span, stated)
            questions = (*questions, *asked)
        if read.both and (read.each or self.text.low(read.start - 1) == "both"):
            condition = all_of([_with_value(condition, one) for one in _values(read)])
        elif read.both and not (negated or read.no) and (count is None or count.n <= 1):
            questions = (*questions, _each_or_any(read.both, stated))
        found = Found(
            end=read.end, condition=condition, form="verb",
            negated=read.no, notes=notes, questions=questions, span=read.span,
            counts_events=True, stated=stated,
            bare_verb=not read.inflected,
            plain=count is None and not read.filters and read.span is None and not read.no,
            adjacent=read.adjacent, nominal=read.nominal, start=read.start,
            counted=count is not None, elliptic=read.elliptic,
        )  # fmt: skip
        if only and count is None:
            return found.asking(
                f"What does 'only' limit in '{stated}'? Say a number, or leave it out."
            )
        return found

    def _first(
        self, read: EventPhrase, stated: str, notes: tuple[str, ...], questions: tuple[str, ...]
    ) -> Found:
        """'completed their first workout in the last 7 days': when the first was."""
        condition, question = _age(read, "first", read.span, stated) if read.span else (None, None)
        asked = questions if condition and not question else (
            f"When was the first in '{stated}'? Say 'in the last N days' or 'more "
            f"than N days ago'.",
        )  # fmt: skip
        base = EventCount(event=read.event, where=tuple(read.filters))
        return Found(
            end=read.end, condition=condition or base, form="verb", negated=read.no,
            notes=notes[:-1], questions=asked, stated=stated,
        )  # fmt: skip

    def _window(self, read: EventPhrase) -> Window | None:
        span = read.span
        if span is None:
            return None
        if span.kind == "ago":
            return Rolling(seconds=span.seconds)
        return span.window

    def _said(
        self, read: EventPhrase, count: Quantity | None, stated: str, negative: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        questions: list[str] = [*read.questions]
        notes: list[str] = []
        if count is not None and count.vague:
            questions.append(f"How many is '{count.vague}' in '{stated}'? Give a number.")
        if read.ordinal is not None and read.ordinal > 1 and read.span is not None:
            questions.append(
                f"Is '{stated}' about when number {read.ordinal} happened, or about "
                f"{read.ordinal} in that time? Say 'at least {read.ordinal}' for the latter."
            )
        if count is not None and not count.whole:
            questions.append(f"'{stated}' needs a whole number.")
        if read.span is not None:
            notes.extend(read.span.notes)
        first = read.ordinal == 1 and read.span is not None and read.span.op is not None
        if read.span is not None and not first:
            questions.extend(_about_span(read.span, stated, negative))
        parts = []
        if count is not None and count.bare and not negative and count.n > 0:
            parts.append(f"means at least {count.n:g}")
        if read.ordinal is not None:
            parts.append(f"means at least {read.ordinal}")
        if read.span is None:
            joined = ", " if parts else "is "
            parts.append(f"{joined}counted over all time: no window was given")
        if parts:
            notes.append(f"'{stated}' {''.join(parts)}.")
        return tuple(notes), tuple(questions)

    def _recency(self, i: int) -> Iterator[Found]:
        start = i + 1 if self.text.low(i) in ARTICLES else i
        for words in _LATEST:
            if not self.text.has(start, *words):
                continue
            after = start + len(words)
            which: Literal["first", "last"] = (
                "first" if words[-1] in ("first", "earliest") else "last"
            )
            for entry in self.lexicon.starting("event", self.text, after):
                read = EventPhrase(entry.sense.name, i, after + 1)
                if self.phrases.rest(entry, read, after) and read.count is None and not read.no:
                    found = self._aged(read, which)
                    if found is not None:
                        yield found
            return

    def _old(self, i: int) -> Span | None:
        """'older than 2 weeks', 'more than 10 days old'."""
        start = i + 2 if self.text.has(i, "older", "than") else i
        length = self.times.duration(start)
        if length is None or length[0].vague:
            return None
        found, unit, end = length
        old = self.text.low(end) in ("old", "back")
        if start == i and not old:
            return None
        op = Op.GT if start > i else found.op
        return Span(end + old, "ago", seconds=int(found.n * unit), op=op)

    def _between_ages(
        self, read: EventPhrase, which: Literal["first", "last"], i: int
    ) -> Found | None:
        """'last opened the app between 7 and 14 days ago'."""
        found = quantity(self.text, i)
        if found is None or found.high is None or found.ends is not None:
            return None
        unit = self.times.unit(found.end)
        if unit is None or self.text.low(found.end + 1) not in ("ago", "old"):
            return None
        base = EventAge(
            event=read.event, where=tuple(read.filters), which=which, seconds=int(found.n * unit)
        )
        upper = base.model_copy(update={"op": Op.LE, "seconds": int(found.high * unit)})
        end = found.end + 2
        stated = self.text.words(read.start, end)
        note = f"'{stated}' leaves out users who never did it."
        both = all_of([base, upper])
        return Found(end=end, condition=both, form="verb", notes=(note,), stated=stated)

    def _aged(self, read: EventPhrase, which: Literal["first", "last"]) -> Found | None:
        position = read.end
        while self.text.low(position) in _HAPPENED:
            position += 1
        negated = self.text.low(position) == "not"
        position += negated
        between = self._between_ages(read, which, position)
        if between is not None:
            return replace(between, negated=negated)
        span = self.times.span(position) or self._old(position)
        if span is None:
            return None
        stated = self.text.words(read.start, span.end)
        condition, question = _age(read, which, span, stated)
        if condition is None:
            return None
        note = f"'{stated}' leaves out users who never did it."
        questions = (question,) if question else ()
        return Found(
            end=span.end, condition=condition, form="verb", negated=negated,
            notes=(note, *span.notes), questions=questions, stated=stated,
        )  # fmt: skip


def _either_unit(
    condition: Condition, span: Span, stated: str
) -> tuple[Condition, tuple[str, ...]]:
    """'opened the app today or yesterday': in one of two units of the calendar, or the other."""
    if not isinstance(condition, EventCount) or (condition.op, condition.n) != (Op.GE, 1):
        return condition, (
            f"Is the number in '{stated}' of both periods together? Say one period: 'since …'.",
        )
    later = condition.model_copy(update={"window": span.also})
    return any_of([condition, later]), ()


def _values(read: EventPhrase) -> tuple[Scalar, ...]:
    value = read.filters[0].value
    return value if isinstance(value, tuple) else ()


def _with_value(condition: Condition, value: Scalar) -> Condition:
    """The same count with one of the values that were listed."""
    if isinstance(condition, And):
        return all_of([_with_value(part, value) for part in condition.of])
    assert isinstance(condition, EventCount)
    first = condition.where[0].model_copy(update={"op": Op.EQ, "value": value})
    return condition.model_copy(update={"where": (first, *condition.where[1:])})


def _each_or_any(both: str, stated: str) -> str:
    return (
        f"Does '{both}' in '{stated}' mean each of them, or any? Say 'both … and …' for each, "
        "'or' for any."
    )


def _age(
    read: EventPhrase, which: str, span: Span, stated: str
) -> tuple[Condition | None, str | None]:
    base = {"event": read.event, "where": tuple(read.filters), "which": which}
    if span.kind == "ago" and span.until is not None:
        near = EventAge(**base, op=span.op or Op.GE, seconds=span.seconds)
        far = Op.LT if span.op is Op.GT else Op.LE
        return all_of([near, EventAge(**base, op=far, seconds=span.until)]), None
    if span.kind == "ago":
        question = None
        if span.op is None:
            question = f"Does '{stated}' mean at least that long ago, or within that time?"
        return EventAge(**base, op=span.op or Op.GE, seconds=span.seconds), question
    if span.kind in ("window", "bare") and isinstance(span.window, Rolling):
        return EventAge(**base, op=Op.LE, seconds=span.seconds), None
    if isinstance(span.window, Absolute):
        return _dated_age(read, which, span.window), None
    return None, None


def _dated_age(read: EventPhrase, which: str, window: Absolute) -> Condition:
    """The first (last) time within dates: one in them, and none before (after) them."""
    base = EventCount(event=read.event, where=tuple(read.filters))
    parts: list[Condition] = [base.model_copy(update={"window": window})]
    edge = window.start if which == "first" else window.end
    if edge is not None:
        beyond = Absolute(end=edge) if which == "first" else Absolute(start=edge)
        parts.append(base.model_copy(update={"window": beyond, "op": Op.EQ, "n": 0}))
    return all_of(parts)


def _about_span(span: Span, stated: str, negative: bool) -> Iterator[str]:
    if span.doubt:
        yield span.doubt
    if span.kind == "bare" and not negative:
        yield (
            f"Is '{span.stated}' in '{stated}' the time up to now? "
            "Say 'in the last …' if so; a stretch anywhere in the past cannot be asked for."
        )
    if span.until is not None:
        yield f"When '{stated}': is the last time meant? Say 'last … between … and … ago'."
        return
    if span.kind == "ago" and span.op not in (Op.LT, Op.LE):
        yield (
            f"When '{stated}': is the last time meant ('last … more than … ago'), "
            "or within that time ('in the last …')?"
        )


def _counted(base: EventCount, count: Quantity | None, ordinal: int | None) -> Condition:
    if ordinal is not None:
        return base.model_copy(update={"op": Op.GE, "n": ordinal})
    if count is None:
        return base
    if count.high is not None:
        low = base.model_copy(update={"op": Op.GE, "n": int(count.n)})
        return all_of([low, base.model_copy(update={"op": Op.LE, "n": int(count.high)})])
    if count.bare and count.n == 0:
        return base.model_copy(update={"op": Op.EQ, "n": 0})
    return base.model_copy(update={"op": count.op, "n": int(count.n)})
