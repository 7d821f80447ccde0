"""Waits by the clock on the wall, and in exact seconds, where clocks are put forward and back."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.journey_steps import Wait
from tests.orchestrate.journeys.stage import Stage, journey

NEW_YORK = "America/New_York"


def _left(stage: Stage, at: datetime, wait: Wait, zone: str | None = NEW_YORK) -> datetime:
    """When the run of a user who entered then left the wait."""
    stage.now = at
    stage.world.user("u1", timezone=zone)
    stage.publish(journey(wait))
    stage.did("u1", "pricing_viewed")
    stage.round()
    stage.later(days=3)
    left: datetime = stage.run("u1")["exited_at"]
    return left


@pytest.mark.parametrize(
    ("entered", "left"),
    [
        # 01:30 in New York, half an hour before clocks go from 02:00 to 03:00.
        (datetime(2026, 3, 8, 6, 30), datetime(2026, 3, 8, 13, 0)),
        # A day earlier, before the change: 09:00 is an hour later on the clock of UTC.
        (datetime(2026, 3, 7, 6, 30), datetime(2026, 3, 7, 14, 0)),
        # 00:30 on the day on which clocks go from 02:00 back to 01:00.
        (datetime(2026, 11, 1, 4, 30), datetime(2026, 11, 1, 14, 0)),
    ],
)
def test_nine_o_clock_is_nine_where_the_user_is(
    stage: Stage, entered: datetime, left: datetime
) -> None:
    assert _left(stage, entered, Wait(key="w", until="09:00", next="done")) == left


def test_a_time_that_the_clock_skips_is_the_first_moment_after_the_gap(stage: Stage) -> None:
    wait = Wait(key="w", until="02:30", next="done")

    assert _left(stage, datetime(2026, 3, 8, 6, 30), wait) == datetime(2026, 3, 8, 7, 0)


def test_a_time_that_comes_twice_is_taken_the_first_time(stage: Stage) -> None:
    wait = Wait(key="w", until="01:30", next="done")

    assert _left(stage, datetime(2026, 11, 1, 4, 30), wait) == datetime(2026, 11, 1, 5, 30)


def test_exact_seconds_do_not_care_for_clocks(stage: Stage) -> None:
    wait = Wait(key="w", seconds=86_400, next="done")

    assert _left(stage, datetime(2026, 3, 7, 18), wait) == datetime(2026, 3, 8, 18)


def test_a_day_later_at_the_same_time_on_the_wall_is_23_hours_in_spring(stage: Stage) -> None:
    wait = Wait(key="w", until="13:00", days=1, next="done")

    assert _left(stage, datetime(2026, 3, 7, 18), wait) == datetime(2026, 3, 8, 17)


@pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
def test_an_unknown_zone_counts_as_the_declared_one(stage: Stage, zone: str | None) -> None:
    wait = Wait(key="w", until="09:00", fallback_zone="Europe/Berlin", next="done")

    assert _left(stage, datetime(2026, 7, 1, 5), wait, zone) == datetime(2026, 7, 1, 7)


def test_a_user_who_moves_while_waiting_waits_for_the_clock_there(stage: Stage) -> None:
    stage.now = datetime(2026, 7, 1, 5)
    stage.world.user("u1", timezone="Europe/Berlin")
    stage.publish(journey(Wait(key="w", until="09:00", next="done")))
    stage.did("u1", "pricing_viewed")
    stage.later(minutes=1)
    stage.world.warehouse.execute("UPDATE dim_users SET timezone = 'Asia/Tokyo'")

    stage.later(days=2)

    assert stage.run("u1")["exited_at"] == datetime(2026, 7, 2, 0)
