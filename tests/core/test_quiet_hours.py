"""Quiet hours are the user's wall clock: in every zone, across midnight and clock changes."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core import quiet_hours
from core.errors import Code, PilothouseError
from core.quiet_hours import ready_at
from core.rules import QuietHours
from core.wall_clock import known_zones

NIGHT = QuietHours(start="21:00", end="08:00")
# Across midnight, at lunch, between the usual hours of a change, and nearly all day.
WINDOWS = (
    NIGHT,
    QuietHours(start="12:00", end="13:00"),
    QuietHours(start="00:00", end="02:30"),
    QuietHours(start="03:00", end="01:30"),
)
FIRST, LAST = datetime(2025, 1, 1), datetime(2028, 1, 1)
MINUTE = timedelta(minutes=1)
ENOUGH = 3 * 24 * 60
"""Minutes that a wait never exceeds, however the clocks change."""


@pytest.fixture
def pinned_zones() -> Iterator[list[str]]:
    """The zones of the tzdata package that the project's lock file names, not of the machine."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(())
    ZoneInfo.clear_cache()
    known_zones.cache_clear()
    quiet_hours._zone.cache_clear()
    yield sorted(zoneinfo.available_timezones())
    zoneinfo.reset_tzpath(before)
    ZoneInfo.clear_cache()
    known_zones.cache_clear()
    quiet_hours._zone.cache_clear()


@pytest.mark.parametrize(
    ("moment", "zone", "ready"),
    [
        ("2026-03-02 12:00", "Europe/London", "2026-03-02 12:00"),
        ("2026-03-02 21:00", "Europe/London", "2026-03-03 08:00"),
        ("2026-03-02 07:59", "Europe/London", "2026-03-02 08:00"),
        ("2026-03-02 08:00", "Europe/London", "2026-03-02 08:00"),
        # The clocks go forward at 01:00 UTC: eight o'clock comes an hour sooner.
        ("2026-03-28 23:00", "Europe/London", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "Europe/London", "2026-10-25 08:00"),
        # Half-hour and three-quarter-hour zones, and the first zone to see a day.
        ("2026-03-02 18:00", "Asia/Kolkata", "2026-03-03 02:30"),
        ("2026-03-02 18:00", "Asia/Kathmandu", "2026-03-03 02:15"),
        ("2026-03-02 12:00", "Pacific/Kiritimati", "2026-03-02 18:00"),
        # Lord Howe moves its clocks by half an hour, from 02:00 to 02:30 in October.
        ("2026-10-03 15:00", "Australia/Lord_Howe", "2026-10-03 21:00"),
        # Brazil abolished daylight saving in 2019: a summer's night lasts as long as a winter's.
        ("2018-11-04 01:00", "America/Sao_Paulo", "2018-11-04 10:00"),
        ("2019-11-03 01:00", "America/Sao_Paulo", "2019-11-03 11:00"),
        # Renamed zones mean what they meant.
        ("2026-03-02 22:00", "Europe/Kiev", "2026-03-03 06:00"),
        ("2026-03-02 22:00", "Europe/Kyiv", "2026-03-03 06:00"),
        ("2026-03-02 18:00", "Asia/Calcutta", "2026-03-03 02:30"),
    ],
)
def test_a_message_waits_for_the_morning_of_the_user(moment: str, zone: str, ready: str) -> None:
    assert ready_at(datetime.fromisoformat(moment), zone, NIGHT) == datetime.fromisoformat(ready)


def test_the_day_that_samoa_skipped_has_no_morning_to_wait_for() -> None:
    """After 29 December 2011, 23:59, came the 31st: its night goes on until eight."""
    evening = datetime(2011, 12, 30, 8)  # 22:00 on the 29th there

    assert ready_at(evening, "Pacific/Apia", NIGHT) == datetime(2011, 12, 30, 18)


def test_an_end_that_the_clock_skips_is_the_first_moment_after() -> None:
    quiet = QuietHours(start="00:00", end="02:30")

    ready = ready_at(datetime(2026, 3, 8, 6), "America/New_York", quiet)

    assert ready == datetime(2026, 3, 8, 7)  # 03:00 there: 02:30 did not happen


