"""Named stretches of the calendar: 2025, Q1, the first quarter of 2026, May, last year."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from agent.planners.grammar.dates import MONTHS, month_of
from agent.planners.grammar.words import Text

_ORDINAL = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_QUARTERS = {f"q{n}": n for n in range(1, 5)}
_HALVES = {"h1": 1, "h2": 2}
_ONE_BEFORE = ("last", "previous", "prior", "preceding")


class Period(NamedTuple):
    """Whole days from ``start`` up to, not including, ``after``; ``end`` is a token."""

    start: date
    after: date
    end: int


class Periods:
    """Reads named stretches of the calendar, the most recent one where the year is left out."""

    def __init__(self, text: Text, as_of: datetime) -> None:
        self.text = text
        self.today = as_of.date()

    def at(self, i: int) -> Period | None:
        """The stretch named at an index."""
        while self.text.low(i) == "the":
            i += 1
        return (
            self._month(i) or self._year(i) or self._short(i) or self._ordinal(i)
            or self._relative(i)
        )  # fmt: skip

    def _year(self, i: int) -> Period | None:
        i += self.text.low(i) == "year"
        year = self._year_number(i)
        return Period(date(year, 1, 1), date(year + 1, 1, 1), i + 1) if year else None

    def _year_number(self, i: int) -> int | None:
        if i >= len(self.text) or self.text[i].kind != "number":
            return None
        said = self.text[i].text
        # '2,025 workouts' is a count: only what the prompt itself writes as a year is one.
        written = self.text.source[self.text[i].start : self.text[i].end]
        ok = len(said) == 4 and said.isdigit() and written.startswith(said)
        return int(said) if ok and 1990 <= int(said) <= 2100 else None

    def _of_year(self, i: int) -> tuple[int | None, int]:
        start = i + (self.text.low(i) in ("of", ",", "/", "'"))
        if self.text.has(start, "this", "year"):
            return self.today.year, start + 2
        if self.text.low(start) in _ONE_BEFORE and self.text.low(start + 1) == "year":
            return self.today.year - 1, start + 2
        year = self._year_number(start)
        return (year, start + 1) if year else (None, i)

    def _month(self, i: int) -> Period | None:
        i = i + 2 if self.text.has(i, "month", "of") else i
        if self.text.low(i) in ("all", "whole"):
            i += 2 if self.text.low(i + 1) == "of" else 1
        month = month_of(self.text, i)
        if month is None:
            return None
        year, end = self._of_year(i + 1)
        return self._months(month, 1, year, end)

    def _months(self, first: int, count: int, year: int | None, end: int) -> Period:
        """So many months from one on; without a year the most recent that has begun."""
        if year is None:
            year = self.today.year - (first > self.today.month)
        after = first - 1 + count
        return Period(date(year, first, 1), date(year + after // 12, after % 12 + 1, 1), end)

    def _short(self, i: int) -> Period | None:
        """Q1, Q3 2025, H1."""
        low = self.text.low(i)
        quarter, half = _QUARTERS.get(low), _HALVES.get(low)
        if quarter is None and half is None:
            return None
        year, end = self._of_year(i + 1)
        if quarter is not None:
            return self._months(3 * quarter - 2, 3, year, end)
        return self._months(6 * (half or 1) - 5, 6, year, end)

    def _ordinal(self, i: int) -> Period | None:
        """'first quarter of 2026', 'second half of 2025'."""
        nth, unit = _ORDINAL.get(self.text.low(i)), self.text.low(i + 1)
        months = {"quarter": 3, "half": 6}.get(unit)
        if nth is None or months is None or nth * months > 12:
            return None
        year, end = self._of_year(i + 2)
        if year is None and unit == "half":
            return None
        return self._months(months * (nth - 1) + 1, months, year, end)

    def _relative(self, i: int) -> Period | None:
        """'last quarter', 'this year': of the calendar."""
        which, unit = self.text.low(i), self.text.low(i + 1)
        back = 1 if which in _ONE_BEFORE else 0 if which in ("this", "current") else None
        if back is None:
            return None
        if unit == "year":
            year = self.today.year - back
            return Period(date(year, 1, 1), date(year + 1, 1, 1), i + 2)
        if unit == "quarter":
            first = 3 * ((self.today.month - 1) // 3) + 1
            year = self.today.year
            if back:
                first, year = (first - 3, year) if first > 3 else (10, year - 1)
            return self._months(first, 3, year, i + 2)
        return None

    def short_unit(self, i: int) -> Period | None:
        """'last month', 'this week', 'the week': what 'the start of' may be said of."""
        i += self.text.low(i) == "the"
        low = self.text.low(i)
        back = 1 if low in _ONE_BEFORE else 0
        end = i + 1 + (low in (*_ONE_BEFORE, "this", "current"))
        unit = self.text.low(end - 1)
        if unit == "month":
            first = self.today.replace(day=1)
            first = (first - timedelta(days=1)).replace(day=1) if back else first
            return Period(first, (first + timedelta(days=32)).replace(day=1), end)
        if unit == "week":
            monday = self.today - timedelta(days=self.today.weekday() + 7 * back)
            return Period(monday, monday + timedelta(days=7), end)
        if unit == "year":
            year = self.today.year - back
            return Period(date(year, 1, 1), date(year + 1, 1, 1), end)
        return None


__all__ = ["MONTHS", "Period", "Periods"]
