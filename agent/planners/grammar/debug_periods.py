"""The periods of a debug prompt: stretches of whole UTC days, as people name them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agent.planners.grammar.dates import MONTHS, WEEKDAYS, Dates
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.quantities import NUMBER_WORDS, number
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.conditions import Absolute, Calendar, Rolling

ONE_DAY = timedelta(days=1)
_LEADS = frozenset("in on over during for within throughout across at from through".split())
_THE = frozenset("the this last past previous".split())
_TO = (("up", "to"), ("to",), ("until",), ("till",), ("through",), ("thru",), ("-",), ("–",),
       ("—",))  # fmt: skip
_SINCE = (
    ("ever", "since"), ("since",), ("starting", "on"), ("starting", "from"), ("starting",),
    ("beginning", "on"), ("beginning",), ("as", "of"), ("after",), ("from",),
)  # fmt: skip
_ONWARD = frozenset("on onward onwards forward".split())
_SHORT = {month[:3]: n for n, month in enumerate(MONTHS, start=1)} | {"sept": 9}
_NAMES = {month: n for n, month in enumerate(MONTHS, start=1)} | _SHORT
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_ABBREVIATED = {"mtd": "month", "qtd": "quarter", "ytd": "year", "wtd": "week"}
_OVER_ITSELF = {"wow": "week", "mom": "month", "dod": "day"}
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Period:
    """The days [start, end) in UTC, and the token after the words that name them."""

    start: datetime
    end: datetime
    stop: int
    unit: str = ""
    """The calendar unit it is: the next one follows it."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of which the month may be said beside another day."""

    number: int
    stop: int
    month: int | None = None
    year: int | None = None
    full: date | None = None


