"""The same question on DuckDB and on a real PostgreSQL has the same rows."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from core.conditions import EVERYONE, Attribute, EventCount, Filter, InAudience, Op, Rolling
from core.questions import (
    Aggregate,
    Count,
    Dimension,
    Measure,
    MetricQuestion,
    MetricRate,
    Ratio,
    Rows,
    Stretch,
)
from tests.warehouse.condition_strategies import CATALOG
from tests.warehouse.messy_world import AS_OF
from tests.warehouse.test_on_postgres import WORLDS, postgres
from tests.warehouse.test_one_meaning import world
from warehouse.questions import compile_question, question_refusals

__all__ = ["postgres"]

WORKOUTS = Rows(of="event", name="workout_completed")
LONG = Rows(
    of="event",
    name="workout_completed",
    where=(Filter(column="duration_seconds", op=Op.GT, value=60),),
)
TICKETS, MESSAGES = (Rows(of="entity", name=name) for name in ("ticket", "message"))
PAID = Rows(of="entity", name="subscription", time="started_at")
OPENED = MESSAGES.model_copy(update={"where": (Filter(column="opened_at", op=Op.IS_NOT_NULL),)})
MEASURES: tuple[Measure, ...] = (
    Count(rows=WORKOUTS),
    Count(rows=LONG, users=True),
    Count(rows=Rows(of="users")),
    Count(rows=Rows(of="users", time="signup_at")),
    Aggregate(function="avg", column="csat_score", rows=TICKETS),
    Aggregate(function="median", column="csat_score", rows=TICKETS),
    Aggregate(function="sum", column="price", rows=PAID),
    Aggregate(function="max", column="duration_seconds", rows=WORKOUTS),
    Ratio(part=Count(rows=OPENED), whole=Count(rows=MESSAGES)),
    Ratio(part=Count(rows=WORKOUTS), whole=Count(rows=WORKOUTS, users=True), share=False),
    MetricRate(metric="conversion"),
)
GROUPS: tuple[tuple[Dimension, ...], ...] = (
    (),
    (Dimension(kind="user", name="country"),),
    (Dimension(kind="trait", name="activation_state"),),
    *((Dimension(kind="time", grain=grain),) for grain in ("hour", "day", "week", "month")),
    (Dimension(kind="time", grain="week"), Dimension(kind="user", name="device_os")),
)
WEEK = timedelta(days=7)
NOW = Stretch(words="now", start=AS_OF - WEEK, end=AS_OF)
BEFORE = Stretch(words="before", start=AS_OF - 2 * WEEK, end=AS_OF - WEEK)
WHO = (
    EVERYONE,
    Attribute(column="device_os", value="ios"),
    InAudience(key="trial_users"),
    EventCount(event="app_opened", window=Rolling(seconds=7 * 86_400)),
)


def _questions() -> list[MetricQuestion]:
    """Every measure with every group, and with each limit in turn."""
    found = []
    for number, measure in enumerate(MEASURES):
        for place, by in enumerate(GROUPS):
            who = WHO[(number + place) % len(WHO)]
            before = BEFORE if place % 2 == number % 2 and not any(d.grain for d in by) else None
            period = NOW if before or (number + place) % 3 == 0 else None
            found.append(
                MetricQuestion(measure=measure, by=by, who=who, period=period, before=before)
            )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(_plain, row)) for row in rows), key=str)


@pytest.mark.slow
@pytest.mark.parametrize("seed", WORLDS)
def test_every_kind_of_question_has_equal_rows_on_postgres(
    postgres: psycopg.Connection, seed: int
) -> None:
    duck = world(seed).warehouse.cursor()
    postgres.execute(f"SET search_path TO world_{seed}")

    for question in _questions():
        assert question_refusals(question, CATALOG) == ()
        here = duck.execute(compile_question(question, CATALOG, as_of=AS_OF)).fetchall()
        query = compile_question(question, CATALOG, as_of=AS_OF, dialect="postgres")
        there = postgres.execute(query.encode()).fetchall()

        assert _sorted(here) == _sorted(there), question.model_dump_json(exclude_defaults=True)