def test_an_end_that_the_clock_skips_into_quiet_hours_waits_for_the_next_day() -> None:
    quiet = QuietHours(start="03:00", end="02:30")

    ready = ready_at(datetime(2026, 3, 8, 6), "America/New_York", quiet)

    assert ready == datetime(2026, 3, 9, 6, 30)  # 03:00 followed 01:59: half past two never came


def test_an_end_that_happens_twice_is_the_first() -> None:
    quiet = QuietHours(start="00:00", end="01:30")

    assert ready_at(datetime(2026, 11, 1, 4, 30), "America/New_York", quiet) == datetime(
        2026, 11, 1, 5, 30
    )


def test_a_quiet_hour_that_comes_back_is_quiet_again() -> None:
    """At 01:10 for the second time, half past one lies ahead, not an hour ago."""
    quiet = QuietHours(start="00:00", end="01:30")

    assert ready_at(datetime(2026, 11, 1, 6, 10), "America/New_York", quiet) == datetime(
        2026, 11, 1, 6, 30
    )


@pytest.mark.parametrize("weekday", range(7))
def test_quiet_hours_across_midnight_hold_on_both_sides_of_it_on_every_weekday(
    weekday: int,
) -> None:
    day = datetime(2026, 3, 2) + timedelta(days=weekday)
    morning = day.replace(hour=8)

    assert ready_at(day.replace(hour=3), "UTC", NIGHT) == morning
    assert ready_at(day.replace(hour=22), "UTC", NIGHT) == morning + timedelta(days=1)
    with pytest.raises(ValueError, match="Extra inputs"):  # no rule for some weekdays only
        QuietHours.model_validate({"start": "21:00", "end": "09:00", "days": ["mon"]})


def test_quiet_hours_that_start_and_end_at_the_same_time_are_refused() -> None:
    with pytest.raises(ValueError, match="would never end"):
        QuietHours(start="08:00", end="08:00")


def test_a_quiet_lunch_ends_the_same_day() -> None:
    lunch = QuietHours(start="12:00", end="13:00")

    assert ready_at(datetime(2026, 1, 5, 12, 30), "UTC", lunch) == datetime(2026, 1, 5, 13)


def test_seconds_of_a_moment_are_kept_and_count() -> None:
    late = datetime(2026, 3, 2, 20, 59, 59, 999_999)

    assert ready_at(late, "UTC", NIGHT) == late
    assert ready_at(late + timedelta(microseconds=1), "UTC", NIGHT) == datetime(2026, 3, 3, 8)


def test_without_quiet_hours_every_moment_will_do() -> None:
    assert ready_at(datetime(2026, 1, 5), "Mars/Base", None) == datetime(2026, 1, 5)


@pytest.mark.parametrize("zone", ["Mars/Base", "", None, "../../etc/passwd", "EUROPE/London "])
def test_an_unknown_zone_uses_the_fallback_or_nothing(zone: str | None) -> None:
    midnight = datetime(2026, 1, 5)

    assert ready_at(midnight, zone, NIGHT) == datetime(2026, 1, 5, 8)
    assert ready_at(midnight, zone, NIGHT.model_copy(update={"fallback_zone": None})) is None


def test_a_fallback_that_is_no_zone_is_refused_with_what_to_do() -> None:
    quiet = NIGHT.model_copy(update={"fallback_zone": "Middle/Earth"})

    with pytest.raises(PilothouseError) as refused:
        ready_at(datetime(2026, 1, 5), None, quiet)

    assert refused.value.refusal.code is Code.SETTINGS_INVALID
    assert refused.value.refusal.span == "Middle/Earth"


class Clock(NamedTuple):
    """How a zone's wall clock runs over the years: offsets in minutes, and since when (UTC)."""

    changes: tuple[datetime, ...]
    offsets: tuple[int, ...]


def clock_of(zone: str) -> Clock:
    """Found by asking for the offset four times a day, apart from the code under test."""
    info, at = ZoneInfo(zone), FIRST - timedelta(days=2)
    changes, offsets = [at], [_offset(at, info)]
    while at < LAST + timedelta(days=4):
        at += timedelta(hours=6)
        if _offset(at, info) != offsets[-1]:
            changes.append(_to_the_minute(at, offsets[-1], info))
            offsets.append(_offset(at, info))
    return Clock(tuple(changes), tuple(offsets))


