"""The periods of a debug prompt: stretches of whole UTC days, as people name them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from agent.planners.grammar.debug_calendar import LEADS, CalendarUnits, Period
from agent.planners.grammar.debug_days import ONE_DAY, Day, Days
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.conditions import Absolute, Calendar, Rolling

_TO = (("up", "to"), ("to",), ("until",), ("till",), ("through",), ("thru",), ("-",), ("–",),
       ("—",))  # fmt: skip
_SINCE = (
    ("ever", "since"), ("since",), ("starting", "on"), ("starting", "from"), ("starting",),
    ("beginning", "on"), ("beginning",), ("as", "of"), ("after",), ("from",),
)  # fmt: skip
_ONWARD = frozenset("on onward onwards forward".split())
_ABBREVIATED = {"mtd": "month", "qtd": "quarter", "ytd": "year", "wtd": "week"}
_OVER_ITSELF = {"wow": "week", "mom": "month", "dod": "day"}
_DAYS = {"day": 1, "week": 7, "month": 30}


class Periods:
    """Reads the periods of one text, the most recent ones where the year is left out."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.as_of = as_of
        self.today = as_of.date()
        self.midnight = datetime.combine(self.today, time.min)
        self.times = Times(text, lexicon, as_of)
        self.days = Days(text, as_of)
        self.units = CalendarUnits(text, self.days)

    def at(self, i: int) -> Period | None:
        """The period at an index; raises Unclear where it has no beginning or no whole day."""
        readers = (
            self._over_itself, self._to_date, self._since, self._range, self._around_day,
            self.units.part, self.units.quarter, self.units.weekend, self._ago, self._said,
            self.units.year, self._one_day, self.units.month,
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
        return self.units.between(self.today - timedelta(days=_DAYS[unit]), None, stop)

    def _to_date(self, i: int) -> Period | None:
        start = self.units.led(i)
        unit = _ABBREVIATED.get(self.text.low(start))
        stop = start + 1
        if unit is None and self.text.has(start + 1, "to", "date"):
            unit, stop = self.text.low(start), start + 3
        first = self.days.first_of(unit or "")
        return None if first is None else self.units.between(first, None, stop, unit or "")

    def _since(self, i: int) -> Period | None:
        for words in _SINCE:
            if self.text.has(i, *words):
                found = self._first_day(i + len(words))
                if found is None or not self._goes_on(words[0], found[1]):
                    return None
                onward = self.text.low(found[1]) in _ONWARD and self.text.low(i) == "from"
                first = found[0] + ONE_DAY if words[0] == "after" and not found[2] else found[0]
                return self.units.between(first, None, found[1] + onward)
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
        one = self.days.at(start)
        if one is not None:
            return (day, one.stop, False) if (day := self.days.resolve(one)) else None
        month = self.units.month(start)
        return None if month is None else (month.start.date(), month.stop, False)

    def _beginning(self, i: int) -> tuple[date, int] | None:
        start = i + 1 if self.text.low(i) in ("this", "last", "current") else i
        first = self.days.first_of(self.text.low(start), int(self.text.low(i) == "last"))
        if first is not None:
            return first, start + 1
        quarter = self.units.quarter(i)
        return None if quarter is None else (quarter.start.date(), quarter.stop)

    def _ago(self, i: int) -> Period | None:
        start = self.units.led(i)
        length = self.times.duration(start)
        if length is None or not length[0].bare or self.text.low(length[2]) != "ago":
            return None
        if length[1] != 86_400:
            said = self.text.words(start, length[2] + 1)
            raise Unclear(
                question=f"Which days does '{said}' mean? Say 'since …', 'on …' or 'the week of …'."
            )
        day = self.today - timedelta(days=int(length[0].n))
        return self.units.between(day, day + ONE_DAY, length[2] + 1, "day")

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
            unit = stated[-1] if {"this", "current", "today"} & {*stated} else ""
            if unit == "week":
                return self._week(0, stop)
            return Period(base - timedelta(seconds=window.seconds), base, stop, unit)
        if isinstance(window, Calendar):
            return self._calendar(window, stop)
        return None

    def _calendar(self, window: Calendar, stop: int) -> Period:
        back = window.periods_back
        if window.unit == "week":
            return self._week(back, stop)
        if window.unit == "day":
            day = self.today - timedelta(days=back)
            return self.units.between(day, day + ONE_DAY, stop, "day")
        first = self.days.first_of("month", back)
        after = self.days.first_of("month", back - 1) if back else None
        assert first is not None
        return self.units.between(first, after, stop, "month")

    def _week(self, back: int, stop: int) -> Period:
        """From Monday on; on a Monday at midnight the week that has just ended is this one.

        It is the last one as well, as in questions, unless the prompt speaks of this week too.
        """
        beside = "this week" in self.text.source.lower()
        ended = self.as_of if back and not beside else self.as_of - timedelta(seconds=1)
        last = ended.date()
        monday = last - timedelta(days=last.weekday() + 7 * back)
        end = min(monday + timedelta(days=7), max(self.today, monday + ONE_DAY))
        return self.units.between(monday, end, stop, "week")

    # dates

    def _one_day(self, i: int) -> Period | None:
        start = i + 1 if self.text.low(i) in LEADS else i
        one = self.days.at(start)
        day = self.days.resolve(one) if one is not None else None
        if one is None or day is None:
            return None
        return self.units.between(day, day + ONE_DAY, one.stop, "day")

    def _connected(self, i: int, *, both: bool = False) -> int | None:
        """The token after 'to', '-' or, inside 'between … and …', 'and'."""
        for words in (*_TO, *((("and",),) if both else ())):
            if self.text.has(i, *words):
                return i + len(words)
        return None

    def _range(self, i: int) -> Period | None:
        """'between June 3 and 10', 'from the 3rd to the 10th of June', 'June 3-10'."""
        lead = self.text.low(i)
        start = i + 1 if lead in ("between", *LEADS, "starting") else i
        start += self.text.low(start) == "on"
        one = self.days.at(start) or self._bare_number(start)
        after = None if one is None else self._connected(one.stop, both=lead == "between")
        if one is None or after is None:
            return None
        other = self.days.at(after) or self._bare_number(after)
        if other is None or (one.month is None and other.month is None and not self._ordinal(one)):
            return None
        low, high = self.days.resolve(one, other), self.days.resolve(other, one)
        if low is None or high is None or low > high:
            said = self.text.words(i, other.stop)
            raise Unclear(question=f"Which days does '{said}' mean? Name both with their month.")
        stop = other.stop + (self.text.low(other.stop) in ("inclusive", "included"))
        return self.units.between(low, high + ONE_DAY, stop)

    def _bare_number(self, i: int) -> Day | None:
        day = self.days.number(i)
        if day is None or self.times.unit(day[1]) is not None:
            return None
        return Day(day[0], day[1])

    def _ordinal(self, one: Day) -> bool:
        return self.text.low(one.stop - 1) == "th"

    def _around_day(self, i: int) -> Period | None:
        """'the week of June 8', 'the week ending June 14', 'the 10 days before June 20'."""
        start = self.units.led(i)
        length = self.times.duration(start)
        stop = length[2] if length is not None else start + 1
        if length is not None and length[0].bare:
            days = int(length[0].n * length[1] // 86_400)
        elif self.text.low(start) in ("week", "fortnight"):
            days = 7 if self.text.low(start) == "week" else 14
        else:
            return None
        how = self.text.low(stop)
        one = self.days.at(stop + 1 + (self.text.low(stop + 1) in ("on", "with", "to")))
        day = self.days.resolve(one) if one is not None else None
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
        return self.units.between(day, day + timedelta(days=days), one.stop)

    # calendar units
