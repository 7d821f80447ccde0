"""Spans of the calendar: today, last week, the day before yesterday, 'last week or this week'."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agent.planners.grammar.spans import UNITS, Span, unit_at
from agent.planners.grammar.words import Text
from core.conditions import Absolute, Calendar, Rolling

_BEFORE_LAST: dict[tuple[str, ...], Literal["day", "week"]] = {
    ("day", "before", "yesterday"): "day",
    ("week", "before", "last"): "week",
}


class CalendarSpans:
    """Reads such spans in one text."""

    def __init__(self, text: Text, as_of: datetime) -> None:
        self.text = text
        self.as_of = as_of

    def joined(self, i: int, one: Span, other: Span | None) -> Span:
        """'today or yesterday', 'last week or this week': two in a row, either of them."""
        first, second = _calendar_of(one), _calendar_of(other)
        if other is None or first is None or second is None or first.unit != second.unit:
            return one
        if abs(first.periods_back - second.periods_back) != 1:
            return one
        earlier, later = sorted((first, second), key=lambda window: -window.periods_back)
        said = self.text.words(i, other.end)
        note = f"'{said}' is either of two calendar {first.unit}s in a row, up to now (UTC)."
        return Span(other.end, "window", earlier, also=later, notes=(note,))

    def at(self, i: int) -> Span | None:
        """The span at an index."""
        start = i
        if self.text.low(start) in ("in", "within", "during", "on"):
            start += 1
        if self.text.has(start, "so", "far"):
            start += 2
        if self.text.low(start) == "the":
            start += 1
        before_last = self._before_last(i, start)
        if before_last is not None:
            return before_last
        return self._current_or_last(i, start)

    def _before_last(self, i: int, start: int) -> Span | None:
        """'the week before last', 'the day before yesterday'."""
        for words, unit in _BEFORE_LAST.items():
            if self.text.has(start, *words):
                said = self.text.words(i, start + 3)
                note = f"'{said}' is the whole calendar {unit} two before this one (UTC)."
                window = Calendar(unit=unit, periods_back=2)
                return Span(start + 3, "window", window, notes=(note,))
        return None

    def _current_or_last(self, i: int, start: int) -> Span | None:
        one = {"today": ("day", 0), "yesterday": ("day", 1)}.get(self.text.low(start))
        if one == ("day", 0) and start - i <= 1:
            return self._current(i, start + 1, "day")
        if one and start - i <= 1:
            return self._unit_of(i, start + 1, *one)
        if self.text.low(start) not in ("this", "current"):
            return None
        unit = unit_at(self.text, start + 1)
        end = start + 2
        if self.text.has(end, "so", "far"):
            end += 2
        if unit in ("day", "week", "month"):
            return self._current(i, end, unit)
        if unit == "year":
            first = datetime(self.as_of.year, 1, 1)
            note = f"The period starts at {first:%Y-%m-%d} (UTC)."
            return Span(end, "window", Absolute(start=first), notes=(note,))
        return None

    def _current(self, i: int, end: int, unit: str) -> Span:
        """This week and this month are the calendar's; today is a full length up to now."""
        if unit != "day":
            return self._unit_of(i, end, unit, 0)
        note = f"'{self.text.words(i, end)}' is the 24 hours up to now."
        return Span(end, "window", Rolling(seconds=UNITS[unit]), UNITS[unit], notes=(note,))

    def _unit_of(self, i: int, end: int, unit: str, back: int) -> Span:
        words = self.text.words(i, end)
        which = {0: "the current calendar", 1: "the whole previous calendar"}[back]
        monday = " from Monday" if unit == "week" else ""
        note = f"'{words}' is {which} {unit}{monday}, in UTC."
        return Span(end, "window", Calendar(unit=unit, periods_back=back), notes=(note,))


def _calendar_of(span: Span | None) -> Calendar | None:
    """The unit of the calendar that a span is; today is the day so far beside another day."""
    if span is None:
        return None
    if isinstance(span.window, Rolling) and span.seconds == UNITS["day"]:
        return Calendar(unit="day")
    return span.window if isinstance(span.window, Calendar) else None
