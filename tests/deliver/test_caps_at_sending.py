"""A message leaves only while the caps and the gap of that moment have room for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from control.tables import outbox as outbox_table
from core.rules import DAY, Action, EligibilityRule, FrequencyCap, QuietHours
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations import mailbox
from deliver.kept_back import kept_back
from deliver.outbox import lease
from deliver.standing import standings
from deliver.uncertain import leave_open
from orchestrate.explain import explain
from tests.deliver.on_its_way import submitted
from tests.orchestrate.world import LOOKED, NOW, World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TWO = FrequencyCap(key="two", n=2, window_seconds=DAY)
ONE = FrequencyCap(key="one", n=1, window_seconds=DAY)
NONE = FrequencyCap(key="none", n=0, window_seconds=DAY)


def _rule(key: str, **more: Any) -> EligibilityRule:
    action = Action(key=key, name=key, **({"channels": ("push",)} | more))
    return EligibilityRule(key=key, name=key, condition=LOOKED, action=action)


def _decided(world: World, *rules: EligibilityRule, at: datetime = NOW) -> None:
    """A message of each rule for one user of London, whatever their limits are then."""
    if not world.rows("SELECT 1 FROM dim_users"):
        world.user("u1")
        world.did("u1", "pricing_viewed")
    for rule in rules:
        world.publish(rule)
    world.cycle(at)


def _two(world: World) -> None:
    """Two messages that are due at noon, under a cap of two."""
    world.contact(caps=(TWO,))
    _decided(world, _rule("first"), _rule("second"))


def _deliver(world: World, at: datetime = NOW) -> DeliveryReport:
    outward = Outward(world.mailbox)
    return deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: at)


def _rows(world: World) -> dict[str, dict[str, Any]]:
    with world.store.read() as connection:
        rows = connection.execute(outbox_table.select())
        return {row.action_key: dict(row._mapping) for row in rows}


def _states(world: World) -> dict[str, tuple[str, str | None]]:
    return {key: (row["state"], row["reason"]) for key, row in _rows(world).items()}


def _sent(world: World) -> list[tuple[str, datetime]]:
    return world.rows("SELECT action_key, sent_at FROM fct_messages ORDER BY sent_at")


# Limits that were lowered


def test_nothing_leaves_above_a_cap_of_nothing(world: World) -> None:
    _two(world)
    world.contact(caps=(NONE,))

    report = _deliver(world)

    assert (report.delivered, report.by_reason) == (0, {"CAP_REACHED": 2})
    assert set(_states(world).values()) == {("cancelled", "CAP_REACHED")}


def test_of_two_the_one_with_priority_leaves_and_the_other_is_dropped(world: World) -> None:
    _two(world)
    world.contact(caps=(ONE,))

    first, second = _deliver(world), _deliver(world, NOW + MINUTE)

    assert (first.delivered, first.put_off, second.by_reason) == (1, 1, {"CAP_REACHED": 1})
    assert [key for key, _ in _sent(world)] == ["first"]
    assert _states(world)["second"] == ("cancelled", "CAP_REACHED")


def test_a_cap_that_defers_lets_the_other_out_once_there_is_room(world: World) -> None:
    _two(world)
    world.contact(caps=(ONE.model_copy(update={"on_exceed": "defer"}),))

    _deliver(world)
    waits = _deliver(world, NOW + MINUTE)

    row = _rows(world)["second"]
    assert (waits.put_off, row["state"], row["reason"]) == (1, "pending", "CAP_REACHED")
    assert row["not_before"] == NOW + timedelta(days=1)
    (standing,) = standings(world.store, {"push": "mailbox"}, now=NOW + MINUTE)
    assert (standing.waiting, standing.without_room) == (1, {"CAP_REACHED": 1})
    (kept,) = kept_back(world.store, "CAP_REACHED")
    assert (kept.action_key, kept.state, kept.not_before) == (
        "second",
        "pending",
        row["not_before"],
    )
    (_, told) = explain(world.store, world.warehouse, world.catalog, "u1")["messages"]
    assert (told["action"], told["reason_code"]) == ("second", "CAP_REACHED")
    assert _deliver(world, NOW + timedelta(days=1) - MINUTE).delivered == 0
    assert _deliver(world, NOW + timedelta(days=1)).delivered == 1
    assert _states(world)["second"] == ("delivered", None)


def test_what_would_expire_before_there_is_room_is_dropped(world: World) -> None:
    world.contact(caps=(TWO,))
    _decided(world, _rule("first"), _rule("second", expires_after_seconds=DAY))
    world.contact(caps=(ONE.model_copy(update={"on_exceed": "defer"}),))

    _deliver(world)

    assert _deliver(world, NOW + MINUTE).by_reason == {"CAP_REACHED": 1}


def test_a_cap_that_gives_way_to_the_next_channel_has_none_left_at_sending(world: World) -> None:
    _decided(world, _rule("first", channels=("push", "email")))
    cap = NONE.model_copy(update={"channel": "push", "on_exceed": "next_channel"})
    world.contact(caps=(cap,))

    assert _deliver(world).by_reason == {"CAP_REACHED": 1}


def test_a_gap_that_became_longer_stops_what_was_not_granted_under_it(world: World) -> None:
    _decided(world, _rule("first"), _rule("second"))
    world.contact(min_gap_seconds=3600)

    _deliver(world)

    assert _deliver(world, NOW + MINUTE).by_reason == {"MIN_GAP": 1}
    assert [key for key, _ in _sent(world)] == ["first"]


# What counts


@pytest.mark.parametrize(
    ("limit", "leaves"),
    [
        ({"channel": "push"}, 1),
        ({"channel": "email"}, 2),
        ({"group": "offers"}, 2),
        ({"message_class": "service"}, 2),
        ({"message_class": None}, 1),
    ],
)
def test_a_cap_counts_and_limits_its_own_kind_alone(
    world: World, limit: dict[str, Any], leaves: int
) -> None:
    _decided(world, _rule("first", exclusion_group="news"), _rule("second"))
    world.contact(caps=(ONE.model_copy(update=limit),))

    _deliver(world)
    _deliver(world, NOW + MINUTE)

    assert len(_sent(world)) == leaves


def test_a_transactional_message_leaves_whatever_is_full_and_counts(world: World) -> None:
    _decided(world, _rule("a_note", message_class="transactional"), _rule("second"))
    world.contact(caps=(ONE.model_copy(update={"message_class": None}),))

    _deliver(world)
    _deliver(world, NOW + MINUTE)

    assert _states(world)["a_note"] == ("delivered", None)
    assert _states(world)["second"] == ("pending", "CAP_REACHED")


def test_what_is_exempt_and_leaves_at_the_same_time_takes_no_granted_place(world: World) -> None:
    world.contact(caps=(ONE.model_copy(update={"message_class": None}),), min_gap_seconds=3600)
    _decided(world, _rule("first"), _rule("note", message_class="transactional"))

    assert _deliver(world).delivered == 2


def test_what_was_sent_before_the_window_or_did_not_arrive_does_not_count(world: World) -> None:
    _decided(world, _rule("first"))
    world.message("u1", days_ago=1)
    world.insert(
        "fct_messages", message_id="b", user_id="u1", channel="push", sent_at=NOW - HOUR,
        failed_reason="bounced",
    )  # fmt: skip
    world.contact(caps=(ONE,))

    assert _deliver(world).delivered == 1


def test_a_calendar_day_is_the_users_own(world: World) -> None:
    world.user("u1", timezone="Asia/Tokyo")
    world.did("u1", "pricing_viewed")
    _decided(world, _rule("first"), _rule("second"))
    world.contact(caps=(FrequencyCap(key="day", n=1, calendar="day", on_exceed="defer"),))

    _deliver(world, NOW + 2 * HOUR)  # 23:00 in Tokyo
    _deliver(world, NOW + 2 * HOUR + MINUTE)

    assert _rows(world)["second"]["not_before"] == NOW + 3 * HOUR
    assert _deliver(world, NOW + 3 * HOUR).delivered == 1


def test_messages_of_all_ids_of_a_person_count_together(world: World) -> None:
    for user in ("u1", "u2"):
        world.user(user)
        world.did(user, "pricing_viewed")
    _decided(world, _rule("first"))
    world.warehouse.execute("UPDATE dim_users SET merged_into = 'u1' WHERE user_id = 'u2'")
    world.contact(caps=(ONE,))

    delivered = _deliver(world).delivered + _deliver(world, NOW + MINUTE).delivered

    assert delivered == 1


def test_a_message_of_which_nobody_can_tell_keeps_its_place(world: World) -> None:
    _two(world)
    world.contact(caps=(ONE,))
    (first, _) = lease(world.store, worker="dead", now=NOW, limit=2)
    submitted(world.store, first.intent_id, worker="dead", now=NOW)
    # Here the process dies: it may have arrived.

    _deliver(world, NOW + MINUTE)
    outward = Outward(world.mailbox)
    later = NOW + 3 * MINUTE  # the claims ran out; the mailbox tells that it has not arrived
    deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: later)
    _deliver(world, later + MINUTE)

    assert len(_sent(world)) == 1


def test_one_that_nobody_can_tell_of_for_longer_than_any_window_holds_nobody_back(
    world: World,
) -> None:
    world.contact(caps=(ONE.model_copy(update={"window_seconds": 3600}),))
    _decided(world, _rule("first"))
    (first,) = lease(world.store, worker="dead", now=NOW, limit=1)
    submitted(world.store, first.intent_id, worker="dead", now=NOW)
    leave_open(world.store, {first.intent_id: "No answer came."}, worker="dead", now=NOW)
    later = NOW + 3 * HOUR
    _decided(world, _rule("second"), at=later)

    assert _deliver(world, later).delivered == 1
    assert _states(world)["first"] == ("ambiguous", "PROVIDER_AMBIGUOUS")


# Places that were granted


def test_what_others_have_reserved_for_later_holds_nobody_back(world: World) -> None:
    world.contact(caps=(TWO,))
    _decided(world, _rule("first"), _rule("second"))
    with world.store.write() as connection:  # put off by somebody: it still has its place
        later = outbox_table.update().where(outbox_table.c.action_key == "first")
        connection.execute(later.values(not_before=NOW + HOUR))
    world.contact(caps=(ONE,))

    assert _deliver(world).delivered == 1
    assert [key for key, _ in _sent(world)] == ["second"]


def test_who_has_a_place_waits_when_others_left_late(world: World) -> None:
    cap = ONE.model_copy(update={"on_exceed": "defer"})
    world.contact(caps=(cap,))
    _decided(world, _rule("first"), _rule("second"))  # the second a day later
    world.contact(caps=(ONE,))  # which drops, and else is the same
    late = NOW + 10 * MINUTE

    assert _deliver(world, late).delivered == 1
    on_time = _deliver(world, NOW + timedelta(days=1))

    assert (on_time.delivered, on_time.stopped) == (0, 0)
    assert _rows(world)["second"]["not_before"] == late + timedelta(days=1)
    assert _deliver(world, late + timedelta(days=1)).delivered == 1


def test_a_later_cycle_counts_what_waits_for_when_it_leaves(world: World) -> None:
    _two(world)
    world.contact(caps=(ONE.model_copy(update={"on_exceed": "defer"}),))
    _deliver(world)
    _deliver(world, NOW + MINUTE)

    tomorrow = NOW + timedelta(days=1)
    assert (tomorrow,) in world.rows("SELECT counts_at FROM slots")
    _decided(world, _rule("third"), at=NOW + HOUR)
    (third,) = world.rows("SELECT not_before FROM intents WHERE action_key = 'third'")
    assert third == (tomorrow + timedelta(days=1),)


def test_room_in_quiet_hours_is_room_when_they_end(world: World) -> None:
    night = QuietHours(start="11:30", end="16:00")
    _decided(world, _rule("first"), _rule("second"), at=NOW - HOUR)
    _deliver(world, NOW - HOUR)  # 11:00: both have left
    _decided(world, _rule("third"), at=NOW - HOUR / 2 - MINUTE)
    cap = FrequencyCap(key="hours", n=2, window_seconds=2 * 3600, on_exceed="defer")
    world.contact(caps=(cap,), quiet_hours=night)

    _deliver(world, NOW - HOUR / 2 - MINUTE)

    assert _rows(world)["third"]["not_before"] == NOW + 4 * HOUR


# While it is sent


class _Died(Exception):
    """A run ends in the middle."""


def _watched(moment: int, happens: Callable[[], None]) -> Callable[[], datetime]:
    """A clock at whose n-th look something happens: between any two steps of a run."""
    looks = iter(range(1, 1000))

    def clock() -> datetime:
        if next(looks) == moment:
            happens()
        return NOW

    return clock


def _second_later(world: World) -> sa.Update:
    """Two messages of which only one has room, and only the first is due; changes the second."""
    _two(world)
    world.contact(caps=(ONE,))
    second = outbox_table.update().where(outbox_table.c.action_key == "second")
    with world.store.write() as connection:
        connection.execute(second.values(not_before=NOW + HOUR))
    return second


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_cap_lowered_between_decision_and_request_lets_nothing_more_out(
    world: World, moment: int
) -> None:
    _two(world)
    outward = Outward(world.mailbox)

    def dies() -> None:
        raise _Died

    with contextlib.suppress(_Died):
        deliver(
            world.store, world.warehouse, world.catalog, outward,
            clock=_watched(moment, dies), worker="dead",
        )  # fmt: skip
    before = len(mailbox.read(world.store))
    world.contact(caps=(NONE,))

    for minutes in (3, 6):
        _deliver(world, NOW + minutes * MINUTE)

    assert len(mailbox.read(world.store)) == before
    assert {state for state, _ in _states(world).values()} <= {"cancelled", "delivered"}


@pytest.mark.parametrize("moment", range(1, 10))
def test_two_workers_with_a_message_each_for_one_user_do_not_both_send(
    world: World, moment: int
) -> None:
    second = _second_later(world)
    outward = Outward(world.mailbox)

    def another_worker() -> None:
        with world.store.write() as connection:
            connection.execute(second.values(not_before=NOW))
        deliver(
            world.store, world.warehouse, world.catalog, outward,
            clock=lambda: NOW, worker="other",
        )  # fmt: skip

    clock = _watched(moment, another_worker)
    deliver(world.store, world.warehouse, world.catalog, outward, clock=clock, worker="one")
    _deliver(world, NOW + MINUTE)

    assert len(mailbox.read(world.store)) == len(_sent(world)) == 1
    assert sorted(state for state, _ in _states(world).values()) == ["cancelled", "delivered"]


@pytest.mark.parametrize("moment", range(1, 9))
def test_what_another_worker_has_on_its_way_is_seen_up_to_the_request(
    world: World, moment: int
) -> None:
    second = _second_later(world)
    on_its_way = []

    def another_worker() -> None:
        rows = _rows(world)
        if rows["first"]["state"] in ("pending", "leased"):
            held = second.values(state="leased", lease_owner="other", lease_until=NOW + HOUR)
            with world.store.write() as connection:
                connection.execute(held)
            on_its_way.append(rows["second"]["intent_id"])
            assert submitted(world.store, *on_its_way, worker="other", now=NOW)

    outward, clock = Outward(world.mailbox), _watched(moment, another_worker)
    deliver(world.store, world.warehouse, world.catalog, outward, clock=clock, worker="one")

    assert len(mailbox.read(world.store)) == 1 - len(on_its_way)
