"""Wall-clock times as instants: in every zone, on the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.wall_clock import instant, known_zones, next_clock


@pytest.mark.parametrize(
    ("day", "clock", "zone", "at"),
    [
        (date(2026, 3, 8), "02:30", "America/New_York", datetime(2026, 3, 8, 7)),
        (date(2026, 11, 1), "01:30", "America/New_York", datetime(2026, 11, 1, 5, 30)),
        (date(2018, 11, 4), "00:00", "America/Sao_Paulo", datetime(2018, 11, 4, 3)),
        (date(2026, 10, 4), "02:15", "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30)),
        (date(2011, 12, 30), "09:00", "Pacific/Apia", datetime(2011, 12, 30, 10)),
        (date(2026, 6, 1), "09:00", "Asia/Kathmandu", datetime(2026, 6, 1, 3, 15)),
        (date(2026, 6, 1), "00:30", "Pacific/Kiritimati", datetime(2026, 5, 31, 10, 30)),
    ],
)
def test_a_time_on_the_wall_is_the_first_such_moment_or_the_end_of_the_gap(
    day: date, clock: str, zone: str, at: datetime
) -> None:
    assert instant(day, time.fromisoformat(clock), zone) == at


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(known_zones())),
    st.datetimes(datetime(2019, 1, 1), datetime(2028, 1, 1)),
    st.times().map(lambda one: one.strftime("%H:%M")),
    st.integers(0, 3),
)
def test_the_next_time_is_never_past_and_reads_so_on_the_wall_or_ends_a_gap(
    zone: str, moment: datetime, clock: str, days: int
) -> None:
    at = next_clock(moment, zone, clock, days)

    there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    just_before = (at - timedelta(seconds=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert moment <= at <= moment + timedelta(days=days + 2)
    assert f"{there:%H:%M}" == clock or just_before.utcoffset() != there.utcoffset()
