"""When: spans of time as people write them, read relative to the moment of decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from agent.planners.grammar.calendar_spans import CalendarSpans
from agent.planners.grammar.dated import DatedSpans
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.since import SinceSpans
from agent.planners.grammar.spans import DAY as DAY
from agent.planners.grammar.spans import UNITS as UNITS
from agent.planners.grammar.spans import Span as Span
from agent.planners.grammar.spans import unit_at
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Absolute, Calendar, Op, Rolling

PAST = ("last", "past", "previous", "preceding", "trailing", "prior")
_INTO = ("in", "within", "over", "during", "for", "from", "throughout", "across", "at", "inside")
_EVER = (
    ("at", "some", "point"), ("at", "one", "point"), ("at", "some", "time"),
    ("at", "any", "time"), ("at", "any", "point"), ("all", "time"), ("of", "all", "time"),
    ("to", "date"), ("so", "far"), ("in", "total"), ("overall",), ("ever",), ("over", "all",
    "time"), ("in", "their", "lifetime"), ("altogether",), ("since", "signing", "up"),
    ("since", "sign", "up"), ("since", "signup"), ("since", "joining"),
    ("since", "they", "signed", "up"), ("since", "they", "joined"), ("since", "registering"),
    ("all", "together"), ("at", "all"), ("all", "told"), ("to", "this", "day"), ("until", "now"),
)  # fmt: skip
_EVER_BY_LENGTH = sorted(_EVER, key=len, reverse=True)


class Times:
    """Reads spans of time in a text."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.since = SinceSpans(text, lexicon)
        self.dated_spans = DatedSpans(text, lexicon, as_of)
        self.dates = self.dated_spans.dates
        self.calendar = CalendarSpans(text, as_of)

    def span(self, i: int) -> Span | None:
        """The span of time at an index."""
        if i >= len(self.text):
            return None
        place = (self, "span", i)
        if place not in self.text.seen:
            self.text.seen[place] = self._span(i)
        found: Span | None = self.text.seen[place]
        return found

    def _span(self, i: int) -> Span | None:
        readers = (
            self._ever, self.since.at, self._rolling, self.calendar.at, self._ago, self._next,
            self.since.during, self._same, self.dated_spans.at, self._bare,
        )  # fmt: skip
        for read in readers:
            found = read(i)
            if found is not None:
                other = self.span(found.end + 1) if self.text.low(found.end) == "or" else None
                return self.calendar.joined(i, found, other)
        return None

    def duration(self, i: int) -> tuple[Quantity, int, int] | None:
        """A quantity of a time unit: the quantity, its unit in seconds and where it ends."""
        found = quantity(self.text, i)
        if found is None or found.high is not None:
            one, end = self._article_unit(i)
            named = self._unit(end - 1)
            return (one, UNITS[named], end) if one is not None and named is not None else None
        end = found.end + (1 if self.text.low(found.end) == "full" else 0)
        unit = self._unit(end)
        if unit is None:
            return None
        return found, UNITS[unit], end + 1

    def _article_unit(self, i: int) -> tuple[Quantity | None, int]:
        start = i
        op = None
        for words, compared in ((("more", "than"), Op.GT), (("over",), Op.GT),
                                (("at", "least"), Op.GE), (("less", "than"), Op.LT)):  # fmt: skip
            if self.text.has(i, *words):
                start, op = i + len(words), compared
        if self.text.low(start) in ("a", "an", "one") and self._unit(start + 1):
            return Quantity(start + 1, op or Op.GE, 1, bare=op is None), start + 2
        return None, i

    def unit(self, i: int) -> int | None:
        """The seconds of the time unit at an index."""
        name = self._unit(i)
        return None if name is None else UNITS[name]

    def _unit(self, i: int) -> str | None:
        return unit_at(self.text, i)

    def _ever(self, i: int) -> Span | None:
        for words in _EVER_BY_LENGTH:
            if self.text.has(i, *words):
                return self._any_time_in(i + len(words)) or Span(i + len(words), "ever")
        alone = self.text.low(i) == "total" and self.text.low(i + 1) in ("", ",", ".", ";", "and")
        return Span(i + 1, "ever") if alone else None

    def _any_time_in(self, i: int) -> Span | None:
        """'at any time since April', 'ever since May': the period that follows."""
        low = self.text.low(i)
        found = self.span(i) if low in ("since", "in", "during", "within", "over") else None
        return found if found is not None and found.kind == "window" else None

    def _rolling(self, i: int) -> Span | None:
        start = i + 1 if self.text.low(i) in (*_INTO, "of") else i
        led = start > i
        if self.text.low(start) in ARTICLES or self.text.low(start) in ("these", "any"):
            start, led = start + 1, True
        if self.text.low(start) not in PAST:
            return None
        position = start + 1
        length = self.duration(position)
        if length is not None and length[0].bare and length[0].whole:
            seconds = int(length[0].n) * length[1]
            return self._window(i, length[2], seconds, self.text.low(length[2] - 1))
        unit = self._unit(position)
        if unit is None or (unit == "year" and not led and self.text.low(start) != "past"):
            return None
        calendar = self.text.low(start) in ("last", "previous", "prior") and not led
        if calendar and unit in ("day", "week", "month"):
            window = Calendar(unit=unit, periods_back=1)
            said = self.text.words(i, position + 1)
            note = f"'{said}' is the whole calendar {unit} before this one (UTC)."
            return Span(position + 1, "window", window, notes=(note,))
        return self._window(i, position + 1, UNITS[unit], unit)

    def _window(self, i: int, end: int, seconds: int, unit: str) -> Span:
        days = seconds // DAY
        notes: tuple[str, ...] = ()
        if unit.startswith(("month", "year")):
            notes = (f"'{self.text.words(i, end)}' is read as {days} days.",)
        return Span(end, "window", Rolling(seconds=seconds), seconds, notes=notes)

    def _ago(self, i: int) -> Span | None:
        start = i + 1 if self.text.has(i, "within") else i
        both = self._between_ago(start)
        if both is not None:
            return both
        length = self.duration(start)
        if length is None or not self.text.has(length[2], "ago"):
            return None
        found, unit, end = length
        op = None if found.bare else found.op
        return Span(end + 1, "ago", seconds=int(found.n * unit), op=op)

    def stretch(self, i: int) -> Span | None:
        """'no workout 21 days': a length alone, where something did not happen up to now."""
        length = self.duration(i)
        if length is None or not length[0].bare or self.text.low(length[2]) in ("ago", "old"):
            return None
        return self._window(i, length[2], int(length[0].n * length[1]), "day")

    def _between_ago(self, i: int) -> Span | None:
        """'between 30 and 60 days ago', 'more than 30 but less than 60 days ago'."""
        found = quantity(self.text, i)
        if found is None:
            return None
        if found.high is None and found.op in (Op.GE, Op.GT) and not found.bare:
            end = found.end + (self.unit(found.end) is not None)
            joined = self.text.low(end) in ("but", "and")
            high = quantity(self.text, end + 1) if joined else None
            if high is None or high.op not in (Op.LT, Op.LE) or high.bare:
                return None
            low_n, high_n, end = found.n, high.n, high.end
            op: Op = found.op
        elif found.ends is not None:
            (op, low_n), (_, high_n), end = *found.ends, found.end
        elif found.high is not None:
            low_n, high_n, op, end = found.n, found.high, Op.GE, found.end
        else:
            return None
        unit = self.unit(end)
        if unit is None or not self.text.has(end + 1, "ago") or low_n >= high_n:
            return None
        seconds, until = int(low_n * unit), int(high_n * unit)
        return Span(end + 2, "ago", seconds=seconds, op=op, until=until)

    def _next(self, i: int) -> Span | None:
        start = i
        if self.text.low(start) in ("in", "within", "over", "during"):
            start += 1
        if self.text.low(start) == "the":
            start += 1
        if self.text.low(start) in ("next", "coming", "following"):
            length = self.duration(start + 1)
            if length is not None and length[0].bare:
                return Span(length[2], "next", seconds=int(length[0].n) * length[1])
            unit = self._unit(start + 1)
            if unit in ("day", "week", "month"):
                return Span(start + 2, "next", seconds=UNITS[unit])
        return None

    def ahead(self, i: int) -> Span | None:
        """'in less than 7 days': of what is still to come."""
        length = self.duration(i + 1) if self.text.low(i) in ("in", "within") else None
        if length is None or length[0].bare or length[0].op not in (Op.LT, Op.LE):
            return None
        return Span(length[2], "next", seconds=int(length[0].n * length[1]))

    def _same(self, i: int) -> Span | None:
        """'in that time', 'over the same period', 'in those 30 days': the span named before."""
        if self.text.low(i) not in _INTO:
            return None
        start = i + 1
        if self.text.has(start, "the", "same"):
            start += 2
        elif self.text.low(start) in ("that", "those", "same", "this", "these"):
            start += 1 + (self.text.low(start + 1) == "same")
        else:
            return None
        found = quantity(self.text, start)
        end = start if found is None else found.end
        words = ("time", "period", "window", "timeframe", "span", "stretch", "interval", "frame")
        if self.text.low(end) not in words and (found is None or self._unit(end) is None):
            return None
        end += 2 if self.text.has(end, "time", "frame") else 1
        before = self._before(i)
        return None if before is None else replace(before, end=end, notes=())

    def _before(self, i: int) -> Span | None:
        """The nearest stretch of time named before an index."""
        for k in range(i - 1, -1, -1):
            found = None if self.text.low(k) in ("in", "over") else self.span(k)
            if found is not None and found.kind == "window" and found.end <= i:
                return found
            bare = None if k + 1 >= i else self._bare(k)
            if bare is not None and bare.op is None and bare.end <= i:
                return replace(bare, kind="window")
        return None

    def _bare(self, i: int) -> Span | None:
        """'in 10 days', 'for 2 weeks': a span only beside a negation."""
        if self.text.low(i) not in ("in", "for", "within", "since"):
            return None
        length = self.duration(i + 1)
        if length is None or length[0].vague:
            return None
        found, unit, end = length
        if not found.bare and found.op not in (Op.GT, Op.GE):
            return None
        seconds = int(found.n * unit)
        op = None if found.bare else found.op
        if op is None and self._said_before(i, seconds):
            return self._window(i, end, seconds, self.text.low(end - 1))
        return Span(end, "bare", Rolling(seconds=seconds), seconds, op=op)

    def _said_before(self, i: int, seconds: int) -> bool:
        """'no upload in 60 days, a comment in 60 days': the same stretch, up to now, twice."""
        if self.text.low(i) not in ("in", "for"):
            return False
        for k in range(len(self.text)):
            length = self.duration(k + 1) if self.text.low(k) == "in" and k != i else None
            if length is not None and length[0].bare and length[0].n * length[1] == seconds:
                return True
        return False

    def on_dates(self, span: Span) -> Span:
        """A span of the calendar as the dates it has now; without a window where it has none."""
        if not isinstance(span.window, Calendar):
            return span
        first, last = self.dated(span.window), self.dated(span.also or span.window)
        if first is None or last is None:
            return replace(span, window=None)
        return replace(span, window=Absolute(start=first.start, end=last.end), also=None)

    def dated(self, window: Calendar) -> Absolute | None:
        """The dates of a day or month of the calendar, up to now."""
        today = datetime.combine(self.as_of.date(), time.min)
        if window.unit == "day":
            start = today - timedelta(days=window.periods_back)
            return Absolute(start=start, end=start + timedelta(days=1))
        if window.unit == "week":
            monday = today - timedelta(days=today.weekday() + 7 * window.periods_back)
            return Absolute(start=monday, end=monday + timedelta(days=7))
        first = today.replace(day=1)
        if window.periods_back == 0:
            return Absolute(start=first, end=today + timedelta(days=1))
        if window.periods_back == 1:
            return Absolute(start=(first - timedelta(days=1)).replace(day=1), end=first)
        return None
