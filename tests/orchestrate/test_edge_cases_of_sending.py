"""Edge cases between a decision and its message: facts that come late, clocks, words, people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from control.people import get
from core.conditions import And, Attribute, EventCount, InAudience, Op
from core.errors import Code, PilothouseError
from core.masking import HIDDEN
from core.rules import DAY, EligibilityRule, FrequencyCap, QuietHours, StopCondition
from deliver import outbox
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations import mailbox
from deliver.destinations.mailbox import Mailbox
from deliver.messages import Message
from deliver.outbox import lease
from orchestrate.explain import explain
from orchestrate.replay import replay
from orchestrate.rulebook import pause, resume
from tests.deliver.on_its_way import submitted
from tests.orchestrate.world import LOOKED, NOW, TRAINED, World, single
from warehouse.compile import validate

HOUR = timedelta(hours=1)
PAID = StopCondition(key="paid", name="Paid", when=EventCount(event="subscription_started"))


def _decided(world: World, **more: Any) -> str:
    """One message that was decided; gives its decision's id."""
    world.user("u1")
    world.did("u1", "pricing_viewed")
    world.publish(single(world.catalog, **more))
    world.cycle()
    return str(world.rows("SELECT decision_id FROM intents")[0][0])


def _deliver(world: World, at: datetime = NOW + HOUR) -> DeliveryReport:
    outward = Outward(world.mailbox)
    return deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: at)


# Late facts


def test_a_late_event_leaves_the_decision_stops_the_message_and_does_not_touch_the_replay(
    world: World,
) -> None:
    decision = _decided(world, stop_conditions=(PAID,))
    world.insert(  # it happened before the decision, and arrives after it
        "fct_events",
        event_time=NOW - HOUR,
        received_at=NOW + HOUR / 2,
        user_id="u1",
        event_name="subscription_started",
    )

    report = _deliver(world)

    assert report.by_reason == {"STOPPED": 1}
    assert world.reasons() == {("u1", "upgrade_nudge"): "SELECTED"}
    assert replay(world.warehouse, decision).is_equal


def test_consent_withdrawn_between_decide_and_submit_is_blocked(world: World) -> None:
    _decided(world)
    world.consent("u1", "push", "withdrawn", days_ago=0)

    assert _deliver(world).by_reason == {"NO_CONSENT": 1}


@pytest.mark.parametrize("arrived", [False, True])
def test_consent_withdrawn_between_submit_and_provider_send_stops_what_has_not_arrived(
    world: World, arrived: bool
) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=NOW, limit=1)
    submitted(world.store, intent.intent_id, worker="w", now=NOW)
    letter = Message(intent.intent_id, intent.decision_id, "t", "u1", "push", "u1@x", "Hi", "there")
    if arrived:
        Mailbox(world.store, world.mailbox).send([letter], now=NOW)
    world.consent("u1", "push", "withdrawn", days_ago=0)

    _deliver(world)

    assert outbox.counts(world.store) == ({"delivered": 1} if arrived else {"cancelled": 1})


def test_out_of_order_consent_on_a_tie_is_the_most_restrictive(world: World) -> None:
    world.user("u1", consent=None)
    world.did("u1", "pricing_viewed")
    for status in ("withdrawn", "granted"):
        world.consent("u1", "push", status, days_ago=3)
    world.publish(single(world.catalog))

    world.cycle()

    assert world.reasons()["u1", "upgrade_nudge"] == "NO_CONSENT"


# Words and keys


def test_a_retry_with_a_changed_template_under_the_same_key_is_refused(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=NOW, limit=1)
    box = Mailbox(world.store, world.mailbox)
    letter = Message(intent.intent_id, intent.decision_id, "t", "u1", "push", "u1@x", "Hi", "there")

    (first,) = box.send([letter], now=NOW)
    (same,) = box.send([letter], now=NOW + HOUR)
    (other,) = box.send([letter._replace(body="Buy now")], now=NOW + HOUR)

    assert (first.outcome, same.outcome, other.outcome) == ("accepted", "accepted", "rejected")
    assert other.reason == "another message was sent under this key"
    (mail,) = mailbox.read(world.store)
    assert (mail.body, mail.sent_at) == ("there", NOW)
    assert len(list(world.mailbox.rglob("*.eml"))) == 1


# Rules that change


def test_users_who_qualified_while_the_policy_was_paused_are_counted_before_they_are_decided_on(
    world: World,
) -> None:
    world.publish(single(world.catalog))
    pavel = get(world.store, "pavel@demo")
    pause(world.store, "next_best", person=pavel, now=NOW)
    for user in ("u1", "u2"):
        world.user(user)
        world.did(user, "pricing_viewed")
    assert world.cycle(NOW).selected == 0
    resume(world.store, "next_best", person=pavel, now=NOW + HOUR)

    assert world.cycle(NOW + HOUR, dry_run=True).selected == 2
    assert world.rows("SELECT COUNT(*) FROM intents") == [(0,)]


def test_an_audience_edited_after_approval_does_not_move_a_live_rule_that_is_pinned_to_it(
    world: World,
) -> None:
    world.user("u1")
    world.did("u1", "workout_completed")
    world.publish(EligibilityRule(key="trained", name="Trained", condition=TRAINED))
    pinned = And(of=(InAudience(key="trained", version=1),))
    world.publish(single(world.catalog, eligibility=pinned))
    world.publish(EligibilityRule(key="trained", name="Trained", condition=LOOKED))

    world.cycle()

    assert world.reasons()["u1", "upgrade_nudge"] == "SELECTED"


