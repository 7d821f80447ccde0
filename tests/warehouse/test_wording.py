"""Conditions read as people would say them: on cards, in waterfalls and in diffs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from core.conditions import (
    EVERYONE,
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
)
from tests.core.strategies import LEAVES, trees
from warehouse.catalog import load_catalog
from warehouse.wording import describe, duration

CATALOG = load_catalog()
DAY = 86_400


def trained(**more: Any) -> EventCount:
    return EventCount(event="workout_completed", **more)


SENTENCES: list[tuple[Condition, str]] = [
    (EVERYONE, "everyone"),
    (trained(), "workout completed at least once"),
    (trained(n=3), "workout completed at least 3 times"),
    (trained(op=Op.EQ, n=1), "workout completed exactly once"),
    (trained(op=Op.EQ, n=0), "no workout completed"),
    (trained(op=Op.LT, n=1), "no workout completed"),
    (trained(op=Op.LE, n=2), "workout completed at most 2 times"),
    (
        trained(window=Rolling(seconds=14 * DAY)),
        "workout completed at least once in the last 14 days",
    ),
    (
        trained(op=Op.EQ, n=0, window=Rolling(seconds=36 * 3600)),
        "no workout completed in the last 36 hours",
    ),
    (
        trained(window=Calendar(unit="week", zone="Europe/Berlin")),
        "workout completed at least once this week (Europe/Berlin)",
    ),
    (
        trained(window=Calendar(unit="month", periods_back=1)),
        "workout completed at least once last month (UTC)",
    ),
    (
        trained(window=SinceMoment(column="current_subscription.trial_start")),
        "workout completed at least once since trial start",
    ),
    (
        trained(window=SinceEvent(event="pricing_viewed")),
        "workout completed at least once since the last pricing viewed",
    ),
    (
        trained(window=Absolute(start=datetime(2026, 1, 2), end=datetime(2026, 2, 3, 4))),
        "workout completed at least once from 2026-01-02 00:00 before 2026-02-03 04:00",
    ),
    (
        trained(where=(Filter(column="workout_type", value="yoga"),)),
        "workout completed with workout type is yoga at least once",
    ),
    (EventAge(event="app_opened", op=Op.GT, seconds=DAY), "last app opened more than 1 day ago"),
    (
        EventSequence(first="pricing_viewed", then="checkout_started", within_seconds=3600),
        "pricing viewed followed by checkout started within 1 hour",
    ),
    (
        Related(entity="ticket", where=(Filter(column="status", value="open"),)),
        "has an open ticket",
    ),
    (
        Related(entity="ticket", where=(Filter(column="status", value="open"),), op=Op.EQ, n=0),
        "no open ticket",
    ),
    (Trait(name="churn_risk", op=Op.GT, value=0.5), "churn risk above 0.5"),
    (Attribute(column="country", op=Op.IN, value=("DE", "FR")), "country is one of DE, FR"),
    (Attribute(column="marketing_opt_in", value=True), "marketing opt in"),
    (Attribute(column="marketing_opt_in", op=Op.NE, value=True), "not marketing opt in"),
    (Attribute(column="country", op=Op.IS_NULL), "country is missing"),
    (
        Attribute(column="current_subscription.trial_end", op=Op.GT, value=AsOf()),
        "trial end after now",
    ),
    (
        Attribute(
            column="current_subscription.trial_end",
            op=Op.LE,
            value=AsOf(as_of_offset_seconds=3 * DAY),
        ),
        "trial end at or before 3 days from now",
    ),
    (
        HeldFor(trait="activation_state", value="at_risk", seconds=DAY),
        "activation state at_risk for at least 1 day",
    ),
    (InAudience(key="trial_users"), "in the audience trial users"),
    (InAudience(key="vips", version=2), "in the audience vips version 2"),
    (
        ConsentIs(purpose="marketing", channel="email"),
        "marketing consent for email is granted",
    ),
    (Bucket(salt="s"), "in a fixed share of users (salt s)"),
    (Not(of=InAudience(key="trial_users")), "not (in the audience trial users)"),
    (
        And(of=(trained(), Or(of=(trained(n=3), InAudience(key="vips"))))),
        "workout completed at least once and "
        "(workout completed at least 3 times or in the audience vips)",
    ),
]


@pytest.mark.parametrize(("condition", "words"), SENTENCES)
def test_a_condition_reads_as_a_person_would_say_it(condition: Condition, words: str) -> None:
    assert describe(condition, CATALOG) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (90, "90 seconds"), (120, "2 minutes"), (DAY, "1 day"), (7 * DAY, "7 days")],
)
def test_a_length_of_time_is_said_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@settings(max_examples=50)
@given(trees(LEAVES))
def test_every_condition_has_words(condition: Condition) -> None:
    assert describe(condition, CATALOG).strip()
