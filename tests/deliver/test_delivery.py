"""What was decided reaches the mailbox once, unless something has changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header
from functools import partial
from pathlib import Path

import pytest

from control.people import get
from core.conditions import EventCount
from core.lifecycle import IntentState
from core.rules import QuietHours, StopCondition, Suppression
from deliver import dispatches, outbox
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations import mailbox
from deliver.destinations.mailbox import Mailbox
from deliver.messages import Message
from deliver.outbox import Settled, lease, settle
from deliver.wire import Outcome
from orchestrate.kill_switch import kill
from orchestrate.rulebook import pause
from tests.at_once import at_once
from tests.deliver.on_its_way import submitted
from tests.orchestrate.world import HAS_TICKET, NOW, World, policy, single

LATER = NOW + timedelta(hours=1)


def _decided(world: World, users: int = 1, **more: object) -> None:
    for number in range(1, users + 1):
        world.user(f"u{number}")
        world.did(f"u{number}", "pricing_viewed")
    world.publish(single(world.catalog, **more))
    world.cycle()


def _deliver(world: World, at: object = LATER, worker: str = "worker") -> DeliveryReport:
    return deliver(
        world.store,
        world.warehouse,
        world.catalog,
        Outward(world.mailbox),
        clock=lambda: at,
        worker=worker,
    )


def _files(world: World) -> list[Path]:
    return sorted(world.mailbox.rglob("*.eml"))


def test_a_decided_message_is_a_file_a_row_and_a_fact(world: World) -> None:
    _decided(world)

    report = _deliver(world)

    assert report.delivered == 1
    (file,) = _files(world)
    mail = message_from_bytes(file.read_bytes())
    assert mail["Subject"] == "Keep your streak going"
    assert mail["X-Pilothouse-User"] == "u1"
    assert "Unlock every plan" in str(mail.get_payload())
    (row,) = mailbox.read(world.store, user_id="u1")
    assert Path(row.file) == file
    sent = world.rows("SELECT message_id, user_id, sent_at, campaign FROM fct_messages")
    assert sent == [(row.intent_id, "u1", LATER, "upgrade_nudge-2026-03")]


def test_the_message_carries_the_trace_of_its_cycle(world: World) -> None:
    _decided(world)
    ((trace,),) = world.rows("SELECT trace_id FROM cycles")

    report = _deliver(world)

    assert report.by_trace == {trace: 1}
    assert message_from_bytes(_files(world)[0].read_bytes())["X-Pilothouse-Trace"] == trace


def test_delivering_again_sends_nothing_twice(world: World) -> None:
    _decided(world, users=3)

    assert _deliver(world).delivered == 3
    assert _deliver(world, LATER + timedelta(hours=1)).delivered == 0
    assert len(_files(world)) == 3
    assert world.rows("SELECT COUNT(*) FROM fct_messages") == [(3,)]


def test_two_workers_never_send_one_intent_twice(world: World) -> None:
    _decided(world, users=40)

    reports = at_once(*(partial(_deliver, world, worker=name) for name in ("a", "b")))

    assert sum(report.delivered for report in reports) == 40
    assert world.rows("SELECT COUNT(*), COUNT(DISTINCT message_id) FROM fct_messages") == [(40, 40)]


def test_what_a_dead_worker_leased_is_sent_when_the_lease_ends(world: World) -> None:
    _decided(world)
    lease(world.store, worker="dead", now=LATER, limit=10)

    assert _deliver(world, LATER + timedelta(seconds=60)).delivered == 0
    assert _deliver(world, LATER + timedelta(seconds=180)).delivered == 1


def test_a_worker_that_lost_its_lease_cannot_settle(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="slow", now=LATER, limit=1)
    lease(world.store, worker="quick", now=LATER + timedelta(minutes=5), limit=1)

    settled = [Settled(intent.intent_id, IntentState.ACCEPTED)]

    assert settle(world.store, settled, worker="slow", now=LATER) == 0


def test_a_crash_after_handing_over_is_made_good_without_a_second_message(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=LATER, limit=1)
    submitted(world.store, intent.intent_id, worker="w", now=LATER)
    letter = Message(
        intent.intent_id, intent.decision_id, "t", "u1", "email", "u1@example.com", "Hi", "there"
    )
    Mailbox(world.store, world.mailbox).send([letter], now=LATER)
    # Here the process dies: the outbox still says submitted.

    report = _deliver(world, LATER + timedelta(minutes=5))

    assert report.delivered == 1
    assert len(mailbox.read(world.store)) == len(_files(world)) == 1
    assert world.rows("SELECT COUNT(*) FROM fct_messages") == [(1,)]


def test_a_crash_before_the_warehouse_knows_is_made_good(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=LATER, limit=1)
    submitted(world.store, intent.intent_id, worker="w", now=LATER)
    letter = Message(
        intent.intent_id, intent.decision_id, "t", "u1", "email", "u1@example.com", "Hi", "there"
    )
    Mailbox(world.store, world.mailbox).send([letter], now=LATER)
    settle(
        world.store,
        [Settled(intent.intent_id, IntentState.ACCEPTED)],
        worker="w",
        now=LATER,
    )
    with world.store.write() as connection:
        dispatches.close(connection, [Outcome(intent.intent_id, "accepted")])

    _deliver(world, LATER + timedelta(minutes=5))

    assert world.rows("SELECT message_id, sent_at FROM fct_messages") == [(intent.intent_id, LATER)]
    assert outbox.counts(world.store) == {"delivered": 1}


def test_a_message_in_quiet_hours_waits_for_the_morning(world: World) -> None:
    world.contact(quiet_hours=QuietHours(start="11:00", end="14:00"))
    _decided(world)

    early = _deliver(world, NOW + timedelta(hours=1))
    late = _deliver(world, NOW + timedelta(hours=2))

    assert (early.delivered, early.waiting) == (0, 1)
    assert late.delivered == 1


# What is asked again before sending


def _killed(world: World) -> None:
    kill(
        world.store,
        "policy",
        "next_best",
        person=get(world.store, "mara@demo"),
        reason="Wrong text.",
        now=LATER,
    )


def _paused(world: World) -> None:
    pause(world.store, "next_best", person=get(world.store, "pavel@demo"), now=LATER)


def _new_version(world: World) -> None:
    world.publish(policy(world.catalog))


def _withdrawn(world: World) -> None:
    for channel in ("push", "email"):
        world.consent("u1", channel, "withdrawn", days_ago=0)


def _subscribed(world: World) -> None:
    world.did("u1", "subscription_started", days_ago=0)


def _ticket(world: World) -> None:
    world.ticket("u1")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_killed, "KILLED"),
        (_paused, "NOT_LIVE"),
        (_new_version, "NOT_LIVE"),
        (_withdrawn, "NO_CONSENT"),
        (_subscribed, "STOPPED"),
        (_ticket, "SUPPRESSED_STATE"),
    ],
)
def test_what_happens_after_the_decision_still_stops_the_message(
    world: World, happens: Callable[[World], None], reason: str
) -> None:
    paid = StopCondition(key="paid", name="Paid", when=EventCount(event="subscription_started"))
    held_back = Suppression(key="open_ticket", name="Open ticket", when=HAS_TICKET)
    _decided(world, stop_conditions=(paid,), suppressions=(held_back,))

    happens(world)
    report = _deliver(world)

    assert report.by_reason == {reason: 1}
    assert _files(world) == []
    assert outbox.counts(world.store) == {"cancelled": 1}


def test_a_withdrawal_under_a_former_id_stops_the_message(world: World) -> None:
    world.user("phone", merged_into="u1")
    _decided(world)

    for channel in ("push", "email"):
        world.consent("phone", channel, "withdrawn", days_ago=0)

    assert _deliver(world).by_reason == {"NO_CONSENT": 1}


def test_a_message_to_somebody_who_was_merged_since_goes_by_the_consent_of_their_person(
    world: World,
) -> None:
    _decided(world)
    world.user("account")
    for channel in ("push", "email"):
        world.consent("account", channel, "withdrawn", days_ago=0)

    merged = "UPDATE dim_users SET merged_into = 'account' WHERE user_id = 'u1'"
    world.warehouse.execute(merged)

    assert _deliver(world).by_reason == {"NO_CONSENT": 1}


def test_a_message_past_its_expiry_is_not_sent(world: World) -> None:
    _decided(world)

    report = _deliver(world, NOW + timedelta(days=8))

    assert report.by_reason == {"EXPIRED": 1}
    assert outbox.counts(world.store) == {"expired": 1}


def test_a_cancelled_message_gives_its_place_back(world: World) -> None:
    _decided(world)
    _paused(world)
    _deliver(world)
    world.publish(policy(world.catalog))

    world.cycle(NOW + timedelta(days=1))

    assert world.reasons()["u1", "upgrade_nudge"] == "SELECTED"


# The mailbox


def _letter(**more: str) -> Message:
    given = {"address": "u1@example.com", "subject": "Hi", "body": "there"} | more
    return Message("i1", "d1", "t1", "u1", "email", **given)


def test_a_line_break_in_an_address_is_rejected_not_sent(world: World) -> None:
    box = Mailbox(world.store, world.mailbox)

    (receipt,) = box.send([_letter(address="a@b.c\nBcc: everybody@b.c")], now=NOW)

    assert receipt.outcome == "rejected"
    assert "line break" in str(receipt.reason)
    assert _files(world) == []


def test_a_message_in_any_language_can_be_read(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=LATER, limit=1)
    box = Mailbox(world.store, world.mailbox)
    letter = _letter(subject="Schön, dass du da bist", body="Übung macht den Meister 💪")

    box.send([letter._replace(intent_id=intent.intent_id)], now=NOW)

    mail = message_from_bytes(_files(world)[0].read_bytes())
    ((subject, charset),) = decode_header(mail["Subject"])
    assert subject.decode(charset) == "Schön, dass du da bist"
    assert mail.get_payload(decode=True).decode() == "Übung macht den Meister 💪"
