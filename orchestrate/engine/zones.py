"""What a tick's moment is in every time zone that users live in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt

from core.quiet_hours import ready_at
from core.rules import FrequencyCap
from orchestrate.engine.candidates import Rules

EPOCH = datetime(1970, 1, 1)


class Zones(NamedTuple):
    """One place a zone, in the order of ``names``."""

    names: tuple[str, ...]
    """As the users table has them; '' where there is none."""
    ready: npt.NDArray[np.int64]
    """When a message that waits for quiet hours may go out; microseconds since 1970."""
    known: npt.NDArray[np.bool_]
    """Whether that can be told."""
    begins: tuple[tuple[datetime, ...], ...]
    """Cap → zone → from when on messages count."""
    ends: tuple[tuple[datetime, ...], ...]
    """Cap → zone → until when."""
    is_current: tuple[npt.NDArray[np.bool_], ...]
    """Cap → zone → whether what goes out at once counts."""


def zones_of(rules: Rules, names: Sequence[str]) -> Zones:
    """The tick's moment in each of these zones."""
    quiet = rules.contact.quiet_hours
    ready = [ready_at(rules.as_of, name, quiet) for name in names]
    fallback = quiet.fallback_zone if quiet and quiet.fallback_zone else "UTC"
    moments = [found or rules.as_of for found in ready]
    spans = [
        [
            _span(cap, name, moment, rules.as_of, fallback)
            for name, moment in zip(names, moments, strict=True)
        ]
        for cap, _ in rules.caps
    ]
    return Zones(
        names=tuple(names),
        ready=np.array([_micros(moment) for moment in moments], np.int64),
        known=np.array([found is not None for found in ready], np.bool_),
        begins=tuple(tuple(begin for begin, _ in span) for span in spans),
        ends=tuple(tuple(end for _, end in span) for span in spans),
        is_current=tuple(
            np.array([begin <= rules.as_of < end for begin, end in span], np.bool_)
            for span in spans
        ),
    )


def _span(
    cap: FrequencyCap, zone: str, moment: datetime, as_of: datetime, fallback: str
) -> tuple[datetime, datetime]:
    """[from, to) in which messages count under a cap for a user of a zone."""
    if cap.calendar is None:
        # A message of exactly that age no longer counts.
        begin = as_of - timedelta(seconds=cap.window_seconds) + timedelta(microseconds=1)
        return begin, datetime.max
    name = zone if cap.zone == "user" else cap.zone
    where = ZoneInfo(name if name in available_timezones() else fallback)
    local = moment.replace(tzinfo=UTC).astimezone(where)
    day = datetime.combine(local.date(), time())
    if cap.calendar == "day":
        begin, end = day, day + timedelta(days=1)
    elif cap.calendar == "week":
        begin = day - timedelta(days=day.weekday())
        end = begin + timedelta(days=7)
    else:
        begin = day.replace(day=1)
        end = (begin + timedelta(days=32)).replace(day=1)
    return _instant(begin, where), _instant(end, where)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Midnight as naive UTC: the first of two; where a clock skips it, the moment of the skip."""
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
