"""Calendar units as periods: June, Q2, last year, the weekend, the first half of May."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agent.planners.grammar.debug_days import ONE_DAY, Days
from agent.planners.grammar.quantities import NUMBER_WORDS, number
from agent.planners.grammar.words import Text

LEADS = frozenset("in on over during for within throughout across at from through".split())
_THE = frozenset("the this last past previous".split())
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1": 1, "2": 2, "3": 3, "4": 4}


@dataclass(frozen=True, slots=True)
class Period:
    """The days [start, end) in UTC, and the token after the words that name them."""

    start: datetime
    end: datetime
    stop: int
    unit: str = ""
    """The calendar unit it is: the next one follows it."""


class CalendarUnits:
    """Reads calendar units in one text, the most recent ones where the year is left out."""

    def __init__(self, text: Text, days: Days) -> None:
        self.text = text
        self.days = days
        self.today = days.today
        self.midnight = datetime.combine(days.today, time.min)

    def month(self, i: int) -> Period | None:
        start = self.led(i)
        if self.text.has(start, "month", "of"):
            start += 2
        month = self.days.month(start)
        if month is None:
            return None
        year, stop = self.days.dates.year(start + 1)
        year = year or self.today.year - (month > self.today.month)
        return self.between(
            date(year, month, 1), date(year + month // 12, month % 12 + 1, 1), stop, "month"
        )

    def quarter(self, i: int) -> Period | None:
        start = self.led(i)
        low, k = self.text.low(start), start + 1
        relative = low in ("this", "current", "last", "previous")
        if relative and self.text.low(k) == "quarter":
            first = self.days.first_of("quarter", int(low in ("last", "previous")))
            assert first is not None
            return self._quarter_from(first, k + 1)
        if len(low) == 2 and low[0] == "q" and low[1] in "1234":
            which = int(low[1])
        elif low in _ORDINALS and self.text.low(k + (self.text.low(k) == "th")) == "quarter":
            which, k = _ORDINALS[low], k + 1 + (self.text.low(k) == "th")
        else:
            return None
        year, stop = self.days.dates.year(k + (self.text.low(k) == "of"))
        month = 3 * which - 2
        year = year or self.today.year - (month > self.today.month)
        return self._quarter_from(date(year, month, 1), stop if stop > k + 1 else max(stop, k))

    def _quarter_from(self, first: date, stop: int) -> Period:
        after = date(first.year + (first.month + 2) // 12, (first.month + 2) % 12 + 1, 1)
        stop -= self.text.low(stop - 1) == "of"
        return self.between(first, after, stop, "quarter")

    def year(self, i: int) -> Period | None:
        start = self.led(i)
        if self.text.low(start) in ("this", "last") and self.text.low(start + 1) == "year":
            year, stop = self.today.year - (self.text.low(start) == "last"), start + 2
        else:
            named, stop = self.days.dates.year(start)
            if named is None or self.text.low(i) not in ("in", "during", "for", "throughout"):
                return None
            year = named
        return self.between(date(year, 1, 1), date(year + 1, 1, 1), stop, "year")

    def weekend(self, i: int) -> Period | None:
        start = self.led(i, *_THE)
        if self.text.low(start) != "weekend":
            return None
        back = (self.today.weekday() - 5) % 7
        earlier = "last" in (self.text.low(start - 1), self.text.low(start - 2))
        if back == 0 or (earlier and back == 1):
            back += 7
        saturday = self.today - timedelta(days=back)
        return self.between(saturday, saturday + 2 * ONE_DAY, start + 1)

    def part(self, i: int) -> Period | None:
        """'the first half of June', 'the last week of May', 'the first 10 days of May'."""
        start = self.led(i)
        which = self.text.low(start)
        if which in ("h1", "h2"):
            return self._half_year(start)
        if which not in ("first", "second", "last"):
            return None
        days, k = self._part_length(start + 1)
        month = self.month(k + 1) if k and self.text.low(k) == "of" else None
        if month is None or (which == "second" and days != 15):
            return None
        first, after = month.start.date(), self.days.month_after(month.start.date())
        if days == 15 and which != "first":
            first += timedelta(days=15)
        elif which == "last":
            first = after - timedelta(days=days)
        else:
            after = first + timedelta(days=days)
        return self.between(first, after, month.stop)

    def _half_year(self, i: int) -> Period:
        year, stop = self.days.dates.year(i + 1)
        month = 1 if self.text.low(i) == "h1" else 7
        year = year or self.today.year - (month > self.today.month)
        return self.between(date(year, month, 1), date(year + (month > 1), 8 - month, 1), stop)

    def _part_length(self, i: int) -> tuple[int, int]:
        if self.text.low(i) == "half":
            return 15, i + 1
        if self.text.low(i) == "week":
            return 7, i + 1
        count = number(self.text, i)
        whole = count is not None and self.text.low(count[1]) in ("day", "days", "weeks")
        if count is None or not whole or self.text.low(i) not in {*NUMBER_WORDS, f"{count[0]:g}"}:
            return 0, 0
        return int(count[0]) * (7 if self.text.low(count[1]) == "weeks" else 1), count[1] + 1

    def led(self, i: int, *more: str) -> int:
        start = i + 1 if self.text.low(i) in LEADS else i
        while self.text.low(start) in ("the", *more):
            start += 1
        return start

    def between(self, first: date, end: date | None, stop: int, unit: str = "") -> Period:
        begin = datetime.combine(first, time.min)
        finish = self.midnight if end is None else datetime.combine(end, time.min)
        return Period(begin, finish, stop, unit)
