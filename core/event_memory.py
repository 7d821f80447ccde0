"""What is remembered of one user's events: exactly what a set of rules reads of them.

Events are kept as times, a list for each kind of event and filters that some
rule counts. What no window reaches any more is counted and dropped; late
events find their place. Nothing is approximated.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from core.conditions import Filter

Properties = Mapping[str, object]
Held = tuple[int, ...]
MANY = 16
"""How many times may outlive their use, so that dropping them is seldom work."""


class Kept(NamedTuple):
    """Which events one list of times is about, and how far back it is needed."""

    event: str
    where: tuple[Filter, ...]
    span: int | None
    """Microseconds before the moment of decision; None: all of them."""
    meets: Callable[[Properties], Held | None]
    """None for an event that does not count; else its properties that are compared with the
    moment of decision, and so cannot be decided on when it comes."""


class Pair(NamedTuple):
    """One event followed by another within microseconds: the numbers of their lists."""

    first: int
    then: int
    within: int


class Stream:
    """The times of a user's events of one kind, in order."""

    __slots__ = ("first", "held", "older", "times")

    def __init__(self) -> None:
        self.times: array[int] = array("q")
        self.older = 0
        """How many times were dropped: all of them before the first one kept."""
        self.first: int | None = None
        """The earliest of all, dropped ones included."""
        self.held: list[Held] = []
        """Beside each time, the properties that are compared with the moment of decision."""

    def add(self, at: int, held: Held) -> None:
        """One more event, late or not."""
        place = bisect_right(self.times, at)
        self.times.insert(place, at)
        self.first = at if self.first is None else min(self.first, at)
        if held:
            self.held.insert(place, held)

    def add_all(self, times: Sequence[int], held: Held) -> None:
        """Several events at once that differ in nothing but their moments."""
        if held:
            for at in times:
                self.add(at, held)
            return
        self.times = array("q", sorted([*self.times, *times]))
        earliest = min(times)
        self.first = earliest if self.first is None else min(self.first, earliest)

    def drop_before(self, horizon: int) -> None:
        """Forget what is older, but for the latest of those: how long ago it was may be asked."""
        cut = bisect_left(self.times, horizon) - 1
        if cut >= MANY:
            self.older += cut
            del self.times[:cut]


class Memory:
    """One user's streams by number, and when each pair of events was first complete."""

    __slots__ = ("pairs", "streams", "trimmed_at")

    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}
        self.pairs: dict[int, int] = {}
        self.trimmed_at: int | None = None
        """The latest moment for which something was dropped: no earlier one can be asked about."""


class Recorder:
    """Puts events into memories: which lists an event belongs to is worked out once."""

    def __init__(self, kept: Sequence[Kept], pairs: Sequence[Pair]) -> None:
        self._kept = kept
        self._pairs = pairs
        self._by_event: dict[str, list[int]] = {}
        for number, one in enumerate(kept):
            self._by_event.setdefault(one.event, []).append(number)
        self._paired = {number for pair in pairs for number in (pair.first, pair.then)}

    @property
    def events(self) -> frozenset[str]:
        """The canonical names of all events that are remembered."""
        return frozenset(self._by_event)

    @property
    def filtered(self) -> frozenset[str]:
        """Those of them of which some count only by their properties."""
        return frozenset(one.event for one in self._kept if one.where)

    def record(
        self, memory: Memory, event: str, times: Sequence[int], properties: Properties
    ) -> None:
        """Remember events, by their canonical name, that differ in nothing but their moments."""
        for number in self._by_event.get(event, ()):
            held = self._kept[number].meets(properties)
            if held is None:
                continue
            stream = memory.streams.setdefault(number, Stream())
            if len(times) == 1:
                stream.add(times[0], held)
            else:
                stream.add_all(times, held)
            if number in self._paired:
                for at in times:
                    self._complete_pairs(memory, number, at)

    def trim(self, memory: Memory, now: int) -> None:
        """Drop what no decision at ``now`` or later can read."""
        # A clock that goes back brings nothing back.
        memory.trimmed_at = now if memory.trimmed_at is None else max(now, memory.trimmed_at)
        for number, stream in memory.streams.items():
            span = self._kept[number].span
            if span is not None and len(stream.times) > MANY:
                stream.drop_before(now - span)

    def _complete_pairs(self, memory: Memory, number: int, at: int) -> None:
        for place, pair in enumerate(self._pairs):
            if number == pair.first:
                self._completed(memory, place, _next(memory, pair, at))
            if number == pair.then and _preceded(memory, pair, at):
                self._completed(memory, place, at)

    @staticmethod
    def _completed(memory: Memory, place: int, at: int | None) -> None:
        if at is not None:
            memory.pairs[place] = min(at, memory.pairs.get(place, at))


def _next(memory: Memory, pair: Pair, at: int) -> int | None:
    """When the second event of a pair came in time after a first one at a moment."""
    stream = memory.streams.get(pair.then)
    if stream is None:
        return None
    place = bisect_right(stream.times, at)
    in_time = place < len(stream.times) and stream.times[place] <= at + pair.within
    return stream.times[place] if in_time else None


def _preceded(memory: Memory, pair: Pair, at: int) -> bool:
    """Whether the first event of a pair came in time before a second one at a moment."""
    stream = memory.streams.get(pair.first)
    if stream is None:
        return False
    place = bisect_left(stream.times, at) - 1
    return place >= 0 and stream.times[place] >= at - pair.within
