"""Windows read back: 'in the last 14 days', 'this week (UTC)', 'since the last app opened'."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

from core.conditions import Absolute, Calendar, Rolling, SinceEvent, SinceMoment, Window
from warehouse.wording.read_parts import Parts, Read
from warehouse.wording.spans import SECONDS
from warehouse.wording.writing import DAYS, PERIODS

_UNITS: tuple[str, ...] = get_args(Calendar.model_fields["unit"].annotation)


class Windows:
    """Reads windows, over one text."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.tokens = parts.tokens

    def at(self, i: int) -> Iterator[tuple[Window | None, int]]:
        for form in (self._rolling, self._calendar, self._absolute, self._since):
            yield from form(i)
        yield None, i

    def _rolling(self, i: int) -> Read:
        at = self.tokens.after(i, "in the last")
        if at is None:
            return
        for seconds, end in self.parts.duration(at):
            yield Rolling(seconds=seconds), end
        one = SECONDS.get(self.tokens.raw(at).lower())
        if one:
            yield Rolling(seconds=one), at + 1

    def _calendar(self, i: int) -> Read:
        for unit in _UNITS:
            for back, words in ({**PERIODS} if unit != "day" else {}).items():
                yield from self._zoned(self.tokens.after(i, f"{words} {unit}"), unit, back)
            back_words = self.tokens.value(i)
            if isinstance(back_words, int):
                yield from self._zoned(self.tokens.after(i + 1, f"{unit}s back"), unit, back_words)
        for back, words in DAYS.items():
            yield from self._zoned(self.tokens.after(i, words), "day", back)

    def _zoned(self, at: int | None, unit: Any, back: int) -> Read:
        if at is None or self.tokens.after(at, "(") is None:
            return
        close = self.tokens.after(at + 2, ")")
        if close is not None:
            yield Calendar(unit=unit, zone=self.tokens.raw(at + 1), periods_back=back), close

    def _absolute(self, i: int) -> Read:
        start = end = None
        at = i
        if (behind := self.tokens.after(at, "from")) is not None:
            start, at = self._instant(behind)
        if (behind := self.tokens.after(at, "before")) is not None:
            end, at = self._instant(behind)
        if start or end:
            yield Absolute(start=start, end=end), at

    def _instant(self, i: int) -> tuple[datetime | None, int]:
        text = f"{self.tokens.raw(i)} {self.tokens.raw(i + 1)}"
        try:
            return datetime.fromisoformat(text), i + 2
        except ValueError:
            return None, i

    def _since(self, i: int) -> Read:
        t = self.tokens
        for which in ("first", "last"):
            at = t.after(i, f"since the {which}")
            for name, end in t.one_of(at, self.parts.known.events) if at is not None else ():
                yield SinceEvent(event=name, which=which), end
        at = t.after(i, "since")
        for subject, end in t.one_of(at, self.parts.known.subjects) if at is not None else ():
            if subject.kind == "attribute":
                yield SinceMoment(column=subject.name), end
