"""Attribution: whose a path is, what the holdout says, and how far the two are apart."""

from __future__ import annotations

import pytest

from core.errors import Code, PilothouseError
from measure.outcomes.attribution import attribute
from measure.outcomes.paths import MOST
from measure.outcomes.result import MODELS, Attribution
from tests.measure.outcomes.business import Business

GOAL = "subscription_started"


def _credits(found: Attribution, model: str) -> dict[str, float]:
    return {one.touchpoint: one.attributed[model] for one in found.credits}  # type: ignore[index]


def test_a_path_is_what_came_before_the_first_goal_in_time(business: Business) -> None:
    business.messages("a", 20, policy="early")  # more than a week before the goal
    business.messages("a", 12, policy="first")
    business.messages("a", 11, policy="last", channel="email")
    business.does("a", GOAL, 10)
    business.messages("a", 9, policy="after")
    business.messages("lost", 12, policy="first")

    found = attribute(business.asked(), GOAL)

    assert (found.users, found.converted) == (2, 1)
    assert _credits(found, "last")["last by email"] == 1
    assert _credits(found, "first")["first by push"] == 1
    assert _credits(found, "linear")["first by push"] == pytest.approx(0.5)
    assert _credits(found, "last")["early by push"] == 0
    assert _credits(found, "last")["after by push"] == 0


def test_every_model_shares_out_exactly_the_conversions_there_were(business: Business) -> None:
    for number in range(12):
        business.messages(f"u{number}", 14, policy=("x", "y", "z")[number % 3])
        business.messages(f"u{number}", 13, policy=("y", "z")[number % 2])
        if number % 3:
            business.does(f"u{number}", GOAL, 12)

    found = attribute(business.asked(), GOAL)

    for model in MODELS:
        assert sum(_credits(found, model).values()) == pytest.approx(8), model


def test_the_same_message_twice_in_a_row_counts_once(business: Business) -> None:
    for days in (15, 14, 13):
        business.messages("a", days, policy="x")
    business.messages("a", 12.5, policy="y")
    business.does("a", GOAL, 12)

    assert _credits(attribute(business.asked(), GOAL), "linear") == {
        "x by push": 0.5,
        "y by push": 0.5,
    }


def test_people_who_got_there_without_a_message_are_told_apart(business: Business) -> None:
    business.messages("a", 12)
    business.does("a", GOAL, 11)
    business.does("b", GOAL, 11)

    found = attribute(business.asked(), GOAL)

    assert (found.converted, found.untouched) == (1, 1)


def test_messages_whose_horizon_is_not_over_wait(business: Business) -> None:
    business.messages("a", 3)
    business.does("a", GOAL, 2)

    found = attribute(business.asked(), GOAL)

    assert found.users == 0
    assert str(found.statement).startswith("No message was delivered between 2026-05-25 and")


def test_messages_that_nobody_acted_on_share_out_nothing(business: Business) -> None:
    business.messages("a", 12)

    found = attribute(business.asked(), GOAL)

    assert found.statement == (
        f"Nobody reached {GOAL} within 7 days of a message: there is nothing to share out."
    )


def test_a_goal_that_the_catalog_lacks_is_refused(business: Business) -> None:
    with pytest.raises(PilothouseError, match="no event 'subscription_begun'") as refused:
        attribute(business.asked(), "subscription_begun")

    assert refused.value.refusal.code is Code.UNKNOWN_EVENT
    assert "subscription_started" in str(refused.value.refusal.fix)


def test_messages_of_no_policy_have_no_holdout_to_ask(business: Business) -> None:
    business.messages("a", 12, policy=None)
    business.does("a", GOAL, 11)

    (credit,) = attribute(business.asked(), GOAL).credits

    assert credit.touchpoint == "spring by push"
    assert credit.incremental is None
    assert credit.statement == "No policy decided these messages, so nobody was held out."


