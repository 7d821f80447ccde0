"""Random conditions over a catalog, each of which can be decided: for tests of their meaning."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

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
from warehouse.catalog import Catalog, Column, load_catalog


def _catalog() -> Catalog:
    """The built-in catalog, with properties of every type."""
    catalog = load_catalog()
    more = {
        "live": Column(description="Whether it was live.", type="boolean"),
        "valid_until": Column(description="Until when it counts.", type="timestamp"),
    }
    event = catalog.events["workout_completed"]
    event = event.model_copy(update={"properties": event.properties | more})
    return catalog.model_copy(update={"events": catalog.events | {"workout_completed": event}})


CATALOG = _catalog()
BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86_400
INSTANTS = ["2026-03-23 12:00:00", "2026-03-30T14:00:00+02:00", "2026-03-30"]
UNKNOWN = st.none() | st.sampled_from(WhenUnknown)
ORDER = st.sampled_from([Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE])
EVENT = st.sampled_from(
    ["app_opened", "workout_completed", "pricing_viewed", "checkout_started", "plan_selected"]
)
SPANS = st.sampled_from([1, DAY, 7 * DAY, 30 * DAY, 400 * DAY])
OFFSETS = st.sampled_from([0, 1, -DAY, -7 * DAY, 14 * DAY])


def words(*values: str) -> st.SearchStrategy[dict[str, Any]]:
    """Operators that apply to a closed set of words."""
    one = st.sampled_from(values)
    return st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from([Op.EQ, Op.NE]), "value": one}),
        st.fixed_dictionaries(
            {
                "op": st.sampled_from([Op.IN, Op.NOT_IN]),
                "value": st.lists(one, min_size=1, max_size=2, unique=True).map(tuple),
            }
        ),
        st.sampled_from([{"op": Op.IS_NULL}, {"op": Op.IS_NOT_NULL}]),
    )


def numbers(*values: float) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": ORDER, "value": st.sampled_from(values)})


FLAGS = st.fixed_dictionaries({"op": st.sampled_from([Op.EQ, Op.NE]), "value": st.booleans()})
MOMENTS = st.one_of(
    st.fixed_dictionaries({"op": ORDER, "value": st.builds(AsOf, as_of_offset_seconds=OFFSETS)}),
    st.fixed_dictionaries({"op": ORDER, "value": st.sampled_from(INSTANTS)}),
    st.sampled_from([{"op": Op.IS_NULL}, {"op": Op.IS_NOT_NULL}]),
)
SUBSCRIPTION = {
    "status": words("trialing", "active", "canceled", "expired"),
    "plan": words("monthly", "annual"),
    "price": numbers(0.1, 9.99, 12),
    "is_upgrade": FLAGS,
    "trial_start": MOMENTS,
    "trial_end": MOMENTS,
}
USER = {
    "device_os": words("ios", "android", "web"),
    "country": words("DE", "US", "GB"),
    "marketing_opt_in": FLAGS,
    "signup_at": MOMENTS,
}
ENTITIES = {
    "subscription": SUBSCRIPTION,
    "ticket": {
        "status": words("open", "closed"),
        "ticket_reason": words("bug", "billing"),
        "csat_score": numbers(1, 2.5, 5),
        "created_at": MOMENTS,
    },
    "message": {"channel": words("email", "push"), "sent_at": MOMENTS, "opened_at": MOMENTS},
}
PROPERTIES = {
    "workout_type": words("yoga", "strength"),
    "duration_seconds": numbers(45.5, 90, 1800),
    "live": FLAGS,
    "valid_until": MOMENTS,
}


@st.composite
def comparing(draw: st.DrawFn, columns: dict[str, Any]) -> dict[str, Any]:
    """A column with a comparison that applies to it."""
    column = draw(st.sampled_from(sorted(columns)))
    return {"column": column, **draw(columns[column])}


@st.composite
def attributes(draw: st.DrawFn) -> Attribute:
    latest = {f"current_subscription.{name}": made for name, made in SUBSCRIPTION.items()}
    return Attribute(**draw(comparing(USER | latest)), when_unknown=draw(UNKNOWN))


def filters(columns: dict[str, Any]) -> st.SearchStrategy[tuple[Filter, ...]]:
    return st.lists(comparing(columns).map(lambda one: Filter(**one)), max_size=2).map(tuple)


@st.composite
def traits(draw: st.DrawFn) -> Trait:
    name, compared = draw(
        st.sampled_from(
            [
                ("activation_state", words("new", "committed", "at_risk")),
                ("momentum_score", numbers(0, 0.1, 50)),
            ]
        )
    )
    return Trait(name=name, **draw(compared), when_unknown=draw(UNKNOWN))


@st.composite
def windows(draw: st.DrawFn) -> Any:
    zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return Rolling(seconds=draw(SPANS))
    if kind == 1:
        unit = draw(st.sampled_from(["day", "week", "month"]))
        return Calendar(unit=unit, zone=draw(zones), periods_back=draw(st.integers(0, 2)))
    if kind == 2:
        ends = [None, datetime(2026, 3, 29, 12), datetime(2026, 3, 29, 22)]
        starts = [datetime(2026, 3, 23, 12), datetime(2026, 3, 23, 12, tzinfo=BERLIN)]
        return Absolute(start=draw(st.sampled_from(starts)), end=draw(st.sampled_from(ends)))
    if kind == 3:
        return SinceEvent(event=draw(EVENT), which=draw(st.sampled_from(["first", "last"])))
    if kind == 4:
        columns = [
            "current_subscription.trial_start",
            "current_subscription.trial_end",
            "signup_at",
        ]
        return SinceMoment(column=draw(st.sampled_from(columns)))
    return None


@st.composite
def counts(draw: st.DrawFn) -> EventCount:
    event = draw(EVENT)
    where = draw(filters(PROPERTIES)) if event == "workout_completed" else ()
    n, op = draw(st.sampled_from([0, 1, 2, 3, 300])), draw(ORDER)
    return EventCount(event=event, where=where, window=draw(windows()), op=op, n=n)


@st.composite
def related(draw: st.DrawFn) -> Related:
    entity = draw(st.sampled_from(sorted(ENTITIES)))
    where = draw(filters(ENTITIES[entity]))
    return Related(entity=entity, where=where, op=draw(ORDER), n=draw(st.integers(0, 2)))


WHICH = st.sampled_from(["first", "last"])


@st.composite
def ages(draw: st.DrawFn) -> EventAge:
    event = draw(EVENT)
    where = draw(filters(PROPERTIES)) if event == "workout_completed" else ()
    which, op, seconds = draw(WHICH), draw(ORDER), draw(SPANS)
    unknown = draw(UNKNOWN)
    return EventAge(
        event=event, where=where, which=which, op=op, seconds=seconds, when_unknown=unknown
    )


ENDS = st.sampled_from([None, "40000000", "c0000000"])
EVENT_LEAVES: st.SearchStrategy[Condition] = st.one_of(
    counts(),
    counts(),
    ages(),
    st.builds(EventSequence, first=EVENT, then=EVENT, within_seconds=st.none() | SPANS),
)
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    attributes(),
    traits(),
    counts(),
    related(),
    ages(),
    st.builds(EventSequence, first=EVENT, then=EVENT, within_seconds=st.none() | SPANS),
    st.builds(InAudience, key=st.sampled_from(["trial_users", "paying_users", "upgrade_ready"])),
    st.builds(
        ConsentIs,
        purpose=st.just("marketing"),
        channel=st.sampled_from(["email", "push"]),
        status=st.sampled_from(["granted", "denied", "withdrawn"]),
        when_unknown=UNKNOWN,
    ),
    st.builds(Bucket, salt=st.sampled_from(["s", "it's"]), high=ENDS),
)


def grown(leaves: list[Condition], dice: random.Random, depth: int = 0) -> Condition:
    """A random tree over some leaves, up to four levels deep."""
    if depth == 4 or dice.random() < 0.3 * depth:
        return dice.choice(leaves)
    kind = dice.randrange(3)
    if kind == 2:
        return Not(of=grown(leaves, dice, depth + 1))
    parts = tuple(grown(leaves, dice, depth + 1) for _ in range(dice.randrange(1, 4)))
    return And(of=parts) if kind else Or(of=parts)
