"""Dates as people write them: 2026-03-01, March 1, last Monday, yesterday."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from agent.planners.grammar.words import Text

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_SHORT = {month[:3]: n for n, month in enumerate(MONTHS, start=1) if month != "may"} | {"sept": 9}
_BEFORE_MAY = frozenset("in since before after during of between from until through early".split())
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def month_of(text: Text, i: int) -> int | None:
    """The number of the month at an index: May, Sept."""
    low = text.low(i)
    if low in MONTHS:
        # 'may' is a verb as well.
        doubtful = low == "may" and text[i].text.islower() and text.low(i - 1) not in _BEFORE_MAY
        return None if doubtful else MONTHS.index(low) + 1
    return _SHORT.get(low)


class Dates:
    """Reads dates in a text, the most recent one where the year is left out."""

    def __init__(self, text: Text, as_of: datetime) -> None:
        self.text = text
        self.as_of = as_of

    def day(self, i: int) -> tuple[date, int] | None:
        """A date at an index, the most recent one where the year is left out."""
        if i >= len(self.text):
            return None
        token = self.text[i]
        today = self.as_of.date()
        if token.kind == "date":
            return token.value, i + 1
        if token.low in ("today", "yesterday"):
            return today - timedelta(days=token.low == "yesterday"), i + 1
        i = i + 1 if token.low in ("last", "the") and self.text.low(i + 1) else i
        if self.text.low(i) in WEEKDAYS:
            back = (today.weekday() - WEEKDAYS.index(self.text.low(i))) % 7
            if back == 0 and self.as_of.time() == time.min:
                back = 7
            return today - timedelta(days=back), i + 1
        return self._named_day(i, today)

    def _named_day(self, i: int, today: date) -> tuple[date, int] | None:
        offset = next((k for k in (0, 1, 2, 3) if month_of(self.text, i + k)), None)
        if offset is None:
            return None
        if not all(self.text.low(i + k) in ("of", "th") for k in range(1, offset)):
            return None
        month = month_of(self.text, i + offset) or 0
        number_at, end = (i + 1, i + 2) if offset == 0 else (i, i + offset + 1)
        if number_at >= len(self.text) or self.text[number_at].kind != "number":
            return None
        day = int(float(self.text[number_at].value))
        if self.text.low(end) == "th":
            end += 1
        year, end = self.year(end)
        return _date(year, month, day, today, end)

    def year(self, i: int) -> tuple[int | None, int]:
        """The year at an index, where there is one, and where it ends."""
        start = i + 1 if self.text.has(i, ",") else i
        token = self.text[start] if start < len(self.text) else None
        if token is not None and token.kind == "number" and 1990 <= float(token.value) <= 2100:
            return int(float(token.value)), start + 1
        return None, i


def _date(year: int | None, month: int, day: int, today: date, end: int) -> tuple[date, int] | None:
    try:
        found = date(year or today.year, month, day)
    except ValueError:
        return None
    if year is None and found > today:
        found = date(today.year - 1, month, day)
    return found, end
