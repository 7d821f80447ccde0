"""Wall-clock times as instants, where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def known_zones() -> frozenset[str]:
    """The names of every time zone."""
    return frozenset(available_timezones())


def check_zone(zone: str) -> None:
    """Raise ValueError for a name that is no time zone."""
    if zone not in known_zones():
        raise ValueError(f"'{zone}' is no time zone: name one as in 'Europe/Berlin'")


def zone_or(zone: str | None, fallback: str) -> str:
    """The zone, where it is one; else the fallback."""
    return zone if zone in known_zones() else fallback


def local_date(moment: datetime, zone: str) -> date:
    """The date where the user is at a moment of naive UTC."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def instant(day: date, clock: time, zone: str) -> datetime:
    """A wall-clock time as naive UTC: its first occurrence, or the first moment after a gap."""
    there = ZoneInfo(zone)
    wall = datetime.combine(day, clock)
    at = wall.replace(tzinfo=there).astimezone(UTC)
    if at.astimezone(there).replace(tzinfo=None) == wall:
        return at.replace(tzinfo=None)
    # In a gap: the offset from before it, read as UTC, points at the moment after it.
    after = wall.replace(tzinfo=there, fold=1).astimezone(UTC)
    return _end_of_gap(min(at, after), there).replace(tzinfo=None)


def next_clock(moment: datetime, zone: str, clock: str, days: int = 0) -> datetime:
    """The first instant from ``moment`` on (naive UTC) at which it is HH:MM in the zone, not
    before that many dates later."""
    day = local_date(moment, zone) + timedelta(days=days)
    while (found := instant(day, time.fromisoformat(clock), zone)) < moment:
        day += timedelta(days=1)
    return found


def _end_of_gap(before: datetime, there: ZoneInfo) -> datetime:
    """The moment at which the offset changes next: where a gap ends."""
    low, high = before, before + timedelta(days=1, hours=1)
    old = low.astimezone(there).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(there).utcoffset() == old:
            low = middle
        else:
            high = middle
    return (low + timedelta(seconds=1)).replace(microsecond=0)
