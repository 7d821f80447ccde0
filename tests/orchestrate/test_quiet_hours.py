"""Quiet hours are the user's wall clock, across midnight and clock changes."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.rules import QuietHours
from orchestrate.quiet_hours import ready_at

NIGHT = QuietHours(start="21:00", end="08:00")


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
        ("2026-03-02 18:00", "Asia/Kolkata", "2026-03-03 02:30"),
        ("2026-03-02 12:00", "Pacific/Kiritimati", "2026-03-02 18:00"),
    ],
)
def test_a_message_waits_for_the_morning_of_the_user(moment: str, zone: str, ready: str) -> None:
    assert ready_at(datetime.fromisoformat(moment), zone, NIGHT) == datetime.fromisoformat(ready)


def test_an_end_that_the_clock_skips_is_the_first_moment_after() -> None:
    quiet = QuietHours(start="00:00", end="02:30")

    ready = ready_at(datetime(2026, 3, 8, 6), "America/New_York", quiet)

    assert ready == datetime(2026, 3, 8, 7)  # 03:00 there: 02:30 did not happen


def test_an_end_that_happens_twice_is_the_first() -> None:
    quiet = QuietHours(start="00:00", end="01:30")

    assert ready_at(datetime(2026, 11, 1, 4, 30), "America/New_York", quiet) == datetime(
        2026, 11, 1, 5, 30
    )


def test_a_quiet_lunch_ends_the_same_day() -> None:
    lunch = QuietHours(start="12:00", end="13:00")

    assert ready_at(datetime(2026, 1, 5, 12, 30), "UTC", lunch) == datetime(2026, 1, 5, 13)


def test_without_quiet_hours_every_moment_will_do() -> None:
    assert ready_at(datetime(2026, 1, 5), "Mars/Base", None) == datetime(2026, 1, 5)


def test_an_unknown_zone_uses_the_fallback_or_nothing() -> None:
    midnight = datetime(2026, 1, 5)

    assert ready_at(midnight, "Mars/Base", NIGHT) == datetime(2026, 1, 5, 8)
    assert ready_at(midnight, None, NIGHT.model_copy(update={"fallback_zone": None})) is None
