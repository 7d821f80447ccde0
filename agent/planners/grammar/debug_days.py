"""Single days as people name them: June 24th, the 24th, last Friday, yesterday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agent.planners.grammar.dates import MONTHS, WEEKDAYS, Dates
from agent.planners.grammar.spans import in_year
from agent.planners.grammar.words import Text

ONE_DAY = timedelta(days=1)
_SHORT = {month[:3]: n for n, month in enumerate(MONTHS, start=1)} | {"sept": 9}
_NAMES = {month: n for n, month in enumerate(MONTHS, start=1)} | _SHORT


@dataclass(frozen=True, slots=True)
class Day:
    """A day of which the month may be said beside another day."""

    number: int
    stop: int
    month: int | None = None
    year: int | None = None
    full: date | None = None


class Days:
    """Reads days in one text, the most recent ones where month or year is left out."""

    def __init__(self, text: Text, as_of: datetime) -> None:
        self.text = text
        self.as_of = as_of
        self.today = as_of.date()
        self.dates = Dates(text, as_of)

    def at(self, i: int) -> Day | None:
        """'June 24th', '24 June', 'the 24th', '2026-06-24', 'last Friday', 'yesterday'."""
        if i >= len(self.text):
            return None
        while self.text.low(i) in ("the", "on"):
            i += 1
        if self.text.has(i, "day", "before", "yesterday"):
            return self._known(self.today - 2 * ONE_DAY, i + 3)
        found = self._weekday(i) or self._month_first(i) or self._number_first(i)
        if found is not None:
            return found
        exact = self.dates.day(i) if self.text[i : i + 1] else None
        plain = exact is not None and (self.text[i].kind == "date" or self.text.low(i) in
                                       ("today", "yesterday"))  # fmt: skip
        return self._known(*exact) if exact is not None and plain else None

    def _known(self, day: date, stop: int) -> Day:
        return Day(day.day, stop, day.month, day.year, day)

    def _weekday(self, i: int) -> Day | None:
        k = i + 1 if self.text.low(i) in ("last", "this", "past") else i
        low = self.text.low(k)
        if low not in WEEKDAYS:
            return None
        back = (self.today.weekday() - WEEKDAYS.index(low)) % 7
        if back == 0 and (self.as_of.time() == time.min or self.text.low(i) == "last"):
            back = 7
        return self._known(self.today - timedelta(days=back), k + 1)

    def month(self, i: int) -> int | None:
        if i >= len(self.text):
            return None
        low = self.text.low(i)
        named = low in _NAMES and (low not in ("may", "march", "mar") or self._titled(i))
        return _NAMES[low] if named else None

    def _titled(self, i: int) -> bool:
        """May is a month where it is written as a name, or beside a day or a preposition."""
        beside = self.text.low(i - 1) in ("in", "of", "during", "since", "th", "for", "late")
        return self.text[i].text[:1].isupper() or beside

    def _month_first(self, i: int) -> Day | None:
        month = self.month(i)
        k = i + 1 + (self.text.low(i + 1) == "." and self.text.low(i) in _SHORT)
        k += self.text.low(k) == "the"
        day = self.number(k) if month is not None else None
        if day is None or month is None:
            return None
        year, stop = self.dates.year(day[1])
        return Day(day[0], stop, month, year)

    def _number_first(self, i: int) -> Day | None:
        day = self.number(i)
        if day is None:
            return None
        k = day[1] + (self.text.low(day[1]) == "of")
        month = self.month(k)
        if month is None:
            return Day(day[0], day[1]) if self.text.low(day[1] - 1) == "th" else None
        year, stop = self.dates.year(k + 1)
        return Day(day[0], stop, month, year)

    def number(self, i: int) -> tuple[int, int] | None:
        if i >= len(self.text) or self.text[i].kind != "number":
            return None
        value = float(self.text.low(i).replace(",", ""))
        if value != int(value) or not 1 <= value <= 31:
            return None
        return int(value), i + 1 + (self.text.low(i + 1) == "th")

    def resolve(self, one: Day, other: Day | None = None) -> date | None:
        """The most recent such day; its month and year may be said beside the other day."""
        if one.full is not None:
            return one.full
        month = one.month or (other.month if other is not None else None)
        year = one.year or (other.year if other is not None else None)
        if month is None:
            return self._latest_day(one.number)
        try:
            found = date(year or self.today.year, month, one.number)
        except ValueError:
            return None
        return in_year(found, found.year - 1) if year is None and found > self.today else found

    def _latest_day(self, day: int) -> date | None:
        for back in range(13):
            first = self.first_of("month", back)
            assert first is not None
            try:
                found = first.replace(day=day)
            except ValueError:
                continue
            if found <= self.today:
                return found
        return None

    def first_of(self, unit: str, back: int = 0) -> date | None:
        """The first day of the current week, month, quarter or year, or of one before."""
        months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
        if unit == "week":
            return self.today - timedelta(days=self.today.weekday() + 7 * back)
        if months is None:
            return None
        count = self.today.year * 12 + self.today.month - 1
        count = count // months * months - back * months
        return date(count // 12, count % 12 + 1, 1)

    def month_after(self, first: date) -> date:
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)
