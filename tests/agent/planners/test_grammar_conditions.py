"""What the embedded planner reads of who is meant: counts, windows, negation, groups."""

from __future__ import annotations

import pytest

from core.conditions import (
    And,
    Attribute,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Not,
    Op,
    Or,
    Rolling,
)
from tests.agent.planners.prompts import (
    DAY,
    OPEN,
    PRICING,
    outside,
    rule,
    targeted,
    workouts,
)

# counts, comparisons, windows


@pytest.mark.parametrize(
    ("predicate", "op", "n"),
    [
        ("who completed 3 workouts", Op.GE, 3),
        ("who have completed at least three workouts", Op.GE, 3),
        ("who completed 3+ workouts", Op.GE, 3),
        ("who completed 3 workouts or more", Op.GE, 3),
        ("with more than 3 workouts", Op.GT, 3),
        ("with no more than 3 workouts", Op.LE, 3),
        ("who completed up to 3 workouts", Op.LE, 3),
        ("who completed fewer than 3 workouts", Op.LT, 3),
        ("who completed exactly 3 workouts", Op.EQ, 3),
        ("who have only completed 3 workouts", Op.EQ, 3),
        ("who completed a dozen workouts", Op.GE, 12),
        ("who completed a workout twice", Op.GE, 2),
        ("who completed their second workout", Op.GE, 2),
        ("with no workouts", Op.EQ, 0),
        ("who have never completed a workout", Op.EQ, 0),
        ("who haven't completed 3 workouts", Op.LT, 3),
        ("who haven't completed more than 3 workouts", Op.LE, 3),
    ],
)
def test_a_count_is_read_with_its_comparison(predicate: str, op: Op, n: int):
    assert targeted(predicate) == workouts(op, n)


def test_between_is_both_ends():
    both = And(of=(workouts(Op.GE, 2), workouts(Op.LE, 4)))

    assert targeted("who completed between 2 and 4 workouts") == both


@pytest.mark.parametrize(
    ("words", "days"),
    [("in the last 14 days", 14), ("over the past two weeks", 14), ("in the past week", 7)],
)
def test_a_window_is_read_in_seconds(words: str, days: int):
    window = Rolling(seconds=days * DAY)

    assert targeted(f"who completed 3 workouts {words}") == workouts(Op.GE, 3, window=window)


def test_properties_of_an_event_become_filters():
    wanted = workouts(
        Op.GE,
        2,
        where=(
            Filter(column="workout_type", value="yoga"),
            Filter(column="duration_seconds", op=Op.GT, value=1200),
        ),
    )

    assert targeted("who completed 2 yoga workouts longer than 20 minutes") == wanted


def test_a_period_said_first_holds_for_all_that_follows():
    window = Rolling(seconds=14 * DAY)

    assert targeted("who in the last 14 days viewed pricing and completed 3 workouts") == And(
        of=(PRICING.model_copy(update={"window": window}), workouts(Op.GE, 3, window=window))
    )


def test_the_age_of_the_last_event_is_not_a_count():
    wanted = EventAge(event="workout_completed", op=Op.GT, seconds=10 * DAY)

    assert targeted("whose last workout was more than 10 days ago") == wanted


def test_order_of_two_events_becomes_a_sequence():
    wanted = EventSequence(first="pricing_viewed", then="subscription_started")

    assert targeted("who subscribed after viewing pricing") == wanted


# negation and grouping


def test_neither_nor_excludes_both():
    wanted = Not(of=Or(of=(PRICING, EventCount(event="plan_compared"))))

    assert targeted("who neither viewed pricing nor compared plans") == wanted


def test_a_negation_reaches_over_or():
    none = And(
        of=(
            EventCount(event="subscription_started", op=Op.EQ, n=0),
            EventCount(event="subscription_cancelled", op=Op.EQ, n=0),
        )
    )

    assert targeted("who haven't subscribed or cancelled") == none


def test_but_ends_a_negation():
    wanted = And(of=(workouts(Op.EQ, 0), PRICING))

    assert targeted("who haven't completed a workout but viewed pricing") == wanted


def test_an_exclusion_of_two_groups_excludes_each():
    wanted = And(of=(outside("trial_users"), outside("paying_users")))

    assert rule("Target everyone except trial users and paying users.").condition == wanted


def test_listed_values_are_alternatives():
    wanted = Attribute(column="country", op=Op.IN, value=("DE", "FR", "BR"))

    assert targeted("from Germany, France or Brazil") == wanted


def test_either_or_groups_before_and():
    either = Or(of=(PRICING, EventCount(event="plan_compared")))

    assert targeted("who either viewed pricing or compared plans and completed 3 workouts") == And(
        of=(either, workouts(Op.GE, 3))
    )


def test_an_open_ticket_is_a_ticket_and_opened_a_ticket_is_an_event():
    assert targeted("with open tickets") == OPEN
    assert targeted("who opened a ticket") == EventCount(event="ticket_opened")


def test_subscribed_is_a_state_after_is_and_an_event_after_has():
    assert targeted("who are not subscribed") == outside("paying_users")
    assert targeted("who have not subscribed") == EventCount(
        event="subscription_started", op=Op.EQ, n=0
    )
