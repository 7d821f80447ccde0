"""Why did it drop: the planted cause is named first, and nothing is named where nothing fell."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from core.artifacts import DebugReport
from core.errors import Code, PilothouseError
from measure.compared import Compared, SliceOf
from measure.diagnose import diagnose
from measure.queries import FILES, check_query, json_text
from tests.measure.small_world import (
    AS_OF,
    CATALOG,
    IOS,
    IOS_AGAINST_ANDROID,
    WEEK,
    SmallWorld,
)
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner
from warehouse.sqlcheck import CheckedQuery, check

BREAK_CHECKOUT = """
DELETE FROM fct_events WHERE event_name = 'subscription_started' AND app_version = '5.4.0'
"""
FORGET_CHECKOUT = """
DELETE FROM fct_events WHERE event_name = 'checkout_started' AND app_version = '5.4.0'
"""


def _why(
    world: SmallWorld, compared: Compared = IOS_AGAINST_ANDROID, as_of: datetime = AS_OF
) -> DebugReport:
    return diagnose(
        world.runner(),
        CATALOG,
        metric="conversion",
        compared=compared,
        start=AS_OF - WEEK,
        end=AS_OF,
        as_of=as_of,
    )


def _fails_in(world: SmallWorld, version: str) -> None:
    world.warehouse.execute(
        "DELETE FROM fct_subscriptions AS s WHERE user_id IN (SELECT user_id FROM fct_events"
        " WHERE event_name = 'subscription_started' AND app_version = $version)",
        {"version": version},
    )
    world.warehouse.execute(BREAK_CHECKOUT)


def test_level_weeks_are_no_significant_drop_and_have_no_cause(world: SmallWorld) -> None:
    world.level_weeks()

    report = _why(world)

    assert report.causes == ()
    assert "no significant drop" in report.verdict
    assert "would have been seen" in report.verdict
    assert not any(d.significant for d in report.deltas)


def test_a_release_that_breaks_a_step_is_named_with_its_step(world: SmallWorld) -> None:
    world.level_weeks()
    _fails_in(world, "5.4.0")

    report = _why(world)

    cause = report.causes[0]
    assert (cause.kind, cause.dimension, cause.value) == (
        "release_regression",
        "app_version",
        "5.4.0",
    )
    assert "checkout_started → subscription_started" in cause.cause
    assert "2026-06-21" in cause.cause
    assert cause.explained > 0.8
    assert len(report.causes) == 1
    assert "a significant drop in iOS but not in Android" in report.verdict


def test_a_missing_event_is_blamed_on_tracking_and_not_on_users(world: SmallWorld) -> None:
    world.level_weeks()
    world.warehouse.execute(FORGET_CHECKOUT)

    report = _why(world)

    cause = report.causes[0]
    assert (cause.kind, cause.value, cause.confidence) == ("tracking_break", "5.4.0", "high")
    assert "checkout_started" in cause.cause
    assert cause.explained > 0.95
    assert len(report.causes) == 1


def test_subscriptions_without_their_event_are_found_by_asking_the_server(
    world: SmallWorld,
) -> None:
    world.level_weeks()
    world.warehouse.execute(BREAK_CHECKOUT)

    cause = _why(world).causes[0]

    assert (cause.kind, cause.value) == ("tracking_break", "subscription_started")


def test_a_fall_on_both_platforms_is_not_blamed_on_the_segment(world: SmallWorld) -> None:
    world.level_weeks()
    world.warehouse.execute(
        "DELETE FROM fct_subscriptions WHERE started_at >= $start AND right(user_id, 1) < '5'",
        {"start": AS_OF - WEEK},
    )
    world.warehouse.execute(
        "DELETE FROM fct_events WHERE event_name = 'subscription_started'"
        " AND event_time >= $start AND right(user_id, 1) < '5'",
        {"start": AS_OF - WEEK},
    )

    report = _why(world)

    assert [c.kind for c in report.causes] == ["global_dip"]
    assert report.causes[0].confidence == "low"
    assert "in iOS and in Android alike" in report.verdict


def test_events_that_have_not_arrived_yet_are_no_drop(world: SmallWorld) -> None:
    world.level_weeks()
    world.warehouse.execute(
        "UPDATE fct_events SET received_at = $later"
        " WHERE device_os = 'ios' AND event_time >= $since",
        {"later": AS_OF + timedelta(hours=5), "since": AS_OF - timedelta(hours=20)},
    )

    report = _why(world)

    assert [c.kind for c in report.causes] == ["late_data"]
    assert report.causes[0].value == "last 18 hours"


def test_a_question_in_the_middle_of_the_week_compares_middles_of_weeks(world: SmallWorld) -> None:
    world.level_weeks()

    report = _why(world, as_of=AS_OF - timedelta(days=4))

    assert "no significant drop" in report.verdict
    whole = [
        r for r in report.funnel if r.step.startswith("app_opened → sub") and r.segment == "iOS"
    ]
    assert len({r.entered for r in whole}) == 1
    assert any("is known until 2026-06-25" in sentence for sentence in report.data_quality)


def test_everybody_may_be_asked_about_without_a_control(world: SmallWorld) -> None:
    world.level_weeks()

    report = _why(world, Compared(None))

    assert report.segments == ("all users",)
    assert "no significant drop" in report.verdict


def test_too_little_history_is_said_and_no_cause_is_named(world: SmallWorld) -> None:
    world.level_weeks()
    world.warehouse.execute(
        "DELETE FROM fct_events WHERE event_time < $since", {"since": AS_OF - 3 * WEEK}
    )

    report = _why(world)

    assert report.causes == ()
    assert "too little history" in report.verdict


def test_an_empty_warehouse_gives_a_report_and_not_an_error(world: SmallWorld) -> None:
    report = _why(world)

    assert report.causes == ()
    assert all(row.rate is None for row in report.funnel)


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"metric": "conversoin"}, Code.UNKNOWN_KEY, "conversion"),
        ({"end": AS_OF - WEEK}, Code.INVALID_ARGUMENT, "end after the start"),
        ({"as_of": AS_OF - 2 * WEEK}, Code.INVALID_ARGUMENT, "has begun"),
        (
            {"compared": Compared(SliceOf("device", "ios", "iOS"))},
            Code.UNKNOWN_COLUMN,
            "device_os",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_the_next_step(
    world: SmallWorld, change: dict[str, object], code: Code, named: str
) -> None:
    asked: dict[str, Any] = {
        "metric": "conversion",
        "compared": Compared(IOS),
        "start": AS_OF - WEEK,
        "end": AS_OF,
        "as_of": AS_OF,
    } | change

    with pytest.raises(PilothouseError) as refused:
        diagnose(world.runner(), CATALOG, **asked)

    assert refused.value.refusal.code == code
    assert named in (refused.value.refusal.fix or "")


def test_every_number_names_a_query_that_ran(world: SmallWorld) -> None:
    world.level_weeks()
    _fails_in(world, "5.4.0")
    runner = world.runner()

    report = diagnose(
        runner,
        CATALOG,
        metric="conversion",
        compared=IOS_AGAINST_ANDROID,
        start=AS_OF - WEEK,
        end=AS_OF,
        as_of=AS_OF,
    )

    ran = {query.id: query.text for query in runner.ran}
    assert {row.sql for row in (*report.funnel, *report.exposure)} <= ran.keys()
    assert {name for cause in report.causes for name in cause.evidence} <= ran.keys()
    assert report.causes[0].next_check.sql in ran.values()


VALUES = {
    "as_of": AS_OF,
    "since": AS_OF - 2 * WEEK,
    "until": AS_OF,
    "window": timedelta(days=3),
    "event": "plan_compared",
    "next_event": "checkout_started",
    "step": "plan_compared",
    "next_step": "checkout_started",
    "entry": "app_opened",
    "goal": "subscription_started",
    "in_platform": exp.column("device_os").eq(exp.Literal.string("ios")),
    "names": (exp.Literal.string("app_opened"), exp.Literal.string("pricing_viewed")),
    "reason": "CAP_REACHED",
    "property": json_text("properties", "plan", "e"),
    "dimension": exp.column("country", "u"),
    "dimensions": (exp.column("utm_source", "u"), exp.column("country", "u")),
}


@pytest.mark.parametrize("name", sorted(p.stem for p in (FILES / "checks").glob("*.sql")))
def test_an_analyst_may_run_every_next_check_as_it_is_shown(world: SmallWorld, name: str) -> None:
    world.level_weeks()
    sql = check_query(name, **VALUES).sql(dialect="duckdb", pretty=True)

    checked = check(sql, CATALOG, role="analyst", row_limit=1000)

    assert isinstance(checked, CheckedQuery), checked
    world.warehouse.fetch(checked.sql)


def test_a_value_with_a_quote_stays_a_value(world: SmallWorld) -> None:
    world.level_weeks()

    report = _why(world, Compared(SliceOf("country", "D'E; DROP TABLE dim_users --", "nowhere")))

    assert report.causes == ()
    assert world.warehouse.fetch("SELECT count(*) FROM dim_users").scalar() == 8400


PLANTED = [
    ("ios_checkout", "release_regression", "5.4.0"),
    ("tracking_break", "tracking_break", "5.4.0"),
    # They take no second step, but do other things in the app: people of another kind, no robots.
    ("mix_shift", "mix_shift", "tiktok"),
    ("send_outage", "delivery_failure", "push"),
    ("cap_starves_ios", "suppression_cap", "CAP_REACHED"),
    ("price_change", "price_change", "1.3"),
]


def _demo_report(folder: Path, scenario: str, seed: int) -> DebugReport:
    warehouse = DuckDBWarehouse(folder / "demo.duckdb", must_exist=False)
    with warehouse.cursor() as cursor:
        generate(cursor, users=20_000, days=70, seed=seed, scenario=scenario)
    report = diagnose(
        CheckedRunner(warehouse, CATALOG),
        CATALOG,
        metric="conversion",
        compared=IOS_AGAINST_ANDROID,
        start=AS_OF - WEEK,
        end=AS_OF,
        as_of=AS_OF,
    )
    warehouse.close()
    return report


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "kind", "value"), PLANTED)
def test_the_planted_cause_of_a_demo_scenario_is_named_first(
    tmp_path: Path, scenario: str, kind: str, value: str
) -> None:
    report = _demo_report(tmp_path, scenario, seed=7)

    assert (report.causes[0].kind, report.causes[0].value) == (kind, value)
    assert report.causes[0].next_check.sql


@pytest.mark.slow
def test_the_demo_scenario_without_a_cause_has_no_significant_drop(tmp_path: Path) -> None:
    report = _demo_report(tmp_path, "none", seed=7)

    assert report.causes == ()
    assert "no significant drop" in report.verdict


def test_no_p_value_in_a_report_is_zero(world: SmallWorld) -> None:
    world.level_weeks()
    _fails_in(world, "5.4.0")

    words = _why(world).model_dump_json()

    assert not re.search(r"p = 0(\.0*)?[^.\d]", words)
