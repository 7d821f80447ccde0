"""Where a step leads: hand-offs, branches, splits, and messages that are held back."""

from __future__ import annotations

from typing import Literal

import pytest

from core.assignment import bucket
from core.conditions import EVERYONE
from core.journey_steps import Branch, Exit, Handoff, Split, SplitArm, Wait, Way
from core.journeys import AudienceEntry, Journey
from core.rules import FrequencyCap
from orchestrate.cycle import run_cycle
from tests.orchestrate.journeys.stage import LONDON, Stage, journey, push_then_email, says

OUTCOMES = ("delivered", "opened", "failed", "unreachable")
DAILY = FrequencyCap(key="daily", n=1, window_seconds=86_400, message_class="service")
EVERYBODY = AudienceEntry(condition=EVERYONE)


def _each_outcome(*listed: str, **action: object) -> Journey:
    """A message that leads to an exit of the outcome's name for each that is listed."""
    on = {outcome: outcome for outcome in (*listed, "timeout")}
    exits = (Exit(key=outcome, reason=outcome) for outcome in on)
    push = says("push", "fate", **({"channels": ("push",)} | action))
    ways = Handoff(key="fate", outcomes=on, timeout_seconds=3_600)
    given = {"key": "trip", "name": "Trip", "entry": EVERYBODY}
    return Journey(**given, steps=(push, ways, *exits))


def _sent(stage: Stage, *listed: str, **action: object) -> None:
    stage.world.user("u1")
    stage.publish(_each_outcome(*listed, **action))
    stage.later(minutes=1)


# Hand-off


def test_delivery_hands_off_at_once(stage: Stage) -> None:
    _sent(stage, "delivered", "opened")

    assert stage.where("u1") == "DELIVERED"


def test_an_open_hands_off(stage: Stage) -> None:
    _sent(stage, "opened")
    stage.wait(minutes=10)
    stage.opened("u1", "push_action")

    stage.later(minutes=1)

    assert stage.where("u1") == "OPENED"


def test_a_message_that_comes_back_hands_off(stage: Stage) -> None:
    _sent(stage, "opened", "failed")
    stage.failed("u1", "push_action")

    stage.later(minutes=1)

    assert stage.where("u1") == "FAILED"


def test_nothing_in_time_hands_off(stage: Stage) -> None:
    _sent(stage, *OUTCOMES[1:])

    stage.later(hours=2)

    assert stage.where("u1") == "TIMEOUT"


@pytest.mark.parametrize("consent", ["denied", None])
def test_a_user_who_may_not_be_reached_is_handed_off(stage: Stage, consent: str | None) -> None:
    stage.world.user("u1", consent=consent)
    stage.publish(_each_outcome("unreachable", message_class="marketing"))

    stage.later(minutes=1)

    assert stage.where("u1") == "UNREACHABLE"
    assert stage.sent() == []


def test_without_consent_to_push_the_email_goes_out_instead(stage: Stage) -> None:
    stage.world.user("u1", consent=None)
    stage.world.consent("u1", "email", "granted")
    marketing = {"message_class": "marketing"}
    on = {"opened": "done", "timeout": "email", "unreachable": "email"}
    stage.publish(
        journey(
            says("push", "opened", "push", **marketing),
            Handoff(key="opened", outcomes=on, timeout_seconds=86_400),
            says("email", "done", "email", **marketing),
        )
    )
    stage.did("u1", "pricing_viewed")

    stage.later(minutes=1)
    stage.later(minutes=1)

    assert stage.sent() == ["email_action"]


def test_a_user_without_an_address_is_unreachable(stage: Stage) -> None:
    stage.world.user("u1", email=None)
    stage.publish(_each_outcome("unreachable", channels=("email",)))

    stage.later(minutes=1)

    assert stage.where("u1") == "UNREACHABLE"


# Held back