def test_too_many_touchpoints_are_put_together(business: Business) -> None:
    for number in range(MOST + 3):
        business.messages("a", 20 - number / 4, policy=f"p{number:02}")
    business.does("a", GOAL, 12)

    found = attribute(business.asked(), GOAL)

    assert len(found.credits) == MOST
    assert "15 touchpoints are too many to tell apart" in found.notes[0]
    assert sum(_credits(found, "shapley").values()) == pytest.approx(1)


# Two policies, each with a fifth held out. 'nudge' gets one in ten more to pay. 'reminder' goes
# to people who pay anyway and changes nothing, but comes last before they do.
_KNOWN_LIFT = """
CREATE OR REPLACE TABLE people_of AS
SELECT i, 'u' || i AS user_id, policy, channel, base, lift, days,
    hash(i, policy, 'arm') % 100 < 20 AS held_out, (hash(i, 'luck') % 10000) / 10000.0 AS luck
FROM range(8000) AS t(i), (VALUES
    ('nudge', 'push', 0.10, 0.10, 15), ('reminder', 'email', 0.40, 0.0, 14)
) AS p(policy, channel, base, lift, days)
WHERE (policy = 'nudge' AND i < 4000) OR (policy = 'reminder' AND i >= 4000);
INSERT INTO decisions
SELECT user_id || policy, 'c', user_id, TIMESTAMP '2026-06-29' - to_days(days), policy, 1,
    'upgrade_nudge', channel, CASE WHEN held_out THEN 'held_out' ELSE 'selected' END,
    CASE WHEN held_out THEN 'HELD_OUT_POLICY' ELSE 'SELECTED' END, held_out FROM people_of;
INSERT INTO fct_messages
    (message_id, user_id, channel, action_key, policy_key, sent_at, delivered_at)
SELECT user_id || policy, user_id, channel, 'upgrade_nudge', policy,
    TIMESTAMP '2026-06-29' - to_days(days), TIMESTAMP '2026-06-29' - to_days(days)
FROM people_of WHERE NOT held_out;
INSERT INTO fct_events (user_id, event_name, event_time, received_at)
SELECT user_id, 'subscription_started', at_, at_ FROM (
    SELECT user_id, TIMESTAMP '2026-06-29' - to_days(12) AS at_ FROM people_of
    WHERE luck < base + CASE WHEN held_out THEN 0 ELSE lift END
);
"""


@pytest.fixture
def known_lift(business: Business) -> Attribution:
    """A world in which what each policy changes is known."""
    business.warehouse.execute(_KNOWN_LIFT)
    return attribute(business.asked(), GOAL)


def test_the_holdout_finds_the_lift_that_was_planted(known_lift: Attribution) -> None:
    nudge, reminder = known_lift.credits

    assert (nudge.touchpoint, reminder.touchpoint) == ("nudge by push", "reminder by email")
    for credit, truth in ((nudge, 0.10 * nudge.users), (reminder, 0.0)):
        assert credit.interval is not None
        assert credit.interval.low is not None
        assert credit.interval.high is not None
        assert credit.interval.low < truth < credit.interval.high
        assert credit.incremental == pytest.approx(truth, abs=0.04 * credit.users)


def test_the_gap_shows_what_attribution_gives_to_messages_that_change_nothing(
    known_lift: Attribution,
) -> None:
    nudge, reminder = known_lift.credits

    for model in MODELS:
        given = nudge.attributed[model] + reminder.attributed[model]
        assert reminder.attributed[model] / given > 0.6, model
        assert reminder.gap[model] > 0.3 * reminder.users, model
        assert known_lift.misplaced[model] > 0.5, model
    assert reminder.incremental is not None
    assert nudge.incremental is not None
    assert nudge.incremental > 5 * abs(reminder.incremental)


def test_a_holdout_that_is_no_comparison_gives_no_change_here_either(business: Business) -> None:
    business.warehouse.execute(_KNOWN_LIFT)

    found = attribute(business.asked(), GOAL, withheld={"reminder": "The arms do not match."})

    reminder = found.credits[1]
    assert reminder.incremental is None
    assert reminder.gap == {}
    assert reminder.statement == "The arms do not match."
    assert found.misplaced == {}
