"""The first moment with room: where a cap that is full puts its message off to.

Caps, minimum gap and quiet hours each say from when on they would let a message
out; the latest of them is asked again, until none of them objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.frequency import counted_between
from core.moments import EPOCH, SECOND, micros
from core.quiet_hours import ready_at
from core.rules import FrequencyCap, QuietHours
from orchestrate.engine.candidates import Rules
from orchestrate.engine.state import Bools, Moments, Places, Slots
from orchestrate.engine.zones import zone_of

NEVER = np.iinfo(np.int64).max


class Waiting(NamedTuple):
    """Messages that look for room: each user at most once."""

    users: Places
    ghosts: Bools
    zones: npt.NDArray[np.int16]
    limited: npt.NDArray[np.bool_]
    """Cap × message."""
    ready: Moments
    """From when on they look."""
    expires: Moments


class Openings:
    """Finds room under the limits of one tick, before a moment at which nothing is left to send."""

    def __init__(self, rules: Rules, zone_names: Sequence[str], until: int) -> None:
        self._rules, self._names, self._until = rules, zone_names, until
        self._gap = rules.contact.min_gap_seconds * SECOND
        self._units: dict[tuple[str | None, str], Moments] = {}
        self._loud: dict[str, tuple[Moments, Moments]] = {}

    def first(self, waiting: Waiting, slots: Slots) -> Moments:
        """The first moment with room for each, or NEVER where there is none before it expires.

        ``slots``: what users have already, in any order.
        """
        taken = _theirs(waiting, slots)
        at = waiting.ready.copy()
        looking = at < waiting.expires
        while looking.any():
            later = self._awake(waiting, self._roomy(waiting, taken, at))
            looking = (later > at) & (later < waiting.expires)
            at = np.minimum(later, waiting.expires)
        return np.where(at < waiting.expires, at, NEVER)

    def _roomy(self, waiting: Waiting, taken: Slots, at: Moments) -> Moments:
        """From when on there could be room; ``at`` itself where there is."""
        found = at.copy()
        for number, (cap, n) in enumerate(self._rules.caps):
            begins, ends = self._window(cap, waiting, at)
            inside = taken.counted[number] & _between(taken, begins, ends)
            full = np.bincount(taken.users[inside], minlength=at.size) >= n
            opens = ends
            if n == 0:
                opens = np.full(at.size, NEVER)
            elif cap.calendar is None:
                opens = _earliest(taken, inside, at.size) + cap.window_seconds * SECOND
            np.maximum(found, opens, out=found, where=full & waiting.limited[number])
        if self._gap:
            close = _between(taken, at - self._gap + 1, at + self._gap)
            opens = _earliest(taken, close, at.size) + self._gap
            near = np.bincount(taken.users[close], minlength=at.size) > 0
            np.maximum(found, opens, out=found, where=near)
        return found

    def _window(self, cap: FrequencyCap, waiting: Waiting, at: Moments) -> tuple[Moments, Moments]:
        """[from, to) in which messages count for one that goes out at each moment."""
        if cap.calendar is None:
            window = cap.window_seconds * SECOND
            return at - window + 1, at + window
        begins, ends = at.copy(), at.copy()
        for name, here in self._by_zone(waiting):
            bounds = self._unit_bounds(cap, name)
            unit = np.searchsorted(bounds, at[here], "right")
            begins[here], ends[here] = bounds[unit - 1], bounds[unit]
        return begins, ends

    def _unit_bounds(self, cap: FrequencyCap, name: str) -> Moments:
        """Where calendar units begin, from the current one until nothing is left to send."""
        zone = zone_of(cap, name, self._rules)
        key = cap.calendar, zone
        if key not in self._units:
            bounds = list(counted_between(cap, zone, self._rules.as_of))
            while bounds[-1] <= self._until:
                bounds.append(counted_between(cap, zone, _moment(bounds[-1]))[1])
            self._units[key] = np.array(bounds, np.int64)
        return self._units[key]

    def _awake(self, waiting: Waiting, at: Moments) -> Moments:
        """The first moment from each on that is not quiet where its user is."""
        quiet = self._rules.contact.quiet_hours
        if quiet is None:
            return at
        found = at.copy()
        for name, here in self._by_zone(waiting):
            begins, ends = self._awake_spans(name, quiet)
            place = np.searchsorted(ends, at[here], "right")
            begins = np.append(begins, NEVER)
            found[here] = np.maximum(at[here], begins[place])
        return found

    def _awake_spans(self, name: str, quiet: QuietHours) -> tuple[Moments, Moments]:
        """When it is not quiet in a zone: [from, to) after [from, to)."""
        if name not in self._loud:
            # What is not quiet is quiet by the opposite hours.
            opposite = quiet.model_copy(update={"start": quiet.end, "end": quiet.start})
            spans: list[tuple[int, int]] = []
            moment = self._rules.as_of
            while not spans or micros(moment) <= self._until:
                begin = _known(ready_at(moment, name, quiet))
                moment = _known(ready_at(begin, name, opposite))
                spans.append((micros(begin), micros(moment)))
            begins, ends = np.array(spans, np.int64).T
            self._loud[name] = begins, ends
        return self._loud[name]

    def _by_zone(self, waiting: Waiting) -> Iterator[tuple[str, Bools]]:
        for place in np.unique(waiting.zones):
            yield self._names[place], waiting.zones == place


def _theirs(waiting: Waiting, slots: Slots) -> Slots:
    """What those who wait have already, by their place among them: ghosts see ghosts."""
    most = max(int(part.max(initial=0)) for part in (waiting.users, slots.users))
    place = np.full(most + 1, -1, np.int32)
    place[waiting.users] = np.arange(waiting.users.size)
    mine = place[slots.users]
    seen = (mine >= 0) & (~slots.ghosts | waiting.ghosts[mine])
    return Slots(mine[seen], slots.at[seen], slots.ghosts[seen], slots.counted[:, seen])


def _between(taken: Slots, begins: Moments, ends: Moments) -> Bools:
    found: Bools = (taken.at >= begins[taken.users]) & (taken.at < ends[taken.users])
    return found


def _earliest(taken: Slots, which: Bools, users: int) -> Moments:
    found = np.full(users, NEVER // 2, np.int64)
    np.minimum.at(found, taken.users[which], taken.at[which])
    return found


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _known(moment: datetime | None) -> datetime:
    assert moment is not None, "who waits has a zone that is known"
    return moment
