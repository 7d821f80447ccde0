"""A typed question as one statement: what it counts, on small data that is counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from core.conditions import Attribute, Filter, Op
from core.errors import Code
from core.questions import (
    Aggregate,
    Count,
    Dimension,
    MetricQuestion,
    MetricRate,
    Ratio,
    Rows,
    Stretch,
)
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import load_catalog
from warehouse.questions import columns_of, compile_question, people_columns, question_refusals
from warehouse.sqlcheck import CheckedQuery, check

CATALOG = load_catalog()
AS_OF = datetime(2026, 3, 11, 12)
WORKOUTS = Rows(of="event", name="workout_completed")
MARCH = Stretch(words="this month", start=datetime(2026, 3, 1), end=AS_OF)
FEBRUARY = Stretch(words="last month", start=datetime(2026, 2, 1), end=datetime(2026, 3, 1))
COUNTRY = Dimension(kind="user", name="country")


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    for user, country in (("a", "DE"), ("b", "DE"), ("c", "FR"), ("d", None)):
        connection.execute(
            "INSERT INTO dim_users (user_id, country, signup_at) VALUES ($1, $2, $3)",
            [user, country, datetime(2026, 1, 1)],
        )
    yield connection
    connection.close()


def did(to: duckdb.DuckDBPyConnection, user: str, event: str, day: str, **properties: Any) -> None:
    moment = datetime.fromisoformat(day)
    to.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, properties) VALUES ($1,$2,$3,$4)",
        [user, event, moment, json.dumps(properties)],
    )


def rows(question: MetricQuestion, of: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """What the compiled question gives, having passed the check that every analyst's SQL passes."""
    assert question_refusals(question, CATALOG) == ()
    checked = check(compile_question(question, CATALOG, as_of=AS_OF), CATALOG, role="analyst")
    assert isinstance(checked, CheckedQuery), checked
    found = of.execute(checked.sql)
    assert [column[0] for column in found.description] == [
        column.name for column in columns_of(question)
    ]
    return found.fetchall()