# Names and types


def test_an_unknown_operator_is_refused_and_never_read_as_false() -> None:
    with pytest.raises(ValueError, match="Input should be"):
        Attribute.model_validate({"column": "country", "op": "regx", "value": "DE"})


def test_an_unknown_audience_id_is_refused_and_never_widens(world: World) -> None:
    (refusal,) = validate(InAudience(key="nobody_knows"), world.catalog)

    assert refusal.code is Code.UNKNOWN_AUDIENCE


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("country", 8),
        ("country", True),
        ("marketing_opt_in", "true"),
        ("marketing_opt_in", 1),
        ("signup_at", 1_000.0),
        ("signup_at", "\N{FULLWIDTH DIGIT TWO}026-01-01"),
    ],
)
def test_type_drift_between_texts_numbers_and_truths_is_refused_not_coerced(
    world: World, column: str, value: Any
) -> None:
    found = validate(Attribute(column=column, value=value), world.catalog)

    assert [one.code for one in found] == [Code.TYPE_MISMATCH]


# Clocks


def test_a_clock_that_jumps_back_gives_nobody_more_than_they_may_have(world: World) -> None:
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=DAY),))
    _decided(world)
    other = world.catalog.actions["win_back"]
    world.publish(EligibilityRule(key="other", name="Other", condition=LOOKED, action=other))

    world.cycle(NOW - 2 * HOUR)

    assert world.reasons("other")["u1", "win_back"] == "CAP_REACHED"


def test_a_clock_that_jumps_forward_expires_what_is_too_late_and_sends_nothing_twice(
    world: World,
) -> None:
    _decided(world)
    _deliver(world, NOW)

    ahead = _deliver(world, NOW + timedelta(days=400))
    back = _deliver(world, NOW + HOUR)

    assert (ahead.delivered, ahead.stopped, back.delivered) == (0, 0, 0)
    assert world.rows("SELECT COUNT(*) FROM fct_messages") == [(1,)]


def test_a_leap_second_is_no_moment_and_is_refused(world: World) -> None:
    leap = Attribute(column="signup_at", op=Op.LT, value="2016-12-31T23:59:60")

    assert [one.code for one in validate(leap, world.catalog)] == [Code.TYPE_MISMATCH]


@pytest.mark.parametrize(
    ("zone", "morning"),
    [
        ("America/Sao_Paulo", "2026-03-03 11:00"),  # no summer time since 2019
        ("Europe/Kiev", "2026-03-03 06:00"),  # renamed
        ("Asia/Kolkata", "2026-03-03 02:30"),  # half an hour
        ("Pacific/Apia", "2026-03-02 19:00"),  # skipped a day in 2011
        ("Pacific/Kiritimati", "2026-03-02 18:00"),  # UTC+14
    ],
)
def test_a_zone_abolished_renamed_half_hour_that_skipped_a_day_or_utc_plus_14_has_its_morning(
    world: World, zone: str, morning: str
) -> None:
    world.contact(quiet_hours=QuietHours(start="04:00", end="08:00"))
    world.user("u1", timezone=zone)
    world.did("u1", "pricing_viewed")
    world.publish(single(world.catalog))
    ready = datetime.fromisoformat(morning)

    world.cycle(ready - HOUR)

    assert world.rows("SELECT not_before FROM intents") == [(ready,)]


@pytest.mark.parametrize(
    "limits",
    [
        lambda: QuietHours(start="21:00", end="08:00", fallback_zone="Mars/Base"),
        lambda: FrequencyCap(key="day", n=1, calendar="day", zone="Mars/Base"),
    ],
)
def test_a_time_zone_that_does_not_exist_is_refused_in_contact_policies_and_caps(
    limits: Any,
) -> None:
    with pytest.raises(ValueError, match="'Mars/Base' is no time zone"):
        limits()


def test_a_time_zone_that_does_not_exist_is_a_user_without_one(world: World) -> None:
    for user, zone in (("u1", "Mars/Base"), ("u2", None)):
        world.user(user, timezone=zone)
        world.did(user, "pricing_viewed")
    world.publish(single(world.catalog))
    night = QuietHours(start="11:00", end="14:00", fallback_zone="UTC")
    world.contact(quiet_hours=night)
    assert world.cycle(dry_run=True).selected == 2

    world.contact(quiet_hours=night.model_copy(update={"fallback_zone": None}))
    assert world.cycle(dry_run=True).by_reason == {"TZ_UNKNOWN": 2}


def test_an_audience_that_references_itself_stops_the_cycle_with_a_reason(world: World) -> None:
    itself = InAudience(key="loop")
    world.publish(EligibilityRule(key="loop", name="Loop", condition=itself))
    world.publish(single(world.catalog, eligibility=itself))

    with pytest.raises(PilothouseError) as refused:
        world.cycle()

    assert refused.value.refusal.code is Code.UNDECIDABLE
    assert "contains itself" in refused.value.refusal.message
    assert world.rows("SELECT COUNT(*) FROM decisions") == [(0,)]


# Personal data


def test_personal_values_are_withheld_from_explanations(world: World) -> None:
    world.user("u1", email="anna@example.com")
    world.publish(single(world.catalog, eligibility=Attribute(column="email", op=Op.IS_NULL)))

    told = explain(world.store, world.warehouse, world.catalog, "u1")

    (line,) = told["decisions"][0]["candidates"]
    assert line["reason_code"] == "INELIGIBLE"
    assert line["value_read"] == HIDDEN
    assert "anna" not in str(told)
