"""Windows as bounds on a time: closed-open, in naive UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.conditions import Absolute, Calendar, Rolling
from core.errors import Code, refuse
from core.moments import naive_utc


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
            start, end = window.start, window.end
            return Bounds(start and naive_utc(start), end and naive_utc(end))
        case Calendar():
            return _calendar(window, as_of)


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


def current_period(window: Calendar, as_of: datetime) -> Bounds:
    """The whole calendar unit that holds a moment, whatever the window looks back at."""
    return _period(window, as_of, 0)


def _calendar(window: Calendar, as_of: datetime) -> Bounds:
    start, end = _period(window, as_of, window.periods_back)
    return Bounds(start, end if window.periods_back else None)


def _period(window: Calendar, as_of: datetime, back: int) -> Bounds:
    zone = zone_of(window)
    local = as_of.replace(tzinfo=UTC).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    start, end = (_unit_start(window, midnight, steps) for steps in (back, back - 1))
    return Bounds(_in_utc(start, zone), _in_utc(end, zone))


def _unit_start(window: Calendar, midnight: datetime, back: int) -> datetime:
    match window.unit:
        case "day":
            return midnight - timedelta(days=back)
        case "week":
            return midnight - timedelta(days=midnight.weekday(), weeks=back)
        case "month":
            return _month_start(midnight, back)


def _month_start(moment: datetime, back: int) -> datetime:
    months = moment.year * 12 + moment.month - 1 - back
    return moment.replace(year=months // 12, month=months % 12 + 1, day=1)


def _in_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
