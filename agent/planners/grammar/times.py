"""When: spans of time as people write them, read relative to the moment of decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from agent.planners.grammar.dates import MONTHS, Dates
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.words import ARTICLES, Text, same_word
from core.conditions import Absolute, Calendar, Op, Rolling, SinceEvent, SinceMoment, Window

DAY = 86_400
UNITS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": DAY,
    "week": 7 * DAY, "fortnight": 14 * DAY, "month": 30 * DAY, "year": 365 * DAY,
}  # fmt: skip
PAST = ("last", "past", "previous", "preceding", "trailing", "prior")
_INTO = ("in", "within", "over", "during", "for", "from", "throughout", "across", "at", "inside")
_EVER = (
    ("at", "any", "time"), ("at", "any", "point"), ("all", "time"), ("of", "all", "time"),
    ("to", "date"), ("so", "far"), ("in", "total"), ("overall",), ("ever",), ("over", "all",
    "time"), ("in", "their", "lifetime"), ("altogether",), ("since", "signing", "up"),
    ("since", "sign", "up"), ("since", "signup"), ("since", "joining"),
    ("since", "they", "signed", "up"), ("since", "they", "joined"), ("since", "registering"),
    ("all", "together"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time. ``window`` is None for all of the past, and for 'ago' and 'next'."""

    end: int
    kind: Literal["window", "ever", "ago", "next", "bare"]
    window: Window | None = None
    seconds: int = 0
    op: Op | None = None
    notes: tuple[str, ...] = ()
    period: str = ""
    """For 'during their trial': the period named."""
    stated: str = ""


