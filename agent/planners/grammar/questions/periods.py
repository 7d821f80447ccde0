"""When: periods as analysts name them, with what must be said of them.

Weeks start on Monday, everything is UTC. A period that has only just begun holds
nothing yet: the one that has just ended is taken, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from agent.planners.grammar.dates import MONTHS
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.conditions import Absolute, Calendar, Rolling
from core.questions import Stretch
from core.windows import fixed_bounds

Unit = Literal["day", "week", "month", "quarter", "year"]
_UNITS: dict[str, Unit] = {
    "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
}  # fmt: skip
_INTO = ("in", "during", "over", "within", "for", "of", "on", "from")
_BEFORE = ("before", "earlier", "prior")


@dataclass(frozen=True, slots=True)
class Said:
    """A period that was named: a unit of the calendar so many back, or two moments."""

    start: int
    end: int
    words: str
    unit: Unit | None = None
    back: int = 0
    relative: bool = False
    """'the week before': right before the other period."""
    bounds: tuple[datetime | None, datetime] | None = None
    notes: tuple[str, ...] = ()
    ever: bool = False


class Periods:
    """Reads periods in a text, and says what they are at a moment."""

    def __init__(self, text: Text, times: Times, as_of: datetime) -> None:
        self.text = text
        self.times = times
        self.as_of = as_of

    def at(self, i: int) -> Said | None:
        """The period named at an index."""
        return self._before(i) or self._calendar(i) or self._month(i) or self._other(i)

    def _before(self, i: int) -> Said | None:
        """'the day before', 'the week before last', 'the previous period'."""
        start = i + 1 if self.text.low(i) in ("the", "a") else i
        if start > i and self.text.low(start) in ("previous", "preceding", "prior"):
            unit = _UNITS.get(self.text.low(start + 1))
            if unit or self.text.has(start + 1, "period"):
                return Said(i, start + 2, self.text.words(i, start + 2), unit, relative=True)
            length = self.times.duration(start + 1)
            if length is not None and length[0].bare:
                return Said(i, length[2], self.text.words(i, length[2]), relative=True)
        counted = self.times.duration(start)
        if counted is not None and self.text.low(counted[2]) in _BEFORE:
            return Said(i, counted[2] + 1, self.text.words(i, counted[2] + 1), relative=True)
        unit = _UNITS.get(self.text.low(start))
        if unit is None and not self.text.has(start, "period"):
            return None
        if self.text.low(start + 1) not in _BEFORE:
            return None
        end = start + 2
        if self.text.low(end) in ("last", "yesterday", "that"):
            end += 1
        if self.text.low(end - 1) in ("last", "yesterday"):
            return Said(i, end, self.text.words(i, end), unit, 2)
        return Said(i, end, self.text.words(i, end), unit, relative=True)

    def _calendar(self, i: int) -> Said | None:
        start = i + 1 if self.text.low(i) in _INTO else i
        named = {"today": 0, "yesterday": 1}.get(self.text.low(start))
        if named is not None:
            return Said(i, start + 1, self.text.words(start, start + 1), "day", named)
        start += self.text.low(start) == "the" and self.text.low(start + 1) == "current"
        back = 0 if self.text.low(start) in ("this", "current") else None
        back = 1 if self.text.low(start) in ("last", "previous") else back
        unit = _UNITS.get(self.text.low(start + 1))
        if back is None or unit is None:
            return None
        end = start + 2
        if self.text.has(end, "so", "far") or self.text.has(end, "to", "date"):
            end += 2
        return Said(i, end, self.text.words(start, end), unit, back)

    def _month(self, i: int) -> Said | None:
        """'March', 'in May 2026'; 'may' alone is no month."""
        start = i + 1 if self.text.low(i) in _INTO else i
        start = start + 1 if self.text.low(start) in ("last", "this") else start
        low = self.text.low(start)
        if low not in MONTHS or (low == "may" and not self.text[start].text[:1].isupper()):
            return None
        if start + 1 < len(self.text) and self.text[start + 1].kind == "number":
            year, end = self.times.dates.year(start + 1)
            if year is None:
                return None
        else:
            year, end = None, start + 1
        month = MONTHS.index(low) + 1
        if year is None:
            year = self.as_of.year if month <= self.as_of.month else self.as_of.year - 1
        first = datetime(year, month, 1)
        after = datetime(year + month // 12, month % 12 + 1, 1)
        return Said(i, end, f"{self.text[start].text} {year}", bounds=(first, after))

    def _other(self, i: int) -> Said | None:
        span = self.times.span(i)
        if span is None:
            return None
        if span.kind == "ever":
            return Said(i, span.end, self.text.words(i, span.end), ever=True)
        if span.kind != "window" or not isinstance(span.window, Rolling | Calendar | Absolute):
            return None
        found = fixed_bounds(span.window, self.as_of)
        words = self.text.words(i, span.end)
        bounds = (found.start, found.end or self.as_of)
        return Said(i, span.end, words, bounds=bounds, notes=span.notes)

    # What a period is at the moment of asking.

    def shift(self, unit: Unit) -> int:
        """1 where the current unit has only just begun, so that it holds nothing yet."""
        return int(_unit_start(unit, self.as_of, 0) >= self.as_of)

    def stretch(self, said: Said, together: list[Said]) -> tuple[Stretch | None, list[str]]:
        """The period itself and what to say of it; ``together``: every period of the question."""
        if said.ever:
            return None, []
        if said.bounds is not None:
            return self._fixed(said)
        unit = said.unit
        if unit is None:
            return None, []
        # "This week and last week" move together; "last week" alone is a week that is over.
        current = any(one.unit == unit and one.back == 0 for one in together if not one.relative)
        shift = self.shift(unit) if current else 0
        back = said.back + shift
        start, end = _unit_start(unit, self.as_of, back), _unit_start(unit, self.as_of, back - 1)
        notes = [_said(said.words, start, min(end, self.as_of))]
        if shift and said.back == 0:
            notes = [
                f"'{said.words}' has only just begun at {self.as_of:%Y-%m-%d %H:%M}: the {unit} up "
                f"to then is taken, {_range(start, end)} (UTC)."
            ]
        elif end > self.as_of:
            notes = [
                f"'{said.words}' is not over: as of {self.as_of:%Y-%m-%d %H:%M} it holds "
                f"{_range(start, self.as_of)} (UTC)."
            ]
        return Stretch(words=said.words, start=start, end=min(end, self.as_of)), notes

    def _fixed(self, said: Said) -> tuple[Stretch | None, list[str]]:
        start, end = said.bounds or (None, self.as_of)
        notes = [*said.notes] or [_said(said.words, start, end)]
        if end > self.as_of and (start is None or start < self.as_of):
            notes.append(f"'{said.words}' is not over: as of {self.as_of:%Y-%m-%d %H:%M}.")
        return Stretch(words=said.words, start=start, end=end), notes

    def preceding(self, main: Said, stretch: Stretch, words: str) -> Stretch | None:
        """The period right before another one: of the calendar where that one is."""
        if stretch.start is None:
            return None
        if main.unit is not None:
            start = _unit_start(main.unit, stretch.start, 1)
        else:
            start = stretch.start - (stretch.end - stretch.start)
        return Stretch(words=words, start=start, end=stretch.start)


def _said(words: str, start: datetime | None, end: datetime) -> str:
    return f"'{words}' is {_range(start, end)} (UTC)."


def _range(start: datetime | None, end: datetime) -> str:
    since = f"from {_moment(start)} " if start else ""
    return f"{since}up to {_moment(end)}"


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d}" if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"


def _unit_start(unit: Unit, moment: datetime, back: int) -> datetime:
    midnight = datetime.combine(moment.date(), time.min)
    match unit:
        case "day":
            return midnight - timedelta(days=back)
        case "week":
            return midnight - timedelta(days=midnight.weekday(), weeks=back)
        case "month":
            return _month_start(midnight, back)
        case "quarter":
            first = _month_start(midnight, (midnight.month - 1) % 3)
            return _month_start(first, 3 * back)
        case "year":
            return datetime(midnight.year - back, 1, 1)


def _month_start(moment: datetime, back: int) -> datetime:
    months = moment.year * 12 + moment.month - 1 - back
    return datetime(months // 12, months % 12 + 1, 1)
