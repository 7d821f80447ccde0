"""What leaves read of one user's remembered events: counts in windows, times, sequences."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from core.conditions import (
    Filter,
    SinceEvent,
    SinceMoment,
)
from core.event_filters import has_moments, meets_at, meets_when_it_comes
from core.event_memory import Held, Kept, Memory, Pair, Recorder, Stream
from core.event_spans import FixedWindow, Span, SpanAt, reach, span_at
from core.kinds import Kinds, Plain
from core.moments import SECOND
from core.program import Program
from core.readings import ColumnValue, Followed, Reading, TimeOf, Times

Values = Sequence[Plain]
Spans = Sequence[Span]
Read = Callable[[Memory, Values, int, Spans], Plain]
"""What one reading gives: from memory, the values that are not about events, the moment of
decision, and the spans of all windows."""


class EventReadings:
    """Collects what a program reads of events, and how each reading is worked out."""

    def __init__(self, program: Program, kinds: Kinds) -> None:
        self._program = program
        self._kinds = kinds
        self._streams: dict[tuple[str, tuple[Filter, ...]], int] = {}
        self._spans: list[int | None] = []
        self._windows: dict[FixedWindow, int] = {}
        self._pairs: dict[Pair, int] = {}
        self._plain: dict[int, Plainly] = {}
        self._reads: list[tuple[int, Read]] = []
        for number, one in enumerate(tuple(program.readings)):
            if isinstance(one, Times | TimeOf | Followed) and not self._read_plainly(number, one):
                self._reads.append((number, self._read(one)))
        self._spans_at: list[SpanAt] = [span_at(window) for window in self._windows]

    def fill(self, values: list[Plain], memory: Memory, now: int) -> None:
        """Work out every reading about events; those of which nothing is known stay as they are."""
        spans = [span_at(now) for span_at in self._spans_at]
        for number, stream in memory.streams.items():
            plainly = self._plain.get(number)
            if plainly is not None:
                _fill(values, stream, plainly, now, spans)
        for number, read in self._reads:
            values[number] = read(memory, values, now, spans)

    def recorder(self) -> Recorder:
        """What puts events into the memories that these readings read."""
        kept = [
            Kept(event, where, span, meets_when_it_comes(where, self._properties(event)))
            for (event, where), span in zip(self._streams, self._spans, strict=True)
        ]
        return Recorder(kept, tuple(self._pairs))

    def _read_plainly(self, number: int, one: Reading) -> bool:
        """Whether a reading is one of the many that are worked out a stream at a time."""
        if not isinstance(one, Times | TimeOf) or has_moments(one.where):
            return False
        window = one.window if isinstance(one, Times) else None
        if isinstance(window, SinceEvent | SinceMoment):
            return False
        stream = self._stream(one.event, one.where, reach(window))
        plainly = self._plain.setdefault(stream, Plainly([], [], [], []))
        if isinstance(one, TimeOf):
            (plainly.first if one.which == "first" else plainly.last).append(number)
        elif window is None:
            plainly.total.append(number)
        else:
            place = self._windows.setdefault(window, len(self._windows))
            plainly.windows.append((number, place))
        return True

    def _read(self, one: Reading) -> Read:
        match one:
            case Times():
                return self._count(one)
            case TimeOf():
                times = self._times(one.event, one.where, 0)
                return _first(times) if one.which == "first" else _last(times)
            case Followed():
                return self._followed(one)
            case _:
                raise ValueError(f"{one} is not about events")

    def _count(self, one: Times) -> Read:
        match one.window:
            case None:
                return _count_all(self._times(one.event, one.where, 0))
            case SinceEvent():
                anchor = TimeOf(one.window.event, (), one.window.which)
                return _count_since(self._times(one.event, one.where, None), self._read(anchor))
            case SinceMoment():
                column = self._program.number_of(ColumnValue(one.window.column))
                times = self._times(one.event, one.where, None)
                return _count_since(times, lambda memory, values, now, spans: values[column])
            case _:
                times = self._times(one.event, one.where, reach(one.window))
                window = self._windows.setdefault(one.window, len(self._windows))
                return _count_in(times, window)

    def _followed(self, one: Followed) -> Read:
        if one.within_seconds is None:
            first = _first(self._times(one.first, (), 0))
            return _came_after(first, _last(self._times(one.then, (), 0)))
        streams = (self._stream(one.first, (), None), self._stream(one.then, (), None))
        pair = Pair(*streams, one.within_seconds * SECOND)
        return _completed(self._pairs.setdefault(pair, len(self._pairs)))

    def _times(self, event: str, where: tuple[Filter, ...], span: int | None) -> TimesAt:
        moving = meets_at(where, self._properties(event))
        number = self._stream(event, where, None if moving else span)
        return TimesAt(number, moving)

    def _stream(self, event: str, where: tuple[Filter, ...], span: int | None) -> int:
        number = self._streams.setdefault((self._canonical(event), where), len(self._streams))
        if number == len(self._spans):
            self._spans.append(span)
        before = self._spans[number]
        self._spans[number] = None if span is None or before is None else max(span, before)
        return number

    def _properties(self, event: str) -> Mapping[str, str]:
        return self._kinds.properties.get(self._canonical(event), {})

    def _canonical(self, event: str) -> str:
        return self._kinds.events[event]


class Plainly(NamedTuple):
    """What readings want of one stream: numbers of readings."""

    windows: list[tuple[int, int]]
    """How often in a window; with the number of that."""
    total: list[int]
    first: list[int]
    last: list[int]


def _fill(
    values: list[Plain], stream: Stream, plainly: Plainly, now: int, spans: Sequence[Span]
) -> None:
    times = stream.times
    known = len(times) if times[-1] < now else bisect_left(times, now)
    for number, window in plainly.windows:
        start, end = spans[window]
        until = known if end == now else bisect_left(times, end)
        values[number] = until - bisect_left(times, start, 0, until)
    for number in plainly.total:
        values[number] = stream.older + known
    if known:
        for number in plainly.last:
            values[number] = times[known - 1]
        for number in plainly.first:
            values[number] = stream.first


class TimesAt(NamedTuple):
    """Which stream a reading is about, and which of its events count at a moment."""

    stream: int
    moving: Callable[[Held, int], bool] | None
    """None: all of them at any moment."""

    def of(self, stream: Stream, now: int) -> Sequence[int]:
        """The times of those that count."""
        if self.moving is None:
            return stream.times
        pairs = zip(stream.times, stream.held, strict=True)
        return [at for at, held in pairs if self.moving(held, now)]


def _count_all(times: TimesAt) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> int:
        stream = memory.streams.get(times.stream)
        return 0 if stream is None else stream.older + bisect_left(times.of(stream, now), now)

    return read


def _count_in(times: TimesAt, window: int) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> int:
        stream = memory.streams.get(times.stream)
        if stream is None:
            return 0
        found = times.of(stream, now)
        start, end = spans[window]
        return bisect_left(found, end) - bisect_left(found, start)

    return read


def _count_since(times: TimesAt, anchor: Read) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> int:
        stream = memory.streams.get(times.stream)
        start = anchor(memory, values, now, spans)
        if stream is None or not isinstance(start, int):
            return 0
        found = times.of(stream, now)
        return max(0, bisect_left(found, now) - bisect_left(found, start))

    return read


def _first(times: TimesAt) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> int | None:
        stream = memory.streams.get(times.stream)
        if stream is None:
            return None
        first = stream.first
        if times.moving is not None:
            first = next(iter(times.of(stream, now)), None)
        return first if first is not None and first < now else None

    return read


def _last(times: TimesAt) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> int | None:
        stream = memory.streams.get(times.stream)
        if stream is None:
            return None
        found = times.of(stream, now)
        place = bisect_left(found, now)
        return found[place - 1] if place else None

    return read


def _came_after(first: Read, last: Read) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> bool:
        begun, ended = first(memory, values, now, spans), last(memory, values, now, spans)
        return isinstance(begun, int) and isinstance(ended, int) and begun < ended

    return read


def _completed(pair: int) -> Read:
    def read(memory: Memory, values: Values, now: int, spans: Spans) -> bool:
        done = memory.pairs.get(pair)
        return done is not None and done < now

    return read
