"""Questions about a metric that moved, or did not: what is measured wrong is told as that, what
cannot be said is said plainly, and the same question gets the same answer later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.artifacts import Cause, DebugReport
from measure.compared import Compared, SliceOf
from measure.diagnose import Direction, diagnose
from tests.measure.small_world import (
    ANDROID,
    AS_OF,
    CATALOG,
    IOS,
    IOS_AGAINST_ANDROID,
    WEEK,
    SmallWorld,
)

START = AS_OF - WEEK


def _ask(
    world: SmallWorld,
    compared: Compared = IOS_AGAINST_ANDROID,
    direction: Direction = "drop",
    as_of=AS_OF,
) -> DebugReport:
    return diagnose(
        world.runner(),
        CATALOG,
        metric="conversion",
        compared=compared,
        start=START,
        end=AS_OF,
        as_of=as_of,
        direction=direction,
    )


def _only_cause(report: DebugReport) -> Cause:
    (cause,) = report.causes
    return cause


def _lose_half(world: SmallWorld, platform: str, where: str) -> None:
    for table, time in (("fct_events", "event_time"), ("fct_subscriptions", "started_at")):
        name = "AND event_name = 'subscription_started'" if table == "fct_events" else ""
        world.warehouse.execute(
            f"DELETE FROM {table} WHERE {time} {where} $start {name}"
            " AND starts_with(user_id, $platform) AND right(user_id, 1) < '5'",
            {"start": START, "platform": platform},
        )


def test_the_same_question_gets_the_same_answer_after_late_data_has_arrived(world: SmallWorld):
    world.level_weeks()
    asked = AS_OF - timedelta(days=2)
    before = _ask(world, as_of=asked)

    world.warehouse.execute(
        "INSERT INTO fct_events SELECT * REPLACE (message_id || '-late' AS message_id,"
        " $later AS received_at, event_time - INTERVAL 1 HOUR AS event_time) FROM fct_events",
        {"later": asked + timedelta(hours=1)},
    )

    assert _ask(world, as_of=asked) == before


def test_an_unfinished_week_tells_what_only_being_unfinished_makes(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "UPDATE fct_events SET event_time = event_time + INTERVAL 2 DAY,"
        " received_at = received_at + INTERVAL 2 DAY WHERE event_name = 'subscription_started'"
    )

    report = _ask(world, as_of=AS_OF - timedelta(days=3))

    told = report.headline
    assert told is not None
    assert told.naive is not None
    assert told.naive < -0.2
    assert told.aligned == pytest.approx(0, abs=0.01)
    assert "is only that this one is not over" in report.verdict
    assert report.causes == ()


def test_a_segment_that_nobody_is_in_is_said_to_be_empty(world: SmallWorld):
    world.level_weeks()

    report = _ask(world, Compared(SliceOf("device_os", "windows", "Windows"), ANDROID))

    assert "no user of Windows took app_opened" in report.verdict
    assert report.causes == ()
    assert report.headline is None


def test_steps_that_nobody_takes_in_their_order_are_named(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "UPDATE fct_events SET event_time = event_time - INTERVAL 1 DAY"
        " WHERE event_name = 'plan_compared'"
    )

    assert "took the steps in this order" in _ask(world).verdict


def test_where_everybody_converts_there_is_no_drop(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "DELETE FROM fct_events WHERE user_id NOT IN (SELECT user_id FROM fct_subscriptions)"
    )

    report = _ask(world)

    assert "no significant drop" in report.verdict
    assert report.causes == ()


def test_a_control_that_fell_is_not_the_segment_that_rose(world: SmallWorld):
    world.level_weeks()
    _lose_half(world, "android", ">=")

    report = _ask(world)

    assert report.causes == ()
    assert "It is Android that fell" in report.verdict


def test_a_rise_is_told_to_whoever_asks_why_it_dropped(world: SmallWorld):
    world.level_weeks()
    _lose_half(world, "ios", "<")

    assert "not a drop but a significant rise" in _ask(world).verdict


def test_a_rise_is_located_as_a_drop_is(world: SmallWorld):
    world.level_weeks()
    _lose_half(world, "ios", "<")

    report = _ask(world, direction="rise")

    assert "a significant rise in iOS but not in Android" in report.verdict
    cause = _only_cause(report)
    assert "checkout_started → subscription_started rose" in cause.cause
    assert cause.contribution > 0


def test_users_who_only_begin_swell_the_first_step_and_are_no_drop_of_people(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "INSERT INTO dim_users (user_id, device_os, utm_source, country, signup_at)"
        " SELECT 'bot' || i, 'ios', 'google', 'US', $start FROM range(400) AS t(i)",
        {"start": START},
    )
    world.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, received_at, device_os,"
        " app_version) SELECT 'bot' || i, 'app_opened', came, came, 'ios', '5.3.0' FROM (SELECT i,"
        " $start + to_hours(CAST(1 + i % 160 AS INTEGER)) AS came FROM range(400) AS t(i))",
        {"start": START},
    )

    cause = _only_cause(_ask(world))

    assert cause.kind == "entrant_inflation"
    assert cause.effect == pytest.approx(-0.4, abs=0.03)


def test_many_new_people_who_only_look_around_are_a_matter_of_who_came_and_no_robots(
    world: SmallWorld,
):
    world.level_weeks()
    world.warehouse.execute(
        "INSERT INTO dim_users (user_id, device_os, utm_source, country, signup_at)"
        " SELECT 'new' || i, 'ios', 'tiktok', 'US', $start FROM range(400) AS t(i)",
        {"start": START},
    )
    world.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, received_at, device_os,"
        " app_version) SELECT 'new' || i, 'app_opened', came, came, 'ios', '5.3.0' FROM (SELECT i,"
        " $start + to_hours(CAST(1 + i % 160 AS INTEGER)) AS came FROM range(400) AS t(i))",
        {"start": START},
    )
    # Everybody works out, those of the campaign as well as all others.
    world.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, received_at, device_os,"
        " app_version) SELECT user_id, 'workout_started', event_time, received_at, device_os,"
        " app_version FROM fct_events WHERE event_name = 'app_opened'"
    )

    report = _ask(world)

    cause = _only_cause(report)
    assert (cause.kind, cause.value) == ("mix_shift", "tiktok")
    assert any("these are people, no robots" in one for one in report.ruled_out)


def test_events_that_name_no_user_are_a_null_property(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "UPDATE fct_events SET user_id = NULL"
        " WHERE event_name = 'checkout_started' AND app_version = '5.4.0'"
    )

    cause = _only_cause(_ask(world))

    assert (cause.kind, cause.value) == ("null_property", "5.4.0")
    assert "name no user" in cause.cause


def test_a_clock_that_is_wrong_is_put_right_and_told(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute(
        "UPDATE fct_events SET event_time = event_time + INTERVAL 5 HOUR"
        " WHERE event_name <> 'subscription_started' AND app_version = '5.4.0'"
    )

    cause = _only_cause(_ask(world))

    assert (cause.kind, cause.value) == ("timezone_shift", "5.4.0")
    assert "5.0 hours ahead" in cause.cause


def test_one_person_counted_as_two_is_counted_as_one_again(world: SmallWorld):
    world.level_weeks()
    world.warehouse.execute("UPDATE fct_events SET anonymous_id = 'device-' || user_id")
    world.warehouse.execute(
        "INSERT INTO dim_users SELECT * REPLACE ('second-' || user_id AS user_id) FROM dim_users"
        " WHERE starts_with(user_id, 'ios0-') AND right(user_id, 1) < '4'"
    )
    world.warehouse.execute(
        "UPDATE fct_events SET user_id = 'second-' || user_id"
        " WHERE event_name IN ('app_opened', 'pricing_viewed')"
        " AND starts_with(user_id, 'ios0-') AND right(user_id, 1) < '4'"
    )

    report = _ask(world)

    cause = _only_cause(report)
    assert cause.kind == "identity_change"
    assert abs(report.unexplained) < 0.01


def test_parts_sum_to_the_change_and_every_number_names_a_query_that_ran(world: SmallWorld):
    world.level_weeks()
    _lose_half(world, "ios", ">=")
    runner = world.runner()

    report = diagnose(
        runner, CATALOG, metric="conversion", compared=Compared(IOS, ANDROID), start=START,
        end=AS_OF, as_of=AS_OF,
    )  # fmt: skip

    told, ran = report.headline, {query.id for query in runner.ran}
    assert told is not None
    parts = sum(cause.contribution for cause in report.causes) + report.unexplained
    assert parts == pytest.approx(told.change, abs=1e-9)
    assert sum(s.contribution for s in report.steps) == pytest.approx(told.change, abs=1e-9)
    assert {name for figure in report.figures for name in figure.sql} <= ran
    assert all(check.rows for cause in report.causes for check in cause.checks)
    assert {check.query for cause in report.causes for check in cause.checks} <= ran