def test_rows_of_unknown_users_are_a_group_of_their_own(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for user in ("a", "a", "b", "c", "d", "nobody"):
        did(warehouse, user, "workout_completed", "2026-03-02")

    found = rows(MetricQuestion(measure=Count(rows=WORKOUTS), by=(COUNTRY,)), warehouse)

    assert found == [("DE", 3), (None, 2), ("FR", 1)]


def test_what_happens_after_the_moment_of_asking_is_not_known_yet(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    did(warehouse, "a", "workout_completed", "2026-03-11 11:59:59")
    did(warehouse, "a", "workout_completed", "2026-03-11 12:00:00")

    assert rows(MetricQuestion(measure=Count(rows=WORKOUTS)), warehouse) == [(1,)]


def test_a_comparison_gives_now_before_and_the_change(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for day in ("2026-02-01", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"):
        did(warehouse, "a", "workout_completed", day)
    question = MetricQuestion(measure=Count(rows=WORKOUTS), period=MARCH, before=FEBRUARY)

    assert rows(question, warehouse) == [(3, 2, 1, 0.5)]


def test_a_change_from_nothing_is_no_percentage(warehouse: duckdb.DuckDBPyConnection) -> None:
    did(warehouse, "a", "workout_completed", "2026-03-01")
    question = MetricQuestion(measure=Count(rows=WORKOUTS), period=MARCH, before=FEBRUARY)

    assert rows(question, warehouse) == [(1, 0, 1, None)]


def test_the_first_of_groups_are_ordered_by_value_then_by_name(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for user in ("a", "b", "c", "c"):
        did(warehouse, user, "workout_completed", "2026-03-02")
    question = MetricQuestion(measure=Count(rows=WORKOUTS), by=(COUNTRY,), order="desc", limit=1)

    assert rows(question, warehouse) == [("DE", 2)]


def test_numbers_that_are_no_numbers_are_left_out_of_an_average(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for duration in (60, 120, "long", None):
        did(warehouse, "a", "workout_completed", "2026-03-02", duration_seconds=duration)
    average = Aggregate(function="avg", column="duration_seconds", rows=WORKOUTS)

    assert rows(MetricQuestion(measure=average), warehouse) == [(90.0,)]


def test_a_share_of_nothing_is_unknown_not_zero(warehouse: duckdb.DuckDBPyConnection) -> None:
    messages = Rows(of="entity", name="message")
    opened = messages.model_copy(update={"where": (Filter(column="opened_at", op=Op.IS_NOT_NULL),)})
    share = Ratio(part=Count(rows=opened), whole=Count(rows=messages))

    assert rows(MetricQuestion(measure=share), warehouse) == [(0, 0, None)]


def test_users_are_limited_by_conditions_and_counted_once(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for user in ("a", "a", "b", "c"):
        did(warehouse, user, "workout_completed", "2026-03-02")
    question = MetricQuestion(
        measure=Count(rows=WORKOUTS, users=True), who=Attribute(column="country", value="DE")
    )

    assert rows(question, warehouse) == [(2,)]


STEPS = ("app_opened", "pricing_viewed", "plan_compared", "checkout_started")


def test_a_metric_counts_each_entry_that_reaches_the_end_in_time(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for user, end in (("a", "2026-03-04 09:00"), ("b", "2026-03-04 11:00"), ("c", None)):
        for hour, step in enumerate(STEPS):
            did(warehouse, user, step, f"2026-03-01 {10 + hour}:00")
        if end:
            did(warehouse, user, "subscription_started", end)
    question = MetricQuestion(measure=MetricRate(metric="conversion"), by=(COUNTRY,))

    assert rows(question, warehouse) == [("DE", 1, 2, 0.5), ("FR", 0, 1, 0.0)]


def test_an_earlier_entry_counts_although_a_later_one_leads_to_the_end_as_well(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    did(warehouse, "a", "app_opened", "2026-03-01 08:00")
    for hour, step in enumerate((*STEPS, "subscription_started")):
        did(warehouse, "a", step, f"2026-03-02 {10 + hour}:00")
    by_day = (Dimension(kind="time", grain="day"),)
    question = MetricQuestion(measure=MetricRate(metric="conversion"), by=by_day)

    assert [row[1:] for row in rows(question, warehouse)] == [(1, 1, 1.0), (1, 1, 1.0)]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (MetricQuestion(measure=Count(rows=Rows(of="event", name="yodelled"))), Code.UNKNOWN_TABLE),
        (MetricQuestion(measure=MetricRate(metric="happiness")), Code.UNKNOWN_KEY),
        (
            MetricQuestion(measure=Count(rows=WORKOUTS), by=(Dimension(kind="row", name="mood"),)),
            Code.UNKNOWN_COLUMN,
        ),
        (
            MetricQuestion(measure=Aggregate(function="avg", column="workout_type", rows=WORKOUTS)),
            Code.TYPE_MISMATCH,
        ),
        (
            MetricQuestion(measure=Count(rows=Rows(of="table", name="fct_spend")), by=(COUNTRY,)),
            Code.UNDECIDABLE,
        ),
    ],
)
def test_what_the_catalog_lacks_is_refused(question: MetricQuestion, code: Code) -> None:
    assert [one.code for one in question_refusals(question, CATALOG)] == [code]


def test_personal_columns_are_no_groups_for_an_analyst() -> None:
    question = MetricQuestion(
        measure=Count(rows=WORKOUTS), by=(Dimension(kind="user", name="email"),)
    )
    refused = check(compile_question(question, CATALOG, as_of=AS_OF), CATALOG, role="analyst")

    assert not isinstance(refused, CheckedQuery)


# Who stands behind a number.


def behind(question: MetricQuestion, of: duckdb.DuckDBPyConnection) -> list[tuple[int, ...]]:
    """How many users each row's number is of, from the same statement, checked as it is."""
    sql = compile_question(question, CATALOG, as_of=AS_OF, people=True)
    checked = check(sql, CATALOG, role="analyst")
    assert isinstance(checked, CheckedQuery)
    added = len(people_columns(question))
    return [tuple(row[len(row) - added :]) for row in of.execute(checked.sql).fetchall()]


def test_an_average_knows_how_many_users_have_the_value(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    did(warehouse, "a", "workout_completed", "2026-03-02", duration_seconds=30)
    did(warehouse, "a", "workout_completed", "2026-03-03", duration_seconds=50)
    did(warehouse, "b", "workout_completed", "2026-03-03")
    did(warehouse, "b", "workout_completed", "2026-02-03", duration_seconds=10)
    average = Aggregate(function="avg", column="duration_seconds", rows=WORKOUTS)

    assert behind(MetricQuestion(measure=average), warehouse) == [(2,)]
    assert behind(MetricQuestion(measure=average, period=MARCH), warehouse) == [(1,)]
    compared = MetricQuestion(measure=average, period=MARCH, before=FEBRUARY)
    assert behind(compared, warehouse) == [(1, 1)]


def test_a_share_knows_its_users_and_those_of_its_part(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    did(warehouse, "a", "workout_completed", "2026-03-02", kind="yoga")
    did(warehouse, "b", "workout_completed", "2026-03-02", kind="run")
    did(warehouse, "b", "workout_completed", "2026-03-03", kind="run")
    everybody = Count(rows=WORKOUTS, users=True)
    share = MetricQuestion(measure=Ratio(part=everybody, whole=Count(rows=Rows(of="users"))))

    assert behind(share, warehouse) == [(4, 2)]
    each = Ratio(part=Count(rows=WORKOUTS), whole=everybody, share=False)
    assert behind(MetricQuestion(measure=each), warehouse) == [(2,)]
    assert behind(MetricQuestion(measure=MetricRate(metric="conversion")), warehouse) == [(0, 0)]


def test_a_count_says_itself_how_many_it_is_of() -> None:
    counted = MetricQuestion(measure=Count(rows=WORKOUTS, users=True))

    once = compile_question(counted, CATALOG, as_of=AS_OF)
    assert compile_question(counted, CATALOG, as_of=AS_OF, people=True) == once
