"""Spans bounded by dates and named periods: since May 5, in Q1, before 2025."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from agent.planners.grammar.dates import Dates
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.periods import Period, Periods
from agent.planners.grammar.spans import UNITS, Span, in_year, whole_days
from agent.planners.grammar.words import Text

_INSIDE = ("in", "during", "within", "throughout", "for", "over", "through", "across")
_FROM = (
    ("since",), ("from",), ("starting",), ("starting", "from"), ("starting", "in"), ("ever",
    "since"), ("beginning",), ("as", "of"), ("on", "or", "after"), ("starting", "on"),
    ("not", "before"), ("no", "earlier", "than"),
)  # fmt: skip
_UNTIL = (
    ("before",), ("until",), ("till",), ("prior", "to"), ("up", "to"), ("up", "until"),
    ("earlier", "than"), ("until", "before"),
)  # fmt: skip
_AFTER = (("after",), ("later", "than"))
_TO = ("to", "until", "till", "through", "and", "-", "–")
_ONWARDS = ("onwards", "onward", "on", "forward")


class DatedSpans:
    """Reads spans with dates in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.dates = Dates(text, as_of)
        self.periods = Periods(text, as_of)

    def at(self, i: int) -> Span | None:
        """The span at an index."""
        found = self._between(i) or self._open(i) or self._inside(i) or self._plain(i)
        if found is None or self._a_count(found.end):
            return None
        return found

    def _a_count(self, end: int) -> bool:
        """'in 2025 sessions': a number of things, not a year."""
        token = self.text[end - 1]
        if token.kind != "number" or token.low != token.text or len(token.low) != 4:
            return False
        following = self.text.low(end)
        return following.endswith("s") and self.lexicon.knows(following)

    def _unit(self, i: int) -> Period | None:
        """A day or a named period."""
        day = self.dates.day(i)
        if day is not None:
            return Period(day[0], day[0] + timedelta(days=1), day[1])
        return self.periods.at(i)

    def _edge(self, i: int) -> tuple[date, int] | None:
        """'the start of May', 'the end of last month'."""
        i += self.text.low(i) == "the"
        if self.text.low(i) not in ("start", "beginning", "end") or self.text.low(i + 1) != "of":
            return None
        period = self._unit(i + 2) or self.periods.short_unit(i + 2)
        if period is None:
            return None
        return (period.after if self.text.low(i) == "end" else period.start), period.end

    def _between(self, i: int) -> Span | None:
        if self.text.low(i) not in ("between", "from"):
            return None
        low = self._unit(i + 1)
        if low is None or self.text.low(low.end) not in _TO:
            return None
        if self.text.low(i) == "from" and self.text.low(low.end) == "and":
            return None
        high = self._unit(low.end + 1)
        if high is None:
            return None
        start = self._same_year(low, high)
        if start >= high.after:
            return None
        return self._days(i, start, high.after, high.end)

    def _same_year(self, low: Period, high: Period) -> date:
        """'between March and May 2024': the year at the end holds for both."""
        if low.start < high.after and low.start.year != high.start.year:
            moved = low.start.replace(day=1, year=high.start.year)
            named = str(low.start.year) in self.text.words(low.end - 1, low.end)
            if not named and moved < high.start and low.start.day == 1:
                return moved
        if low.start >= high.after:
            named = str(low.start.year) in self.text.words(low.end - 1, low.end)
            return low.start if named else in_year(low.start, low.start.year - 1)
        return low.start

    def _open(self, i: int) -> Span | None:
        """Since, before or after a moment."""
        for words, kind in (*((w, "from") for w in _FROM), *((w, "until") for w in _UNTIL),
                            *((w, "after") for w in _AFTER)):  # fmt: skip
            if not self.text.has(i, *words):
                continue
            start = i + len(words)
            edge = self._edge(start)
            if edge is not None:
                return self._bounded(i, kind, words, *edge)
            found = self._unit(start)
            if found is None:
                continue
            past = kind == "after" and self.text.low(start) != "yesterday"
            at = found.after if past else found.start
            return self._bounded(i, kind, words, at, found.end)
        return None

    def _bounded(
        self, i: int, kind: str, words: tuple[str, ...], at: date, end: int
    ) -> Span | None:
        if kind == "until":
            return self._days(i, None, at, end)
        upper = self._until(end) if words != ("after",) else None
        if upper is not None:
            return self._days(i, at, upper[0], upper[1])
        onwards = self.text.low(end) in _ONWARDS
        if words in (("from",), ("as", "of"), ("beginning",), ("starting",)) and not onwards:
            return None
        return self._days(i, at, None, end + onwards)

    def _until(self, i: int) -> tuple[date, int] | None:
        if self.text.low(i) in ("and", "but") and self.text.low(i + 1) == "before":
            before = self._unit(i + 2)
            return (before.start, before.end) if before is not None else None
        if self.text.low(i) not in ("to", "until", "till", "through", "-", "–"):
            return None
        found = self._unit(i + 1)
        return (found.after, found.end) if found is not None else None

    def _inside(self, i: int) -> Span | None:
        low = self.text.low(i)
        if low == "on":
            day = self.dates.day(i + 1)
            return self._days(i, day[0], day[0] + timedelta(days=1), day[1]) if day else None
        if low not in _INSIDE:
            return None
        found = self.periods.at(i + 1)
        if found is None:
            return None
        found = self._both(found)
        span = self._days(i, found.start, found.after, found.end)
        return self._led(i, span)

    def _led(self, i: int, span: Span) -> Span:
        """'in the last quarter' may be the calendar's, or the 90 days up to now."""
        if self.text.low(i + 1) != "the" or self.text.low(span.end - 1) not in ("quarter", "year"):
            return span
        if self.text.low(i + 2) not in ("last", "previous", "past", "prior"):
            return span
        said, unit = self.text.words(i, span.end), self.text.low(span.end - 1)
        ask = (
            f"Is '{said}' the whole {unit} of the calendar before this one, or the time up to now?"
        )
        return Span(
            span.end, "window", span.window, notes=span.notes,
            doubt=f"{ask} Say 'in the last N days' or name the {unit}.",
        )  # fmt: skip

    def _both(self, found: Period) -> Period:
        """'in April and May': two months in a row are one stretch."""
        if self.text.low(found.end) not in ("and", "or", "&"):
            return found
        other = self.periods.at(found.end + 1)
        if other is None:
            return found
        start = in_year(found.start, other.start.year)
        following = start.month % 12 + 1 == other.start.month and start < other.start
        plain = (other.after - other.start).days <= 31 and (found.after - found.start).days <= 31
        if found.after == other.start:
            return Period(found.start, other.after, other.end)
        return Period(start, other.after, other.end) if following and plain else found

    def _plain(self, i: int) -> Span | None:
        """'last quarter', 'Q1 2026' without a preposition."""
        low = self.text.low(i)
        relative = low in ("last", "previous", "this") and self.text.low(i + 1) not in UNITS
        relative = relative or (low in ("last", "previous") and self.text.low(i + 1) == "year")
        if not (relative or (low[:1] in "qh" and low[1:].isdigit() and low)):
            return None
        found = self.periods.at(i)
        return self._days(i, found.start, found.after, found.end) if found else None

    def _days(self, i: int, start: date | None, after: date | None, end: int) -> Span:
        return whole_days(self.text.words(i, end), start, after, end)
