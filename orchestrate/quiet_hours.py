"""When a message may go out where the user is. Right across midnight and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from core.rules import QuietHours


def ready_at(moment: datetime, zone: str | None, quiet: QuietHours | None) -> datetime | None:
    """The first instant from ``moment`` on (naive UTC) that is not quiet in the zone.

    An unknown zone counts as the fallback zone; None when there is no fallback.
    """
    if quiet is None:
        return moment
    known = zone if zone in _zones() else quiet.fallback_zone
    if known is None:
        return None
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(known))
    if not _is_quiet(local.time(), quiet):
        return moment
    end = time.fromisoformat(quiet.end)
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return _first_instant(datetime.combine(day, end), ZoneInfo(known))


def _is_quiet(clock: time, quiet: QuietHours) -> bool:
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The wall-clock time as naive UTC: its first occurrence, or the first after a gap."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    while instant.astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return instant.replace(tzinfo=None)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