def _offset(at: datetime, zone: ZoneInfo) -> int:
    offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    assert offset % MINUTE == timedelta()
    return offset // MINUTE


def _to_the_minute(at: datetime, before: int, zone: ZoneInfo) -> datetime:
    while _offset(at - MINUTE, zone) != before:
        at -= MINUTE
    return at


def expected(clock: Clock, first: datetime, minutes: int, quiet: QuietHours) -> NDArray[np.int64]:
    """For each minute from ``first`` on, how many minutes later the wall clock is not quiet."""
    at = (first - clock.changes[0]) // MINUTE + np.arange(minutes + ENOUGH)
    since = [(change - clock.changes[0]) // MINUTE for change in clock.changes]
    offsets = np.array(clock.offsets)[np.searchsorted(since, at, side="right") - 1]
    start_of_day = (clock.changes[0] - datetime(2000, 1, 1)) // MINUTE
    wall = (start_of_day + at + offsets) % 1440
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (quiet.start, quiet.end))
    past_start, before_end = wall >= start, wall < end
    is_quiet = past_start & before_end if start < end else past_start | before_end
    loud = np.flatnonzero(~is_quiet)
    found: NDArray[np.int64] = loud[np.searchsorted(loud, np.arange(minutes))] - np.arange(minutes)
    return found


def wrong(zone: str, clock: Clock, first: datetime, minutes: int, quiet: QuietHours) -> list[str]:
    """The minutes for which a message is let out too early or held too long."""
    waits = expected(clock, first, minutes, quiet)
    found = []
    for number, wait in enumerate(waits.tolist()):
        moment = first + number * MINUTE
        if ready_at(moment, zone, quiet) != moment + wait * MINUTE:
            found.append(f"{zone} {quiet.start}-{quiet.end} at {moment}")
    return found


def near(clock: Clock, hours: int) -> list[tuple[datetime, int]]:
    """The stretches of minutes around each change of a clock."""
    around = timedelta(hours=hours)
    return [
        (change - around, 2 * hours * 60) for change in clock.changes[1:] if FIRST <= change < LAST
    ]


def test_no_send_in_quiet_hours_around_the_changes_of_a_few_zones() -> None:
    zones = ("America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham")

    for zone in zones:
        clock = clock_of(zone)
        first, minutes = near(clock, 2)[0]
        for quiet in WINDOWS:
            assert wrong(zone, clock, first, minutes, quiet) == []


@pytest.mark.slow
def test_no_send_in_quiet_hours_in_any_zone_in_three_years(pinned_zones: list[str]) -> None:
    """Each minute within a day of every change, and a day elsewhere.

    Of zones whose clocks run alike one is asked everything, the others around their changes.
    """
    alike: dict[Clock, list[str]] = {}
    for zone in pinned_zones:
        alike.setdefault(clock_of(zone), []).append(zone)
    assert len(pinned_zones) > 590

    failed: list[str] = []
    for clock, (zone, *others) in alike.items():
        for first, minutes in (*near(clock, 24), (datetime(2026, 5, 20), 1440)):
            for quiet in WINDOWS:
                failed += wrong(zone, clock, first, minutes, quiet)
        for first, minutes in near(clock, 1):
            for other in others:
                failed += wrong(other, clock, first, minutes, WINDOWS[2])

    assert failed == []


CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


@given(
    st.sampled_from(sorted(zoneinfo.available_timezones())),
    st.datetimes(FIRST, LAST),
    CLOCKS,
    CLOCKS,
)
def test_whatever_the_window_the_wait_ends_outside_it_and_not_before_now(
    zone: str, moment: datetime, start: str, end: str
) -> None:
    if start == end:
        end = "12:34" if start != "12:34" else "12:35"
    quiet = QuietHours(start=start, end=end)

    ready = ready_at(moment, zone, quiet)

    assert ready is not None
    assert ready >= moment
    wall = ready.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    inside = start <= wall < end if start < end else wall >= start or wall < end
    assert not inside
    assert ready_at(ready, zone, quiet) == ready
