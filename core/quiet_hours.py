"""When a message may go out where the user is. Right across midnight and clock changes.

Deciding and sending both ask here, so that they cannot disagree.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.errors import Code, refuse
from core.rules import QuietHours
from core.wall_clock import known_zones

DAY = timedelta(days=1)
LEAST = timedelta(microseconds=1)


class _Window(NamedTuple):
    """Quiet from ``start`` until ``end`` on the wall clock, as time since midnight."""

    start: timedelta
    end: timedelta


def ready_at(moment: datetime, zone: str | None, quiet: QuietHours | None) -> datetime | None:
    """The first instant from ``moment`` on (naive UTC) whose wall clock in the zone is not quiet.

    An unknown zone counts as the fallback zone; None when there is no fallback.
    Raises SETTINGS_INVALID when the fallback is no time zone either.
    """
    if quiet is None:
        return moment
    known = zone if zone in known_zones() else quiet.fallback_zone
    if known is None:
        return None
    return _first_loud(moment, _zone(known), _window(quiet.start, quiet.end))


def released_at(
    ready: datetime, zone: str | None, quiet: QuietHours, key: str, *, before: datetime
) -> datetime:
    """When a message that waited for the end of quiet hours leaves: its own moment in the spread.

    The same for the same ``key``; the end itself where that moment would be quiet again, or not
    earlier than ``before``.
    """
    share = int(hashlib.md5(f"spread:{key}".encode(), usedforsecurity=False).hexdigest()[:8], 16)
    later = ready + timedelta(seconds=quiet.spread_seconds * share // 2**32)
    return later if later < before and ready_at(later, zone, quiet) == later else ready


def _first_loud(instant: datetime, zone: ZoneInfo, window: _Window) -> datetime:
    while (wait := _quiet_for(_wall(instant, zone), window)) is not None:
        # The clock may change meanwhile: then look at the wall clock again from there.
        instant = _next_change(instant, instant + wait, zone) or instant + wait
    return instant


def _quiet_for(wall: datetime, window: _Window) -> timedelta | None:
    """How long the wall clock stays quiet if nobody changes it; None when it is not quiet."""
    clock = timedelta(
        hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
    )
    if window.start < window.end:
        is_quiet = window.start <= clock < window.end
    else:
        is_quiet = clock >= window.start or clock < window.end
    if not is_quiet:
        return None
    return window.end - clock if clock < window.end else window.end + DAY - clock


def _next_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant in (start, end] with another offset from UTC than ``start`` has.

    The two are a day apart at most, and no zone ever changed twice within a week:
    equal offsets at both ends mean that nothing changed.
    """
    offset = _offset(start, zone)
    if _offset(end, zone) == offset:
        return None
    while end - start > LEAST:
        middle = start + (end - start) // 2
        if _offset(middle, zone) == offset:
            start = middle
        else:
            end = middle
    return end


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(zone)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return _wall(instant, zone).utcoffset()


@cache
def _window(start: str, end: str) -> _Window:
    return _Window(_since_midnight(start), _since_midnight(end))


def _since_midnight(clock: str) -> timedelta:
    at = time.fromisoformat(clock)
    return timedelta(hours=at.hour, minutes=at.minute)


@cache
def _zone(name: str) -> ZoneInfo:
    if name not in known_zones():
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The fallback zone of the quiet hours, '{name}', is no time zone.",
            span=name,
            fix="Name one as in 'Europe/Berlin', or none to hold back users without a zone.",
        )
    return ZoneInfo(name)
