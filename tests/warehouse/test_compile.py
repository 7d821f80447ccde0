"""What a condition means, case by case: users, windows, entities, consent, waterfalls, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from control.store import open_store
from core.assignment import bucket
from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    WhenUnknown,
)
from core.errors import Code, PilothouseError
from tests.orchestrate.world import NOW, World
from warehouse.catalog import Audience, load_catalog
from warehouse.compile import (
    compile_audience,
    compile_flags,
    compile_leaves,
    compile_waterfall,
    required,
    validate,
)
from warehouse.sqlcheck import CheckedQuery, check

CATALOG = load_catalog()
TRAINED = EventCount(event="workout_completed")
NEVER = EventCount(event="workout_completed", op=Op.EQ, n=0)
WEEK = Rolling(seconds=7 * 86_400)
OPEN_TICKET = Related(entity="ticket", where=(Filter(column="status", value="open"),))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{tmp_path}/control.db")
    made = World(tmp_path, store)
    yield made
    made.warehouse.close()
    store.close()


def audience(people: World, condition: Condition, at: datetime = NOW, **scope: Any) -> list[str]:
    sql = compile_audience(condition, CATALOG, as_of=at, **scope)
    assert isinstance(check(sql, CATALOG, role="system"), CheckedQuery)
    return [user for (user,) in people.rows(sql)]


def subscribe(people: World, user: str, status: str, start: datetime, **more: Any) -> None:
    row = {"status": status, "trial_start": start, "trial_end": start + timedelta(days=14)}
    people.insert("fct_subscriptions", user_id=user, **(row | more))


# Events and windows.


def test_zero_times_in_seven_days_includes_users_without_any_event(people: World) -> None:
    for user in ("silent", "busy", "past"):
        people.user(user)
    people.did("busy", "workout_completed", days_ago=1)
    people.did("past", "workout_completed", days_ago=8)

    assert audience(people, NEVER.model_copy(update={"window": WEEK})) == ["past", "silent"]


def test_a_window_holds_its_first_instant_but_not_the_moment_of_decision(people: World) -> None:
    edges = {"from": 7.0, "before": 7 + 1e-5, "decision": 0.0}
    for user, days_ago in edges.items():
        people.user(user)
        people.did(user, "workout_completed", days_ago=days_ago)

    assert audience(people, EventCount(event="workout_completed", window=WEEK)) == ["from"]


def test_an_absolute_window_is_closed_at_its_start_and_open_at_its_end(people: World) -> None:
    window = Absolute(start=NOW - timedelta(days=3), end=NOW - timedelta(days=1))
    for user, days_ago in {"start": 3, "end": 1, "inside": 2}.items():
        people.user(user)
        people.did(user, "workout_completed", days_ago=days_ago)

    inside = audience(people, EventCount(event="workout_completed", window=window))

    assert inside == ["inside", "start"]


def test_a_week_begins_on_monday_midnight_where_the_zone_is_also_when_clocks_change(
    people: World,
) -> None:
    # On the Monday after the change, Berlin is two hours ahead; the week before, one.
    at = datetime(2026, 3, 30, 12)
    instants = {
        "this_first": datetime(2026, 3, 29, 22),
        "last_end": datetime(2026, 3, 29, 21, 59, 59),
        "last_first": datetime(2026, 3, 22, 23),
        "older": datetime(2026, 3, 22, 22, 59, 59),
    }
    for user, instant in instants.items():
        people.user(user)
        people.insert(
            "fct_events", user_id=user, event_name="app_opened", event_time=instant, properties="{}"
        )

    def week(back: int) -> list[str]:
        window = Calendar(unit="week", zone="Europe/Berlin", periods_back=back)
        return audience(people, EventCount(event="app_opened", window=window), at=at)

    assert week(0) == ["this_first"]
    assert week(1) == ["last_end", "last_first"]
    assert week(2) == ["older"]


def test_since_trial_start_counts_from_the_latest_trial_only(people: World) -> None:
    for user in ("again", "never_tried"):
        people.user(user)
        people.did(user, "workout_completed", days_ago=20)
        people.did(user, "workout_completed", days_ago=2)
    subscribe(people, "again", "expired", NOW - timedelta(days=30))
    subscribe(people, "again", "trialing", NOW - timedelta(days=5))
    window = SinceMoment(column="current_subscription.trial_start")

    once = EventCount(event="workout_completed", window=window, op=Op.EQ, n=1)
    not_once = EventCount(event="workout_completed", window=window, op=Op.EQ, n=0)

    assert audience(people, once) == ["again"]
    assert audience(people, not_once) == ["never_tried"]


def test_since_the_last_event_counts_what_came_after_it(people: World) -> None:
    for user in ("after", "before", "no_anchor"):
        people.user(user)
    people.did("after", "pricing_viewed", days_ago=3)
    people.did("after", "workout_completed", days_ago=2)
    people.did("before", "workout_completed", days_ago=3)
    people.did("before", "pricing_viewed", days_ago=2)
    people.did("no_anchor", "workout_completed", days_ago=2)
    since = EventCount(event="workout_completed", window=SinceEvent(event="pricing_viewed"))

    assert audience(people, since) == ["after"]


def test_a_sequence_needs_the_second_event_later_and_in_time(people: World) -> None:
    for user, gap in {
        "quick": 1.0,
        "exact": 2.0,
        "slow": 2.5,
        "reverse": -1.0,
        "same": 0.0,
    }.items():
        people.user(user)
        people.did(user, "pricing_viewed", days_ago=10)
        people.did(user, "checkout_started", days_ago=10 - gap)
    sequence = EventSequence(first="pricing_viewed", then="checkout_started")

    within = sequence.model_copy(update={"within_seconds": 2 * 86_400})

    assert audience(people, within) == ["exact", "quick"]
    assert audience(people, sequence) == ["exact", "quick", "slow"]


def test_the_age_of_an_event_that_never_happened_is_unknown(people: World) -> None:
    people.user("never")
    people.user("long_ago")
    people.did("long_ago", "app_opened", days_ago=30)
    lapsed = EventAge(event="app_opened", op=Op.GE, seconds=14 * 86_400)

    assert audience(people, lapsed) == ["long_ago"]
    assert audience(people, Not(of=lapsed)) == []
    loose = lapsed.model_copy(update={"when_unknown": WhenUnknown.MATCH})
    assert audience(people, loose) == ["long_ago", "never"]


def test_a_declared_alias_counts_as_the_event_it_stands_for(people: World) -> None:
    people.user("u1")
    people.did("u1", "checkout_started")

    assert audience(people, EventCount(event="plan_selected")) == ["u1"]
    assert required(EventSequence(first="plan_selected", then="plan_selected"), CATALOG).events == (
        "checkout_started",
    )


# Users and what belongs to them.


def test_merged_users_are_never_counted(people: World) -> None:
    people.user("kept")
    people.user("merged", merged_into="kept")
    for user in ("kept", "merged"):
        people.did(user, "workout_completed")
    twice = EventCount(event="workout_completed", n=2)

    assert audience(people, TRAINED) == ["kept"]
    assert audience(people, And()) == ["kept"]
    assert audience(people, twice) == []


def test_a_user_has_the_status_of_the_latest_trial(people: World) -> None:
    for user in ("now_trialing", "was_trialing", "future"):
        people.user(user)
    subscribe(people, "now_trialing", "canceled", NOW - timedelta(days=60))
    subscribe(people, "now_trialing", "trialing", NOW - timedelta(days=3))
    subscribe(people, "was_trialing", "trialing", NOW - timedelta(days=60))
    subscribe(people, "was_trialing", "expired", NOW - timedelta(days=3))
    subscribe(people, "future", "trialing", NOW + timedelta(days=1))

    trialing = Attribute(column="current_subscription.status", value="trialing")

    assert audience(people, trialing) == ["now_trialing"]
    assert audience(people, InAudience(key="trial_users")) == ["now_trialing"]


def test_two_trials_that_start_together_give_every_query_the_same_one(people: World) -> None:
    people.user("twin")
    start = NOW - timedelta(days=3)
    subscribe(people, "twin", "trialing", start, plan="annual")
    subscribe(people, "twin", "expired", start, plan="monthly")

    def is_(column: str, value: str) -> bool:
        one = Attribute(column=f"current_subscription.{column}", value=value)
        return audience(people, one) == ["twin"]

    assert is_("status", "trialing") == is_("plan", "annual")
    assert is_("status", "expired") == is_("plan", "monthly")


def test_a_ticket_closed_later_was_open_at_a_past_moment(people: World) -> None:
    people.user("u1")
    row = {"ticket_id": "t1", "status": "closed", "ticket_reason": "bug"}
    at = {"created_at": NOW - timedelta(days=5), "closed_at": NOW - timedelta(days=2)}
    people.insert("fct_support", user_id="u1", **(row | at))

    assert audience(people, OPEN_TICKET) == []
    assert audience(people, OPEN_TICKET, at=NOW - timedelta(days=3)) == ["u1"]
    assert audience(people, OPEN_TICKET, at=NOW - timedelta(days=6)) == []


# Unknown.


def test_unknown_consent_blocks_and_the_strictest_of_a_tie_holds(people: World) -> None:
    for user in ("said_yes", "said_no", "took_back", "tie"):
        people.user(user, consent=None)
    people.user("silent", consent=None)
    people.consent("said_yes", "email", "granted")
    people.consent("said_no", "email", "denied")
    people.consent("took_back", "email", "granted", days_ago=9)
    people.consent("took_back", "email", "withdrawn", days_ago=3)
    people.consent("tie", "email", "granted", days_ago=3)
    people.consent("tie", "email", "withdrawn", days_ago=3)
    consent = ConsentIs(purpose="marketing", channel="email")

    assert audience(people, consent) == ["said_yes"]
    assert audience(people, Not(of=consent)) == ["said_no", "tie", "took_back"]


def test_an_unknown_attribute_is_neither_included_nor_included_by_its_opposite(
    people: World,
) -> None:
    people.user("german", country="DE")
    people.user("french", country="FR")
    people.user("unknown")
    german = Attribute(column="country", value="DE")

    assert audience(people, german) == ["german"]
    assert audience(people, Not(of=german)) == ["french"]
    assert audience(people, Attribute(column="country", op=Op.NE, value="DE")) == ["french"]
    assert audience(people, Attribute(column="country", op=Op.IS_NULL)) == ["unknown"]


def test_what_unknown_counts_as_may_be_said_of_a_whole_audience(people: World) -> None:
    people.user("no_subscription")
    people.user("expired")
    subscribe(people, "expired", "expired", NOW - timedelta(days=30))
    published = InAudience(key="on_trial", version=1)

    def found(condition: Condition) -> list[str]:
        trialing = Attribute(column="current_subscription.status", value="trialing")
        sql = compile_audience(condition, CATALOG, as_of=NOW, audiences=lambda *_: trialing)
        return [user for (user,) in people.rows(sql)]

    assert found(Not(of=published)) == ["expired"]
    declared = published.model_copy(update={"when_unknown": WhenUnknown.NO_MATCH})
    assert found(Not(of=declared)) == ["expired", "no_subscription"]


def test_whoever_has_no_subscription_is_known_not_to_be_on_trial(people: World) -> None:
    people.user("no_subscription")

    assert audience(people, Not(of=InAudience(key="trial_users"))) == ["no_subscription"]


# Statements.


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


# Names, types and data.


@pytest.mark.parametrize(
    ("condition", "code", "nearest"),
    [
        (EventCount(event="workout_complete"), Code.UNKNOWN_EVENT, "workout_completed"),
        (EventSequence(first="pricing_view", then="x"), Code.UNKNOWN_EVENT, "pricing_viewed"),
        (
            EventCount(event="app_opened", window=SinceEvent(event="ap_opened")),
            Code.UNKNOWN_EVENT,
            "app_opened",
        ),
        (Trait(name="churn_rsk", op=Op.GT, value=1), Code.UNKNOWN_TRAIT, "churn_risk"),
        (Attribute(column="contry", value="DE"), Code.UNKNOWN_COLUMN, "country"),
        (
            Attribute(column="current_subscription.plon", value="annual"),
            Code.UNKNOWN_COLUMN,
            "plan",
        ),
        (Attribute(column="ticket.status", value="open"), Code.UNKNOWN_TABLE, "subscription"),
        (Related(entity="tickets"), Code.UNKNOWN_TABLE, "ticket"),
        (
            Related(entity="ticket", where=(Filter(column="statos", value="open"),)),
            Code.UNKNOWN_COLUMN,
            "status",
        ),
        (
            Related(entity="ticket", where=(Filter(column="status", value="opened"),)),
            Code.UNKNOWN_VALUE,
            "open",
        ),
        (Attribute(column="device_os", value="iOs"), Code.UNKNOWN_VALUE, "ios"),
        (InAudience(key="trial_user"), Code.UNKNOWN_AUDIENCE, "trial_users"),
        (InAudience(key="trial_users", version=3), Code.UNKNOWN_AUDIENCE, "trial_users"),
        (ConsentIs(purpose="marketing", channel="emial"), Code.UNKNOWN_VALUE, "email"),
        (ConsentIs(purpose="marketting", channel="email"), Code.UNKNOWN_VALUE, "marketing"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_ones(
    condition: Condition, code: Code, nearest: str
) -> None:
    (refusal, *_) = validate(condition, CATALOG)

    assert refusal.code is code
    assert refusal.fix
    assert nearest in refusal.fix
    with pytest.raises(PilothouseError):
        compile_audience(condition, CATALOG, as_of=NOW)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Attribute(column="country", op=Op.GT, value="DE"), Code.INVALID_OPERATOR),
        (Attribute(column="marketing_opt_in", value="yes"), Code.TYPE_MISMATCH),
        (Attribute(column="marketing_opt_in", value=1), Code.TYPE_MISMATCH),
        (Trait(name="momentum_score", op=Op.GT, value="8"), Code.TYPE_MISMATCH),
        (Trait(name="momentum_score", op=Op.GT, value=True), Code.TYPE_MISMATCH),
        (Attribute(column="country", value=AsOf()), Code.TYPE_MISMATCH),
        (Attribute(column="signup_at", op=Op.GT, value="yesterday"), Code.TYPE_MISMATCH),
        (
            Attribute(column="signup_at", op=Op.LT, value="9999-12-31T23:00:00-14:00"),
            Code.TYPE_MISMATCH,
        ),
        (
            EventCount(event="app_opened", window=SinceMoment(column="country")),
            Code.TYPE_MISMATCH,
        ),
        (
            EventCount(event="app_opened", window=Calendar(unit="day", zone="Mars/Olympus")),
            Code.UNKNOWN_VALUE,
        ),
        (HeldFor(trait="activation_state", value="new", seconds=60), Code.UNDECIDABLE),
        (And(of=(TRAINED, NEVER)), Code.CONTRADICTION),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(condition: Condition, code: Code) -> None:
    (refusal, *_) = validate(condition, CATALOG)

    assert refusal.code is code
    assert refusal.fix


def test_an_audience_that_contains_itself_is_refused() -> None:
    loop = Audience(description="Itself.", condition=InAudience(key="loop"))
    catalog = CATALOG.model_copy(update={"audiences": {"loop": loop}})

    (refusal,) = validate(InAudience(key="loop"), catalog)

    assert refusal.code is Code.UNDECIDABLE


def test_a_published_rule_is_an_audience_of_others(people: World) -> None:
    people.user("u1")
    people.did("u1", "workout_completed")

    def known(key: str, version: int | None) -> Condition | None:
        return TRAINED if (key, version) == ("trained", 2) else None

    found = audience(people, InAudience(key="trained", version=2), audiences=known)

    assert found == ["u1"]
    assert validate(InAudience(key="trained", version=3), CATALOG, known)


@pytest.mark.parametrize("text", ["O'Brien", "'; DROP TABLE dim_users; --", "a\\'b", "$1 %s {0}"])
def test_quotes_and_sql_in_values_stay_data(people: World, text: str) -> None:
    people.user("u1", app_version=text)
    people.user("u2", app_version="4.2.0")

    assert audience(people, Attribute(column="app_version", value=text)) == ["u1"]
    assert audience(people, Attribute(column="app_version", op=Op.IN, value=(text, "x"))) == ["u1"]
    with_property = EventCount(event="checkout_failed", where=(Filter(column="error", value=text),))
    assert audience(people, with_property) == []


def test_a_condition_says_what_it_reads() -> None:
    condition = And(
        of=(
            InAudience(key="trial_users"),
            EventCount(event="plan_selected", window=SinceMoment(column="signup_at")),
            Trait(name="ltv", op=Op.GT, value=1),
            OPEN_TICKET,
            ConsentIs(purpose="marketing", channel="email"),
        )
    )

    found = required(condition, CATALOG)

    assert found.traits == ("ltv",)
    assert found.events == ("checkout_started",)
    assert found.columns == (
        "dim_users.signup_at",
        "fct_consent.status",
        "fct_subscriptions.status",
        "fct_subscriptions.trial_end",
        "fct_support.status",
    )


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