@pytest.mark.parametrize(
    ("then", "ends", "sent"),
    [("drop", "HELD", []), ("next", "COMPLETED", []), ("retry", "COMPLETED", ["push_action"])],
)
def test_a_capped_message_is_dropped_passed_over_or_asked_for_again(
    stage: Stage, then: Literal["drop", "next", "retry"], ends: str, sent: list[str]
) -> None:
    stage.world.contact(caps=(DAILY,))
    stage.world.user("u1")
    stage.world.message("u1", "support_follow_up", days_ago=0.5)
    stage.publish(journey(says("push", "done", if_held_back=then), entry=EVERYBODY))
    stage.later(minutes=1)
    stage.wait(minutes=1)
    stage.tick()

    stage.later(hours=13)

    assert stage.sent("u1")[1:] == sent
    assert stage.where("u1") == ends


def test_a_message_that_is_held_back_until_it_expires_ends_the_run(stage: Stage) -> None:
    stage.world.contact(caps=(DAILY.model_copy(update={"n": 0}),))
    stage.world.user("u1")
    stage.publish(journey(says("push", "done", expires_after_seconds=7_200), entry=EVERYBODY))
    stage.later(minutes=1)

    for _ in range(3):
        stage.later(hours=1)

    assert stage.where("u1") == "EXPIRED"


def test_the_lower_tier_goes_first_when_two_journeys_ask_under_one_cap(stage: Stage) -> None:
    stage.world.contact(caps=(DAILY,))
    stage.world.user("u1")
    for key, tier in (("a_second", 2), ("b_first", 1)):
        what = journey(says(key, "done"), key=key, tier=tier, entry=EVERYBODY)
        stage.publish(what)

    stage.later(minutes=1)

    assert stage.sent() == ["b_first_action"]


# Branch and split


def test_a_branch_takes_the_first_way_that_is_open(stage: Stage) -> None:
    stage.world.user("u1")
    stage.world.user("u2", timezone="Europe/Berlin")
    ways = (Way(when=LONDON, next="here"), Way(when=EVERYONE, next="done"))
    stage.publish(
        journey(
            Branch(key="where", ways=ways, otherwise="done"),
            Exit(key="here", reason="here"),
            entry=EVERYBODY,
        )
    )

    stage.later(minutes=1)

    assert (stage.where("u1"), stage.where("u2")) == ("HERE", "COMPLETED")


def test_a_split_divides_users_by_their_bucket(stage: Stage) -> None:
    users = [stage.world.user(f"u{number}", consent=None) for number in range(12)]
    arms = (SplitArm(share=0.5, next="half"), SplitArm(share=0.5, next="done"))
    stage.publish(
        journey(
            Split(key="coin", salt="toss", arms=arms),
            Exit(key="half", reason="half"),
            entry=EVERYBODY,
        )
    )

    stage.later(minutes=1)

    expected = {user: bucket("toss", user) < "80000000" for user in users}
    assert {user: stage.where(user) == "HALF" for user in users} == expected


def test_many_steps_are_taken_in_one_look(stage: Stage) -> None:
    waits = [
        Wait(key=f"w{number}", seconds=60, next=f"w{number + 1}" if number < 20 else "done")
        for number in range(1, 21)
    ]
    stage.world.user("u1")
    stage.publish(journey(*waits, entry=EVERYBODY))
    stage.tick()
    entered = stage.now

    stage.wait(hours=1)
    stage.tick()

    assert (stage.run("u1")["exited_at"] - entered).total_seconds() == 20 * 60


def test_the_full_cycle_decides_on_due_messages_beside_the_policies(stage: Stage) -> None:
    world = stage.world
    world.user("u1")
    stage.publish(push_then_email())
    stage.did("u1", "pricing_viewed")
    stage.wait(minutes=1)
    stage.tick()

    report = run_cycle(world.store, world.warehouse, world.catalog, as_of=stage.now)

    assert report.by_policy["trip@1"]["selected"] == 1
