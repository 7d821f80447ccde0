"""Drift of a small world: what was planted is named with where it comes from; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from measure.drift.findings import DriftReport, Finding
from measure.drift.look import look
from tests.measure.small_world import CATALOG, SmallWorld

AS_OF = datetime(2026, 6, 29, 6)
DAY = date(2026, 6, 28)
ROWS = """
    INSERT INTO fct_events (
        event_time, received_at, user_id, event_name, device_os, app_version, properties
    )
    SELECT
        moment, moment + INTERVAL '2' SECOND, 'u' || (n % 97), $event,
        CASE WHEN n % 2 = 0 THEN 'ios' ELSE 'android' END,
        CASE WHEN n % 4 < 2 THEN '5.0' ELSE '5.1' END,
        json_object(
            'workout_type',
            ['strength', 'cardio', 'yoga', 'hiit'][CAST(1 + hash(n * 31 + d) % 4 AS INT)],
            'duration_seconds', 600 + hash(n * 17 + d) % 1800
        )
    FROM (
        SELECT
            d, n,
            TIMESTAMP '2026-06-28' - d * INTERVAL '1' DAY + n * INTERVAL '2' MINUTE AS moment
        FROM range(60) AS days(d), range(400) AS numbers(n)
        WHERE n < CASE WHEN (d + 1) % 7 < 2 THEN 250 ELSE 400 END + hash(d) % 12
    )
"""


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """Sixty days of two events, quieter at the weekend."""
    made = SmallWorld(tmp_path_factory.mktemp("drift"))
    for event in ("workout_completed", "workout_started"):
        made.warehouse.execute(ROWS, {"event": event})
    yield made
    made.warehouse.close()


@pytest.fixture
def changed(weeks: SmallWorld) -> Iterator[SmallWorld]:
    """The same, for a test that plants something; it is as before afterwards."""
    weeks.warehouse.execute("CREATE TABLE before AS FROM fct_events")
    yield weeks
    weeks.warehouse.execute("DELETE FROM fct_events")
    weeks.warehouse.execute("INSERT INTO fct_events FROM before")
    weeks.warehouse.execute("DROP TABLE before")


def looked(world: SmallWorld, as_of: datetime = AS_OF) -> DriftReport:
    return look(world.runner(), CATALOG, as_of=as_of)


def only(report: DriftReport) -> Finding:
    (found,) = (one for one in report.findings if one.verdict != "quiet")
    return found


def test_weeks_that_are_as_always_have_no_drift(weeks: SmallWorld) -> None:
    report = looked(weeks)

    assert report.day == DAY
    assert report.weeks == 8
    assert {one.kind for one in report.findings} == {"volume", "nulls", "values"}
    assert [one for one in report.findings if one.verdict != "quiet"] == []


def test_events_that_one_platform_stopped_to_send_are_named_with_it(changed: SmallWorld) -> None:
    changed.warehouse.execute(
        "DELETE FROM fct_events WHERE event_name = 'workout_started' AND device_os = 'ios'"
        " AND event_time >= TIMESTAMP '2026-06-28'"
    )

    found = only(looked(changed))

    assert (found.kind, found.subject, found.verdict) == ("volume", "workout_started", "alert")
    assert found.now == pytest.approx(found.expected / 2, rel=0.1)
    assert found.origin is not None
    assert (found.origin.dimension, found.origin.value) == ("platform", "ios")
    assert "of the change is platform ios" in found.sentence


def test_a_property_that_a_version_no_longer_sends_is_named_with_it(changed: SmallWorld) -> None:
    changed.warehouse.execute(
        "UPDATE fct_events SET properties = json_object('workout_type', 'yoga')"
        " WHERE event_name = 'workout_completed' AND app_version = '5.1' AND hash(user_id) % 2 = 0"
        " AND event_time >= TIMESTAMP '2026-06-28'"
        " AND properties->>'workout_type' = 'yoga'"
    )

    found = only(looked(changed))

    assert (found.kind, found.subject) == ("nulls", "workout_completed.duration_seconds")
    assert found.origin is not None
    assert (found.origin.dimension, found.origin.value) == ("version", "5.1")


def test_values_that_moved_are_named(changed: SmallWorld) -> None:
    changed.warehouse.execute(
        "UPDATE fct_events SET properties = json_object('workout_type', 'mobility',"
        " 'duration_seconds', (properties->>'duration_seconds')::INT)"
        " WHERE event_name = 'workout_completed' AND device_os = 'android'"
        " AND event_time >= TIMESTAMP '2026-06-28'"
    )

    found = only(looked(changed))

    assert (found.kind, found.subject) == ("values", "workout_completed.workout_type")
    assert found.now > 0.25 > found.expected
    assert found.origin is not None
    assert (found.origin.dimension, found.origin.value) == ("platform", "android")


def test_numbers_that_are_in_another_unit_are_named(changed: SmallWorld) -> None:
    changed.warehouse.execute(
        "UPDATE fct_events SET properties = json_object('workout_type',"
        " properties->>'workout_type', 'duration_seconds',"
        " (properties->>'duration_seconds')::INT / 60)"
        " WHERE event_name = 'workout_completed' AND event_time >= TIMESTAMP '2026-06-28'"
    )

    found = only(looked(changed))

    assert (found.kind, found.subject) == ("values", "workout_completed.duration_seconds")
    assert found.distance == pytest.approx(1.0)


def test_events_that_are_late_for_every_day_alike_are_no_drift(changed: SmallWorld) -> None:
    # Half of each day arrives after eight hours; it is asked six hours after the day's end.
    changed.warehouse.execute(
        "UPDATE fct_events SET received_at = date_trunc('day', event_time) + INTERVAL '32' HOUR"
        " WHERE hash(user_id) % 2 = 0"
    )

    assert looked(changed).drifting == ()


def test_too_little_history_is_said_and_not_judged(weeks: SmallWorld) -> None:
    report = looked(weeks, as_of=datetime(2026, 5, 20))

    assert report.findings == ()
    assert "The data holds 2 whole weeks" in report.unjudged[0]


def test_an_empty_warehouse_has_no_day(world: SmallWorld) -> None:
    assert looked(world).day is None


def test_every_finding_names_a_query_that_ran(weeks: SmallWorld) -> None:
    report = looked(weeks)

    assert {one.query_id for one in report.findings} <= {one.id for one in report.queries}
