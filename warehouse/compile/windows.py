"""Windows as bounds on a time: closed-open, in naive UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.conditions import Absolute, Calendar, Rolling
from core.errors import Code, refuse


class Bounds(NamedTuple):
    """A stretch [start, end) of naive UTC; None is open."""

    start: datetime | None
    end: datetime | None


def fixed_bounds(window: Rolling | Calendar | Absolute | None, as_of: datetime) -> Bounds:
    """The bounds of a window that does not depend on the user. ``as_of`` always bounds the end."""
    match window:
        case None:
            return Bounds(None, None)
        case Rolling():
            return Bounds(as_of - timedelta(seconds=window.seconds), None)
        case Absolute():
            return Bounds(_naive(window.start), _naive(window.end))
        case Calendar():
            return _calendar(window, as_of)


def _naive(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def zone_of(window: Calendar) -> ZoneInfo:
    """The zone of a calendar window; refuses a name that no zone has."""
    try:
        return ZoneInfo(window.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise refuse(
            Code.UNKNOWN_VALUE,
            f"There is no time zone '{window.zone}'.",
            span=window.zone,
            fix="Use an IANA name such as Europe/Berlin.",
        ) from None


def _calendar(window: Calendar, as_of: datetime) -> Bounds:
    zone = zone_of(window)
    local = as_of.replace(tzinfo=UTC).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    starts = [midnight]
    match window.unit:
        case "day":
            starts = [midnight - timedelta(days=back) for back in _steps(window)]
        case "week":
            monday = midnight - timedelta(days=midnight.weekday())
            starts = [monday - timedelta(weeks=back) for back in _steps(window)]
        case "month":
            starts = [_month_start(midnight, back) for back in _steps(window)]
    start = _in_utc(starts[0], zone)
    return Bounds(start, None if window.periods_back == 0 else _in_utc(starts[1], zone))


def _steps(window: Calendar) -> tuple[int, int]:
    return window.periods_back, window.periods_back - 1


def _month_start(moment: datetime, back: int) -> datetime:
    months = moment.year * 12 + moment.month - 1 - back
    return moment.replace(year=months // 12, month=months % 12 + 1, day=1)


def _in_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
