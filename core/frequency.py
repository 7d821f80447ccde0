"""How many messages are too many: what counts under caps and the minimum gap, and until when.

Deciding and sending both ask here which messages a window holds, so that they cannot disagree.
Moments are microseconds since the beginning of 1970, of naive UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from core.conditions import Calendar
from core.moments import EPOCH, SECOND, micros
from core.quiet_hours import ready_at
from core.rules import ContactPolicy, FrequencyCap, QuietHours
from core.wall_clock import zone_or
from core.windows import current_period


class Kind(NamedTuple):
    """What caps tell messages apart by."""

    message_class: str
    channel: str
    group: str | None

    @property
    def is_exempt(self) -> bool:
        """Whether it leaves whatever is full; it counts all the same."""
        return self.message_class == "transactional"


class Taken(NamedTuple):
    """A message that its user has."""

    kind: Kind
    at: int
    """When it was handed over."""
    granted: int
    """From when on its decision let it out; ``at`` where nobody here decided it."""
    counted: int
    """The moment that it took a place for in the end: later where it was put off."""


class Asking(NamedTuple):
    """A message that is about to leave."""

    kind: Kind
    granted: int
    expires: int


class Lack(NamedTuple):
    """There is no room for a message now."""

    reason: str
    """Reason code."""
    until: int | None
    """The first moment with room that it waits for; None: it does not wait."""


class Limits(NamedTuple):
    """The limits on one user."""

    contact: ContactPolicy
    zone: str
    """The user's; anything else than a time zone stands for an unknown one."""

    def lack(self, asking: Asking, taken: Sequence[Taken], now: int) -> Lack | None:
        """Why a message may not leave now, beside those that its user has; None: it may.

        It waits for room where every full cap defers, and wherever these limits had let it out at
        the moment that it was granted: then it is others that left late, or itself. There is none
        for a message that would expire first.
        """
        full, near = self._full(asking.kind, taken, now), self._is_near(taken, now)
        if not full and not near:
            return None
        reason = "CAP_REACHED" if full else "MIN_GAP"
        if not self._waits(asking, taken, full):
            return Lack(reason, None)
        return Lack(reason, self._opening(asking, taken, now))

    def _full(self, kind: Kind, taken: Sequence[Taken], now: int) -> list[tuple[FrequencyCap, int]]:
        return [
            (cap, n)
            for cap, n in self._caps(kind)
            if len(self._inside(cap, [one.at for one in _counting(cap, taken)], now)) >= n
        ]

    def _is_near(self, taken: Sequence[Taken], now: int) -> bool:
        gap = self.contact.min_gap_seconds * SECOND
        return any(abs(one.at - now) < gap for one in taken)

    def _waits(
        self, asking: Asking, taken: Sequence[Taken], full: Sequence[tuple[FrequencyCap, int]]
    ) -> bool:
        if not full:
            since = asking.granted - self.contact.min_gap_seconds * SECOND
            return not _between(taken, since + 1, asking.granted)
        return all(
            cap.on_exceed == "defer" or self._had_room(cap, n, asking, taken) for cap, n in full
        )

    def _had_room(self, cap: FrequencyCap, n: int, asking: Asking, taken: Sequence[Taken]) -> bool:
        """Whether the cap had room at the moment that a message was granted, had all left then."""
        begin, _ = self._span(cap, asking.granted)
        return len(_between(_counting(cap, taken), begin, asking.granted)) < n

    def _opening(self, asking: Asking, taken: Sequence[Taken], now: int) -> int | None:
        """The first moment with room, in no quiet hours, before the message expires."""
        at = now
        while (later := self._roomy(asking.kind, taken, at)) is not None:
            if later >= asking.expires:
                return None
            awake = ready_at(_moment(later), self.zone, self.contact.quiet_hours)
            if awake is None or micros(awake) == at:
                return None if awake is None else at
            at = micros(awake)
        return None

    def _roomy(self, kind: Kind, taken: Sequence[Taken], at: int) -> int | None:
        """From when on there could be room; ``at`` itself where there is, None: never."""
        found = at
        for cap, n in self._full(kind, taken, at):
            if n == 0:
                return None
            inside = self._inside(cap, [one.at for one in _counting(cap, taken)], at)
            _, ends = self._span(cap, at)
            found = max(found, ends if cap.calendar else min(inside) + cap.window_seconds * SECOND)
        gap = self.contact.min_gap_seconds * SECOND
        return max([found, *(one.at + gap for one in taken if abs(one.at - at) < gap)])

    def _caps(self, kind: Kind) -> Iterator[tuple[FrequencyCap, int]]:
        for cap in self.contact.caps:
            if cap.n is not None and cap.limits(*kind):
                yield cap, cap.n

    def _inside(self, cap: FrequencyCap, moments: Sequence[int], at: int) -> list[int]:
        begins, ends = self._span(cap, at)
        return [one for one in moments if begins <= one < ends]

    def _span(self, cap: FrequencyCap, at: int) -> tuple[int, int]:
        zone = whose_midnight(cap, self.zone, self.contact.quiet_hours)
        return counted_between(cap, zone, _moment(at))


def whose_midnight(cap: FrequencyCap, users: str, quiet: QuietHours | None) -> str:
    """The zone that a calendar unit goes by for a user of a zone."""
    fallback = quiet.fallback_zone if quiet and quiet.fallback_zone else "UTC"
    return zone_or(users if cap.zone == "user" else cap.zone, fallback)


def counted_between(cap: FrequencyCap, zone: str, moment: datetime) -> tuple[int, int]:
    """[from, to) in which messages count for one that goes out at a moment."""
    if cap.calendar is None:
        # What goes out exactly a window earlier or later no longer counts.
        at, window = micros(moment), cap.window_seconds * SECOND
        return at - window + 1, at + window
    begin, end = current_period(Calendar(unit=cap.calendar, zone=zone), moment)
    assert begin is not None
    assert end is not None
    return micros(begin), micros(end)


def _counting(cap: FrequencyCap, taken: Sequence[Taken]) -> list[Taken]:
    return [one for one in taken if cap.limits(*one.kind)]


def _between(taken: Sequence[Taken], since: int, until: int) -> list[Taken]:
    """Those that kept to [since, until] from being granted to where they were put off to.

    What is exempt asks for no room, and so takes none that others were granted.
    """
    asked = (one for one in taken if not one.kind.is_exempt)
    return [one for one in asked if since <= one.granted and one.counted <= until]


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)
