"""What a condition means, case by case: windows, users, entities, consent, and what is unknown."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.conditions import (
    Absolute,
    And,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    InAudience,
    Not,
    Op,
    SinceEvent,
    SinceMoment,
    WhenUnknown,
)
from tests.orchestrate.world import NOW, World
from tests.warehouse.compiled import CATALOG, NEVER, OPEN_TICKET, TRAINED, WEEK, audience, subscribe
from warehouse.compile import (
    compile_audience,
    required,
)

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