class Times:
    """Reads spans of time in a text."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.dates = Dates(text, as_of)

    def span(self, i: int) -> Span | None:
        """The span of time at an index."""
        if i >= len(self.text):
            return None
        readers = (
            self._ever, self._since, self._rolling, self._calendar, self._ago, self._next,
            self._period, self._dates, self._bare,
        )  # fmt: skip
        for read in readers:
            found = read(i)
            if found is not None:
                return found
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
        low = self.text.low(i)
        singular = low[:-1] if low.endswith("s") and low != "s" else low
        return singular if singular in UNITS else None

    def _ever(self, i: int) -> Span | None:
        for words in sorted(_EVER, key=len, reverse=True):
            if self.text.has(i, *words):
                return Span(i + len(words), "ever")
        return None

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
        if unit is None:
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

    def _calendar(self, i: int) -> Span | None:
        start = i
        if self.text.low(start) in ("in", "within", "during", "on"):
            start += 1
        if self.text.has(start, "so", "far"):
            start += 2
        if self.text.low(start) == "the":
            start += 1
        one = {"today": ("day", 0), "yesterday": ("day", 1)}.get(self.text.low(start))
        if one == ("day", 0) and start - i <= 1:
            return self._current(i, start + 1, "day")
        if one and start - i <= 1:
            return self._unit_of(i, start + 1, *one)
        if self.text.low(start) not in ("this", "current"):
            return None
        unit = self._unit(start + 1)
        end = start + 2
        if self.text.has(end, "so", "far"):
            end += 2
        if unit in ("day", "week", "month"):
            return self._current(i, end, unit)
        if unit == "year":
            first = datetime(self.as_of.year, 1, 1)
            return Span(end, "window", Absolute(start=first), notes=(_fixed(first),))
        return None

    def _current(self, i: int, end: int, unit: str) -> Span:
        """This month is the calendar's; this week and today are full lengths up to now."""
        if unit == "month":
            return self._unit_of(i, end, unit, 0)
        length = {"day": "24 hours", "week": "7 days"}[unit]
        note = f"'{self.text.words(i, end)}' is the {length} up to now."
        return Span(end, "window", Rolling(seconds=UNITS[unit]), UNITS[unit], notes=(note,))

    def _unit_of(self, i: int, end: int, unit: str, back: int) -> Span:
        words = self.text.words(i, end)
        which = {0: "the current calendar", 1: "the whole previous calendar"}[back]
        monday = " from Monday" if unit == "week" else ""
        note = f"'{words}' is {which} {unit}{monday}, in UTC."
        return Span(end, "window", Calendar(unit=unit, periods_back=back), notes=(note,))

    def _ago(self, i: int) -> Span | None:
        start = i + 1 if self.text.has(i, "within") else i
        length = self.duration(start)
        if length is None or not self.text.has(length[2], "ago"):
            return None
        found, unit, end = length
        op = None if found.bare else found.op
        return Span(end + 1, "ago", seconds=int(found.n * unit), op=op)

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

    def _since(self, i: int) -> Span | None:
        if self.text.low(i) not in ("since", "after", "from"):
            return None
        return self._since_period(i) or self._since_event(i) or self._since_date(i)

    def _since_period(self, i: int) -> Span | None:
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
            while self.text.low(i) in ARTICLES and self.text.low(i) != word:
                i += 1
            if not (self.text.low(i) and same_word(self.text.low(i), word)):
                return None
            i += 1
        return i

    def _period(self, i: int) -> Span | None:
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

    def _since_date(self, i: int) -> Span | None:
        start = i + 1
        if self.text.has(start, "the", "start", "of") or self.text.has(
            start, "the", "beginning", "of"
        ):
            inner = self._calendar(start + 3)
            if inner is None:
                unit = self._unit(start + 4) if self.text.has(start + 3, "the") else None
                return self._unit_of(i, start + 5, unit, 0) if unit in ("week", "month") else None
            return inner
        found = self.dates.day(start)
        if found is None and self.text.low(i) == "since":
            found = self._first_of_month(start)
        if found is None:
            return None
        day, end = found
        if self.text.low(i) == "after" and self.text.low(start) != "yesterday":
            day += timedelta(days=1)
        upper = self._until(end)
        if self.text.low(i) == "from" and upper is None:
            return None
        if upper is not None:
            return self._absolute(i, day, upper[0] + timedelta(days=1), upper[1])
        return self._absolute(i, day, None, end)

    def _first_of_month(self, i: int) -> tuple[date, int] | None:
        """'since May', 'before May': the first day of the most recent May."""
        if self.text.low(i) not in MONTHS:
            return None
        month = MONTHS.index(self.text.low(i)) + 1
        year, end = self.dates.year(i + 1)
        if year is None:
            year = self.as_of.year if month <= self.as_of.month else self.as_of.year - 1
        return date(year, month, 1), end

    def _until(self, i: int) -> tuple[date, int] | None:
        if self.text.low(i) in ("to", "until", "till", "through", "-", "–"):
            return self.dates.day(i + 1)
        return None

    def _absolute(self, i: int, start: date | None, end: date | None, stop: int) -> Span:
        window = Absolute(
            start=start and datetime.combine(start, time.min),
            end=end and datetime.combine(end, time.min),
        )
        parts = [f"from {start:%Y-%m-%d}" if start else "", f"before {end:%Y-%m-%d}" if end else ""]
        said = " and ".join(part for part in parts if part)
        note = f"'{self.text.words(i, stop)}' is {said} (UTC, whole days)."
        return Span(stop, "window", window, notes=(note,))

    def _dates(self, i: int) -> Span | None:
        if self.text.has(i, "between"):
            low = self.dates.day(i + 1)
            if low and self.text.low(low[1]) in ("and", "to"):
                high = self.dates.day(low[1] + 1)
                if high and low[0] <= high[0]:
                    return self._absolute(i, low[0], high[0] + timedelta(days=1), high[1])
            return None
        if self.text.low(i) in ("before", "until"):
            found = self.dates.day(i + 1) or self._first_of_month(i + 1)
            return self._absolute(i, None, found[0], found[1]) if found else None
        if self.text.has(i, "on"):
            found = self.dates.day(i + 1)
            if found:
                return self._absolute(i, found[0], found[0] + timedelta(days=1), found[1])
        return self._month(i)

    def _month(self, i: int) -> Span | None:
        start = self._skip(i + 1, "the", "month", "of")
        if self.text.low(i) not in ("in", "during") or self.text.low(start) not in MONTHS:
            return None
        month = MONTHS.index(self.text.low(start)) + 1
        year, end = self.dates.year(start + 1)
        if year is None:
            year = self.as_of.year if month <= self.as_of.month else self.as_of.year - 1
        first = date(year, month, 1)
        after = date(year + month // 12, month % 12 + 1, 1)
        return self._absolute(i, first, after, end)

    def _bare(self, i: int) -> Span | None:
        """'in 10 days', 'for 2 weeks': a span only beside a negation."""
        if self.text.low(i) not in ("in", "for", "within"):
            return None
        length = self.duration(i + 1)
        if length is None or length[0].vague:
            return None
        found, unit, end = length
        if not found.bare and found.op not in (Op.GT, Op.GE):
            return None
        seconds = int(found.n * unit)
        op = None if found.bare else found.op
        return Span(end, "bare", Rolling(seconds=seconds), seconds, op=op)

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

    def _skip(self, i: int, *words: str) -> int:
        while self.text.low(i) in words:
            i += 1
        return i


def _fixed(first: datetime) -> str:
    return f"The period starts at {first:%Y-%m-%d} (UTC)."
