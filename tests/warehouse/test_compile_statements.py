"""The statements that conditions become: audiences, waterfalls, leaves, flags, on every engine."""

from __future__ import annotations

import pytest
import sqlglot

from core.assignment import bucket
from core.conditions import (
    And,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    SinceEvent,
    Trait,
)
from tests.orchestrate.world import NOW, World
from tests.warehouse.compiled import CATALOG, NEVER, OPEN_TICKET, TRAINED, WEEK, audience
from warehouse.compile import (
    compile_audience,
    compile_flags,
    compile_leaves,
    compile_waterfall,
)
from warehouse.sqlcheck import CheckedQuery, check


def test_an_audience_is_the_population_that_meets_the_condition(people: World) -> None:
    for user, os in {"a": "ios", "b": "android", "c": "ios"}.items():
        people.user(user)
        people.warehouse.execute(
            "UPDATE dim_users SET device_os = $os WHERE user_id = $user", {"os": os, "user": user}
        )
    for user in ("a", "b"):
        people.did(user, "workout_completed")
    ios = Attribute(column="device_os", value="ios")

    assert audience(people, TRAINED, population=ios) == ["a"]


def test_a_waterfall_only_falls_and_ends_at_the_audience(people: World) -> None:
    for number in range(9):
        user = people.user(f"u{number}", country="DE" if number % 2 else None)
        people.did(user, "workout_completed", times=number % 4)
        if number % 3 == 0:
            people.ticket(user)
    condition = And(
        of=(
            TRAINED,
            Attribute(column="country", value="DE"),
            Or(of=(OPEN_TICKET, EventCount(event="workout_completed", n=3))),
        )
    )

    (row,) = people.rows(compile_waterfall(condition, CATALOG, as_of=NOW))

    assert row[0] == 9
    assert list(row) == sorted(row, reverse=True)
    assert row[-1] == len(audience(people, condition)) > 0


def test_each_leaf_shows_what_it_read_and_whether_it_held(people: World) -> None:
    people.user("u1", country="DE")
    people.did("u1", "workout_completed", times=2)
    condition = And(
        of=(
            EventCount(event="workout_completed", n=3),
            Attribute(column="country", value="DE"),
            Trait(name="momentum_score", op=Op.GT, value=1),
            Not(of=OPEN_TICKET),
        )
    )

    query = compile_leaves(condition, CATALOG, as_of=NOW, users=("u1",))

    assert isinstance(check(query.sql, CATALOG, role="system"), CheckedQuery)
    (row,) = people.rows(query.sql)
    assert row == ("u1", "2", False, "DE", True, None, False, "0", False)
    assert [leaf.kind for leaf in query.leaves] == ["event_count", "attribute", "trait", "related"]


def test_flags_carry_asked_columns_for_asked_users_only(people: World) -> None:
    for user in ("a", "b"):
        people.user(user, country="DE")
        people.did(user, "workout_completed")

    sql = compile_flags(
        {"in": TRAINED, "out": NEVER}, CATALOG, as_of=NOW, columns=("country",), users=("a",)
    )

    assert people.rows(sql) == [("a", "DE", True, False)]


def test_a_bucket_in_sql_is_the_bucket_of_core(people: World) -> None:
    for number in range(20):
        people.user(f"u{number}")
    half = Bucket(salt="it's", high="80000000")

    expected = sorted(f"u{n}" for n in range(20) if bucket("it's", f"u{n}") < "80000000")

    assert audience(people, half) == expected


EVERY_KIND: tuple[Condition, ...] = (
    InAudience(key="trial_users"),
    EventCount(
        event="workout_completed",
        where=(Filter(column="duration_seconds", op=Op.GT, value=60),),
        window=WEEK,
    ),
    EventCount(event="app_opened", window=SinceEvent(event="pricing_viewed")),
    EventAge(event="app_opened", seconds=60),
    EventSequence(first="pricing_viewed", then="checkout_started", within_seconds=60),
    Not(of=OPEN_TICKET),
    ConsentIs(purpose="marketing", channel="push"),
    Bucket(salt="s", high="80000000"),
    Trait(name="ltv", op=Op.GE, value=0.1),
    Attribute(column="country", op=Op.NOT_IN, value=("DE", "FR")),
)


@pytest.mark.parametrize("dialect", ["postgres", "spark"])
def test_the_same_rule_reads_as_sql_of_other_engines(dialect: str) -> None:
    for sql in (
        compile_audience(And(of=EVERY_KIND), CATALOG, as_of=NOW, dialect=dialect),
        compile_waterfall(And(of=EVERY_KIND), CATALOG, as_of=NOW, dialect=dialect),
    ):
        (parsed,) = sqlglot.parse(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        assert parsed is not None


def test_every_event_of_a_rule_is_read_in_one_scan(people: World) -> None:
    events = tuple(EventCount(event=name) for name in CATALOG.events)

    sql = compile_audience(And(of=events), CATALOG, as_of=NOW)

    assert sql.count("fct_events") == 1