class Periods:
    """Reads the periods of one text, the most recent ones where the year is left out."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.as_of = as_of
        self.today = as_of.date()
        self.midnight = datetime.combine(self.today, time.min)
        self.times = Times(text, lexicon, as_of)
        self.dates = Dates(text, as_of)

    def at(self, i: int) -> Period | None:
        """The period at an index; raises Unclear where it has no beginning or no whole day."""
        readers = (
            self._over_itself, self._to_date, self._since, self._range, self._around_day,
            self._part, self._quarter, self._weekend, self._ago, self._said, self._year,
            self._one_day,
            self._month,
        )  # fmt: skip
        for read in readers:
            found = read(i)
            if found is not None:
                return self._whole(i, found)
        return None

    def _whole(self, i: int, found: Period) -> Period:
        end = min(found.end, max(self.midnight, self.as_of))
        if found.start >= end:
            said = self.text.words(i, found.stop)
            raise Unclear(
                question=f"'{said}' holds no full day up to {self.midnight:%Y-%m-%d}. "
                "Which period do you mean?"
            )
        return Period(found.start, end, found.stop, found.unit)

    def _led(self, i: int, *more: str) -> int:
        start = i + 1 if self.text.low(i) in _LEADS else i
        while self.text.low(start) in ("the", *more):
            start += 1
        return start

    def _from(self, first: date, end: date | None, stop: int, unit: str = "") -> Period:
        begin = datetime.combine(first, time.min)
        finish = self.midnight if end is None else datetime.combine(end, time.min)
        return Period(begin, finish, stop, unit)

    # lengths up to now

    def _over_itself(self, i: int) -> Period | None:
        """'week over week': the last full one; it is compared with the one before anyway."""
        unit = _OVER_ITSELF.get(self.text.low(i))
        stop = i + 1
        if unit is None:
            unit = self.text.low(i)
            twice = self.text.low(i + 1) in ("over", "on", "by", "to", "/")
            if unit not in _DAYS or not twice or self.text.low(i + 2) != unit:
                return None
            stop = i + 3
        return self._from(self.today - timedelta(days=_DAYS[unit]), None, stop)

    def _to_date(self, i: int) -> Period | None:
        start = self._led(i)
        unit = _ABBREVIATED.get(self.text.low(start))
        stop = start + 1
        if unit is None and self.text.has(start + 1, "to", "date"):
            unit, stop = self.text.low(start), start + 3
        first = self._first_of(unit or "")
        return None if first is None else self._from(first, None, stop, unit or "")

    def _first_of(self, unit: str, back: int = 0) -> date | None:
        """The first day of the current week, month, quarter or year, or of one before."""
        months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
        if unit == "week":
            return self.today - timedelta(days=self.today.weekday() + 7 * back)
        if months is None:
            return None
        count = self.today.year * 12 + self.today.month - 1
        count = count // months * months - back * months
        return date(count // 12, count % 12 + 1, 1)

    def _since(self, i: int) -> Period | None:
        for words in _SINCE:
            if self.text.has(i, *words):
                found = self._first_day(i + len(words))
                if found is None or not self._goes_on(words[0], found[1]):
                    return None
                onward = self.text.low(found[1]) in _ONWARD and self.text.low(i) == "from"
                first = found[0] + ONE_DAY if words[0] == "after" and not found[2] else found[0]
                return self._from(first, None, found[1] + onward)
        return None

    def _goes_on(self, lead: str, stop: int) -> bool:
        """'from June 3 to June 10' ends; 'from June 3 on' does not."""
        if lead == "from":
            return self.text.low(stop) in _ONWARD
        return lead not in ("starting", "beginning") or self._connected(stop) is None

    def _first_day(self, i: int) -> tuple[date, int, bool] | None:
        """The day a period begins on, the token after it, and whether a length was named."""
        start = i
        while self.text.low(start) in ("the", "a", "start", "beginning", "of", "about"):
            start += 1
        begun = any(self.text.low(k) in ("start", "beginning") for k in range(i, start))
        if begun:
            found = self._beginning(start)
            if found is not None:
                return (*found, False)
        length = self.times.duration(start - (self.text.low(start - 1) == "a"))
        if length is not None and length[0].bare and self.text.low(length[2]) == "ago":
            days = int(length[0].n * length[1] // 86_400)
            return (self.today - timedelta(days=days), length[2] + 1, True) if days else None
        one = self._day(start)
        if one is not None:
            return (day, one.stop, False) if (day := self._resolve(one)) else None
        month = self._month(start)
        return None if month is None else (month.start.date(), month.stop, False)

    def _beginning(self, i: int) -> tuple[date, int] | None:
        start = i + 1 if self.text.low(i) in ("this", "last", "current") else i
        first = self._first_of(self.text.low(start), int(self.text.low(i) == "last"))
        if first is not None:
            return first, start + 1
        quarter = self._quarter(i)
        return None if quarter is None else (quarter.start.date(), quarter.stop)

    def _ago(self, i: int) -> Period | None:
        start = self._led(i)
        length = self.times.duration(start)
        if length is None or not length[0].bare or self.text.low(length[2]) != "ago":
            return None
        if length[1] != 86_400:
            said = self.text.words(start, length[2] + 1)
            raise Unclear(
                question=f"Which days does '{said}' mean? Say 'since …', 'on …' or 'the week of …'."
            )
        day = self.today - timedelta(days=int(length[0].n))
        return self._from(day, day + ONE_DAY, length[2] + 1, "day")

    def _said(self, i: int) -> Period | None:
        """'in the last 10 days', 'this week', 'last month', 'for 2 weeks'."""
        span = self.times.span(i)
        window = span.window if span is not None else None
        if span is None or isinstance(window, Absolute):
            return None
        lasting = span.kind == "bare" and self.text.low(i) == "for"
        if not (span.kind == "window" or lasting):
            return None
        stop = span.end + (self.text.low(span.end) == "now")
        if isinstance(window, Rolling):
            base = self.midnight if window.seconds >= 86_400 else self.as_of
            stated = self.text.words(i, span.end).lower().split()
            unit = stated[-1] if "this" in stated or "today" in stated else ""
            return Period(base - timedelta(seconds=window.seconds), base, stop, unit)
        if isinstance(window, Calendar):
            return self._calendar(window, stop)
        return None

    def _calendar(self, window: Calendar, stop: int) -> Period:
        back = window.periods_back
        if window.unit == "week":
            end = self.today - timedelta(days=7 * back)
            return self._from(end - timedelta(days=7), end, stop, "week")
        if window.unit == "day":
            day = self.today - timedelta(days=back)
            return self._from(day, day + ONE_DAY, stop, "day")
        first = self._first_of("month", back)
        after = self._first_of("month", back - 1) if back else None
        assert first is not None
        return self._from(first, after, stop, "month")

    # dates

    def _day(self, i: int) -> _Day | None:
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

    def _known(self, day: date, stop: int) -> _Day:
        return _Day(day.day, stop, day.month, day.year, day)

    def _weekday(self, i: int) -> _Day | None:
        k = i + 1 if self.text.low(i) in ("last", "this", "past") else i
        low = self.text.low(k)
        if low not in WEEKDAYS:
            return None
        back = (self.today.weekday() - WEEKDAYS.index(low)) % 7
        if back == 0 and (self.as_of.time() == time.min or self.text.low(i) == "last"):
            back = 7
        return self._known(self.today - timedelta(days=back), k + 1)

    def _month_number(self, i: int) -> int | None:
        if i >= len(self.text):
            return None
        low = self.text.low(i)
        named = low in _NAMES and (low not in ("may", "march", "mar") or self._titled(i))
        return _NAMES[low] if named else None

    def _titled(self, i: int) -> bool:
        """May is a month where it is written as a name, or beside a day or a preposition."""
        beside = self.text.low(i - 1) in ("in", "of", "during", "since", "th", "for", "late")
        return self.text[i].text[:1].isupper() or beside

    def _month_first(self, i: int) -> _Day | None:
        month = self._month_number(i)
        k = i + 1 + (self.text.low(i + 1) == "." and self.text.low(i) in _SHORT)
        k += self.text.low(k) == "the"
        day = self._day_number(k) if month is not None else None
        if day is None or month is None:
            return None
        year, stop = self.dates.year(day[1])
        return _Day(day[0], stop, month, year)

    def _number_first(self, i: int) -> _Day | None:
        day = self._day_number(i)
        if day is None:
            return None
        k = day[1] + (self.text.low(day[1]) == "of")
        month = self._month_number(k)
        if month is None:
            return _Day(day[0], day[1]) if self.text.low(day[1] - 1) == "th" else None
        year, stop = self.dates.year(k + 1)
        return _Day(day[0], stop, month, year)

    def _day_number(self, i: int) -> tuple[int, int] | None:
        if i >= len(self.text) or self.text[i].kind != "number":
            return None
        value = float(self.text.low(i).replace(",", ""))
        if value != int(value) or not 1 <= value <= 31:
            return None
        return int(value), i + 1 + (self.text.low(i + 1) == "th")

    def _resolve(self, one: _Day, other: _Day | None = None) -> date | None:
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
        return found.replace(year=found.year - 1) if year is None and found > self.today else found

    def _latest_day(self, day: int) -> date | None:
        for back in range(13):
            first = self._first_of("month", back)
            assert first is not None
            try:
                found = first.replace(day=day)
            except ValueError:
                continue
            if found <= self.today:
                return found
        return None

    def _one_day(self, i: int) -> Period | None:
        start = i + 1 if self.text.low(i) in _LEADS else i
        one = self._day(start)
        day = self._resolve(one) if one is not None else None
        if one is None or day is None:
            return None
        return self._from(day, day + ONE_DAY, one.stop, "day")

    def _connected(self, i: int, *, both: bool = False) -> int | None:
        """The token after 'to', '-' or, inside 'between … and …', 'and'."""
        for words in (*_TO, *((("and",),) if both else ())):
            if self.text.has(i, *words):
                return i + len(words)
        return None

    def _range(self, i: int) -> Period | None:
        """'between June 3 and 10', 'from the 3rd to the 10th of June', 'June 3-10'."""
        lead = self.text.low(i)
        start = i + 1 if lead in ("between", *_LEADS, "starting") else i
        start += self.text.low(start) == "on"
        one = self._day(start) or self._bare_number(start)
        after = None if one is None else self._connected(one.stop, both=lead == "between")
        if one is None or after is None:
            return None
        other = self._day(after) or self._bare_number(after)
        if other is None or (one.month is None and other.month is None and not self._ordinal(one)):
            return None
        low, high = self._resolve(one, other), self._resolve(other, one)
        if low is None or high is None or low > high:
            said = self.text.words(i, other.stop)
            raise Unclear(question=f"Which days does '{said}' mean? Name both with their month.")
        stop = other.stop + (self.text.low(other.stop) in ("inclusive", "included"))
        return self._from(low, high + ONE_DAY, stop)

    def _bare_number(self, i: int) -> _Day | None:
        day = self._day_number(i)
        if day is None or self.times.unit(day[1]) is not None:
            return None
        return _Day(day[0], day[1])

    def _ordinal(self, one: _Day) -> bool:
        return self.text.low(one.stop - 1) == "th"

    def _around_day(self, i: int) -> Period | None:
        """'the week of June 8', 'the week ending June 14', 'the 10 days before June 20'."""
        start = self._led(i)
        length = self.times.duration(start)
        stop = length[2] if length is not None else start + 1
        if length is not None and length[0].bare:
            days = int(length[0].n * length[1] // 86_400)
        elif self.text.low(start) in ("week", "fortnight"):
            days = 7 if self.text.low(start) == "week" else 14
        else:
            return None
        how = self.text.low(stop)
        one = self._day(stop + 1 + (self.text.low(stop + 1) in ("on", "with", "to")))
        day = self._resolve(one) if one is not None else None
        if one is None or day is None:
            return None
        if how == "of" and days == 7:
            day -= timedelta(days=day.weekday())
        elif how in ("ending", "until", "till", "up", "before"):
            day -= timedelta(days=days - (how != "before"))
        elif how in ("after", "following"):
            day += ONE_DAY
        elif how not in ("starting", "beginning", "commencing", "from", "since"):
            return None
        return self._from(day, day + timedelta(days=days), one.stop)

    # calendar units

    def _month(self, i: int) -> Period | None:
        start = self._led(i)
        if self.text.has(start, "month", "of"):
            start += 2
        month = self._month_number(start)
        if month is None:
            return None
        year, stop = self.dates.year(start + 1)
        year = year or self.today.year - (month > self.today.month)
        return self._from(
            date(year, month, 1), date(year + month // 12, month % 12 + 1, 1), stop, "month"
        )

    def _quarter(self, i: int) -> Period | None:
        start = self._led(i)
        low, k = self.text.low(start), start + 1
        relative = low in ("this", "current", "last", "previous")
        if relative and self.text.low(k) == "quarter":
            first = self._first_of("quarter", int(low in ("last", "previous")))
            assert first is not None
            return self._quarter_from(first, k + 1)
        if len(low) == 2 and low[0] == "q" and low[1] in "1234":
            which = int(low[1])
        elif low in _ORDINALS and self.text.low(k + (self.text.low(k) == "th")) == "quarter":
            which, k = _ORDINALS[low], k + 1 + (self.text.low(k) == "th")
        else:
            return None
        year, stop = self.dates.year(k + (self.text.low(k) == "of"))
        month = 3 * which - 2
        year = year or self.today.year - (month > self.today.month)
        return self._quarter_from(date(year, month, 1), stop if stop > k + 1 else max(stop, k))

    def _quarter_from(self, first: date, stop: int) -> Period:
        after = date(first.year + (first.month + 2) // 12, (first.month + 2) % 12 + 1, 1)
        stop -= self.text.low(stop - 1) == "of"
        return self._from(first, after, stop, "quarter")

    def _year(self, i: int) -> Period | None:
        start = self._led(i)
        if self.text.low(start) in ("this", "last") and self.text.low(start + 1) == "year":
            year, stop = self.today.year - (self.text.low(start) == "last"), start + 2
        else:
            named, stop = self.dates.year(start)
            if named is None or self.text.low(i) not in ("in", "during", "for", "throughout"):
                return None
            year = named
        return self._from(date(year, 1, 1), date(year + 1, 1, 1), stop, "year")

    def _weekend(self, i: int) -> Period | None:
        start = self._led(i, *_THE)
        if self.text.low(start) != "weekend":
            return None
        back = (self.today.weekday() - 5) % 7
        earlier = "last" in (self.text.low(start - 1), self.text.low(start - 2))
        if back == 0 or (earlier and back == 1):
            back += 7
        saturday = self.today - timedelta(days=back)
        return self._from(saturday, saturday + 2 * ONE_DAY, start + 1)

    def _part(self, i: int) -> Period | None:
        """'the first half of June', 'the last week of May', 'the first 10 days of May'."""
        start = self._led(i)
        which = self.text.low(start)
        if which not in ("first", "second", "last"):
            return None
        days, k = self._part_length(start + 1)
        month = self._month(k + 1) if k and self.text.low(k) == "of" else None
        if month is None or (which == "second" and days != 15):
            return None
        first, after = month.start.date(), self._after(month.start.date())
        if days == 15 and which != "first":
            first += timedelta(days=15)
        elif which == "last":
            first = after - timedelta(days=days)
        else:
            after = first + timedelta(days=days)
        return self._from(first, after, month.stop)

    def _after(self, first: date) -> date:
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)

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
