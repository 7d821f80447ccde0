"""What people do about messages by hand, and how delivery stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from control import audit, delivery
from control.people import get
from core.errors import Code, PilothouseError
from core.lifecycle import IntentState
from deliver import by_hand
from deliver.by_hand import held
from deliver.standing import Standing, standings
from tests.deliver.destinations.fake_webhook import FakeForgetfulReceiver
from tests.deliver.loopback import DROPPED_AFTER, answers
from tests.deliver.sending import LATER, NAME, Sending
from tests.orchestrate.world import NOW, World

PAVEL, MARA, ANA = "pavel@demo", "mara@demo", "ana@demo"


@pytest.fixture
def sending(world_of: Callable[..., World]) -> Iterator[Sending]:
    with FakeForgetfulReceiver() as fake:
        yield Sending(world_of(fake.channel), fake)


def _one(sending: Sending, *states: IntentState) -> str:
    return held(sending.world.store, *states)[0].intent_id


def _rejected(sending: Sending) -> str:
    sending.fake.faults.append(answers(400, b"no such user"))
    sending.run()
    return _one(sending, IntentState.REJECTED)


def _uncertain(sending: Sending) -> str:
    sending.fake.faults.append(DROPPED_AFTER)
    sending.run(seconds=1)
    return _one(sending, IntentState.AMBIGUOUS)


def test_a_rejected_message_is_listed_with_what_the_destination_said(sending: Sending) -> None:
    _rejected(sending)

    (one,) = held(sending.world.store, IntentState.REJECTED)
    assert (one.destination, one.reason) == (NAME, "PROVIDER_REJECTED")
    assert "no such user" in (one.detail or "")


def test_a_rejected_message_leaves_once_more_when_somebody_says_so(sending: Sending) -> None:
    message, store = _rejected(sending), sending.world.store

    by_hand.retry(store, [message], person=get(store, PAVEL), now=sending.now)
    report = sending.run()

    assert report.delivered == 1
    assert sorted(sending.sent().values()) == [1] * 5
    assert [one.what for one in audit.entries(store) if one.subject == message] == ["retry message"]


def test_of_several_messages_all_are_sent_again_or_none(sending: Sending) -> None:
    message, store = _rejected(sending), sending.world.store
    accepted = next(iter(sending.by_state("accepted")))

    with pytest.raises(PilothouseError, match="only what was rejected"):
        by_hand.retry(store, [message, accepted], person=get(store, PAVEL), now=sending.now)

    assert sending.by_state("rejected") == {message}


def test_what_has_expired_is_not_sent_again(sending: Sending) -> None:
    message, store = _rejected(sending), sending.world.store
    late = LATER + timedelta(days=8)

    with pytest.raises(PilothouseError, match="expired"):
        by_hand.retry(store, [message], person=get(store, PAVEL), now=late)


def test_an_uncertain_message_that_somebody_found_counts_as_sent(sending: Sending) -> None:
    message, store = _uncertain(sending), sending.world.store

    by_hand.arrived(store, message, person=get(store, PAVEL), now=sending.now)
    sending.run()

    assert sending.states() == {"accepted": 5}
    rows = sending.world.rows("SELECT message_id, sent_at FROM fct_messages")
    assert (message, LATER) in rows
    assert sorted(sending.sent().values()) == [1] * 5


def test_an_uncertain_message_that_surely_is_lost_leaves_once_more(sending: Sending) -> None:
    message, store = _uncertain(sending), sending.world.store
    sending.fake.ledger[message].clear()  # they looked: it is not there

    by_hand.lost(store, message, person=get(store, PAVEL), now=sending.now)
    sending.run()

    assert sending.states() == {"accepted": 5}
    assert sorted(sending.sent().values()) == [1] * 5


def test_a_waiting_message_can_be_cancelled_and_one_that_left_cannot(sending: Sending) -> None:
    store = sending.world.store
    message = _one(sending, IntentState.PENDING)

    by_hand.cancel(store, [message], person=get(store, MARA), now=sending.now)
    sending.run()

    assert message not in sending.sent()
    gone = next(iter(sending.by_state("accepted")))
    with pytest.raises(PilothouseError, match="only what waits"):
        by_hand.cancel(store, [gone], person=get(store, MARA), now=sending.now)


@pytest.mark.parametrize("act", [by_hand.arrived, by_hand.lost])
def test_who_only_proposes_does_not_say_what_became_of_a_message(
    sending: Sending, act: Callable[..., None]
) -> None:
    message, store = _uncertain(sending), sending.world.store

    with pytest.raises(PilothouseError) as caught:
        act(store, message, person=get(store, MARA), now=sending.now)

    assert caught.value.refusal.code is Code.NOT_ALLOWED
    assert sending.by_state("ambiguous") == {message}


def test_a_message_that_is_not_there_is_refused(sending: Sending) -> None:
    store = sending.world.store
    with pytest.raises(PilothouseError) as caught:
        by_hand.retry(store, ["nobody"], person=get(store, PAVEL), now=sending.now)
    assert caught.value.refusal.code is Code.UNKNOWN_KEY


def test_a_destination_is_paused_and_resumed_by_hand(sending: Sending) -> None:
    store = sending.world.store
    by_hand.pause(store, NAME, "Their outage.", person=get(store, MARA), now=sending.now)

    assert sending.run().delivered == 0
    with pytest.raises(PilothouseError, match="only approver or admin"):
        by_hand.resume(store, NAME, person=get(store, MARA), now=sending.now)
    by_hand.resume(store, NAME, person=get(store, PAVEL), now=sending.now)

    assert sending.run().delivered == 5
    assert not delivery.paused(store)


def test_how_a_destination_stands_is_told_with_what_waits_and_what_is_uncertain(
    sending: Sending,
) -> None:
    before = _standing(sending)
    _uncertain(sending)
    after = _standing(sending)

    assert (before.channels, before.waiting, before.due) == (["email"], 5, 5)
    assert (before.oldest_due, before.uncertain) == (NOW, 0)
    assert (after.waiting, after.uncertain, after.accepted_last_minute) == (0, 1, 4)


def _standing(sending: Sending) -> Standing:
    channels = {"email": NAME, "push": "mailbox"}
    found = standings(sending.world.store, channels, now=sending.now)
    assert [one.destination for one in found] == ["mailbox", NAME]
    return found[1]
