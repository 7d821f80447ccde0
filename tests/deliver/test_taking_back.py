"""Messages that a provider has: it is asked for them, and only what it gave back is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from control import audit, delivery, receipts
from control.kill_switches import Scope
from control.people import get
from control.receipts import Batch, Fact, Kind
from core.errors import Code, PilothouseError
from deliver import by_hand, cancellations, taking_back
from deliver.cancellations import Stands
from deliver.receipts.applying import apply
from deliver.taking_back import Around
from deliver.wire import CancelOutcome
from orchestrate import kill_switch, rulebook
from tests.deliver.destinations.fake_onesignal import FakeTemplates
from tests.deliver.destinations.fake_webhook import FakeReceiver
from tests.deliver.loopback import DROPPED_AFTER, DROPPED_BEFORE, Fault, answers
from tests.deliver.sending import NAME, Sending, weekly
from tests.orchestrate.world import World, looker

MARA, PAVEL, ANA = "mara@demo", "pavel@demo", "ana@demo"


@pytest.fixture
def sending(world_of: Callable[..., World]) -> Iterator[Sending]:
    """Five messages that OneSignal has."""
    with FakeTemplates() as fake:
        made = Sending(world_of(fake.channel), fake)
        made.run()
        assert made.states() == {"accepted": 5}
        yield made


def around(sending: Sending, *, seconds: float = 20.0) -> Around:
    world = sending.world
    providers = {NAME: sending.fake.provider()}
    return Around(
        world.store,
        world.warehouse,
        providers,
        sending.clock,
        seconds=seconds,
        sleep=sending.pass_time,
    )


def ask(
    sending: Sending, ids: Sequence[str], *, who: str = MARA, takes_back: Sequence[str] = (NAME,)
) -> None:
    by_hand.cancel(
        sending.world.store,
        ids,
        person=get(sending.world.store, who),
        now=sending.now,
        takes_back=takes_back,
        why="wrong price",
    )


def stands(sending: Sending, message: str) -> Stands:
    (one,) = cancellations.standing(sending.world.store, [message])
    return one


def failed(sending: Sending) -> dict[str, str | None]:
    rows = sending.world.rows("SELECT message_id, failed_reason FROM fct_messages")
    return dict(rows)


def acts(sending: Sending, message: str) -> list[tuple[str, str]]:
    store = sending.world.store
    return [(one.who, one.what) for one in audit.entries(store) if one.subject == message]


def test_what_the_provider_took_back_is_cancelled_and_was_received_by_nobody(
    sending: Sending,
) -> None:
    message, *others = sorted(sending.sent())

    ask(sending, [message])
    taking_back.take_back(around(sending))

    assert sending.by_state("cancelled") == {message}
    assert sending.sent().keys() == {*others}
    assert stands(sending, message).state == "taken_back"
    assert failed(sending) == dict.fromkeys(others) | {message: "taken back"}
    assert acts(sending, message) == [
        (MARA, "ask for message back"),
        (MARA, "message taken back"),
    ]
    (asked, _) = [one for one in audit.entries(sending.world.store) if one.subject == message]
    assert asked.note == "wrong price"


def test_a_receiver_of_signed_webhooks_is_asked_likewise(world_of: Callable[..., World]) -> None:
    with FakeReceiver() as fake:
        sending = Sending(world_of(fake.channel), fake)
        sending.run()
        back, late = sorted(sending.sent())[:2]
        fake.sent_on.add(late)

        ask(sending, [back, late])
        taking_back.take_back(around(sending))

        assert sending.by_state("cancelled") == {back}
        assert back not in sending.sent()
        assert stands(sending, late).state == "too_late"


def test_what_was_too_late_stays_accepted_and_says_so(sending: Sending) -> None:
    message = min(sending.sent())
    sending.fake.sent_on.add(message)

    ask(sending, [message])
    taking_back.take_back(around(sending))

    assert sending.states() == {"accepted": 5}
    told = stands(sending, message)
    assert told.state == "too_late"
    assert "already been sent" in (told.detail or "")
    assert failed(sending)[message] is None
    assert acts(sending, message)[-1] == (MARA, "message not taken back")


@pytest.mark.parametrize(
    "fault",
    [DROPPED_BEFORE, answers(500), answers(503), answers(429, retry_after="90"), answers(200, "?")],
    ids=lambda fault: fault.name,
)
def test_without_an_answer_it_is_asked_for_again_and_never_taken_as_done(
    sending: Sending, fault: Fault
) -> None:
    message = min(sending.sent())
    sending.fake.faults.append(fault)

    ask(sending, [message])
    taking_back.take_back(around(sending, seconds=2))
    at_first = stands(sending, message)
    assert sending.states() == {"accepted": 5}
    sending.pass_time(3600)
    taking_back.take_back(around(sending))

    assert at_first.state == "waiting"
    assert at_first.detail
    assert stands(sending, message).state == "taken_back"
    assert sending.by_state("cancelled") == {message}


def test_an_answer_that_got_lost_leaves_it_accepted_and_says_what_may_have_happened(
    sending: Sending,
) -> None:
    message = min(sending.sent())
    sending.fake.faults.append(DROPPED_AFTER)

    ask(sending, [message])
    taking_back.take_back(around(sending, seconds=2))
    sending.pass_time(3600)
    taking_back.take_back(around(sending))

    told = stands(sending, message)
    assert told.state == "too_late"
    assert "may have taken it back" in (told.detail or "")
    assert sending.states() == {"accepted": 5}


def test_what_nobody_ever_answers_is_given_up_once_the_message_has_expired(
    sending: Sending,
) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    sending.pass_time(timedelta(days=30).total_seconds())
    sending.fake.faults.append(answers(500))

    taking_back.take_back(around(sending))

    assert stands(sending, message).state == "unanswered"
    assert sending.states() == {"accepted": 5}
    assert not taking_back.has_work(sending.world.store, around(sending).providers, now=sending.now)


def test_asking_again_for_what_was_taken_back_does_nothing(sending: Sending) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    taking_back.take_back(around(sending))
    calls, entries = len(sending.fake.calls), len(acts(sending, message))

    ask(sending, [message])
    taking_back.take_back(around(sending))

    assert len(sending.fake.calls) == calls
    assert len(acts(sending, message)) == entries
    assert sending.by_state("cancelled") == {message}


def test_what_was_taken_back_is_not_sent_again(sending: Sending) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    taking_back.take_back(around(sending))

    sending.run_out()

    assert message not in sending.sent()
    assert sending.states() == {"accepted": 4, "cancelled": 1}


def test_a_destination_that_takes_nothing_back_is_not_asked(sending: Sending) -> None:
    message = min(sending.sent())

    with pytest.raises(PilothouseError, match="takes no message back"):
        ask(sending, [message], takes_back=())

    assert sending.states() == {"accepted": 5}
    assert not cancellations.standing(sending.world.store, [message])


def test_who_may_not_stop_messages_has_none_taken_back(sending: Sending) -> None:
    with pytest.raises(PilothouseError) as caught:
        ask(sending, [min(sending.sent())], who=ANA)

    assert caught.value.refusal.code is Code.NOT_ALLOWED


def test_what_was_delivered_meanwhile_is_not_asked_for(sending: Sending) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    _receipt(sending, message, "delivered")
    calls = len(sending.fake.calls)

    taking_back.take_back(around(sending))

    assert len(sending.fake.calls) == calls
    assert stands(sending, message).state == "too_late"
    assert sending.by_state("delivered") == {message}


@pytest.mark.parametrize("told_before", [True, False])
def test_what_arrived_all_the_same_counts_as_received_once_a_receipt_says_so(
    sending: Sending, told_before: bool
) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    taking_back.take_back(around(sending))

    _receipt(sending, message, "delivered")
    if told_before:
        taking_back.take_back(around(sending))

    assert sending.by_state("delivered") == {message}
    rows = sending.world.rows(
        "SELECT failed_reason, delivered_at IS NOT NULL FROM fct_messages "
        f"WHERE message_id = '{message}'"
    )
    assert rows == [(None, True)]


def test_wrong_credentials_pause_the_destination_and_the_message_stays_asked_for(
    sending: Sending,
) -> None:
    first, second = sorted(sending.sent())[:2]
    sending.fake.faults.append(answers(401, {"errors": ["Invalid key"]}))
    sending.fake.faults.append(answers(401, {"errors": ["Invalid key"]}))

    ask(sending, [first, second])
    taking_back.take_back(around(sending))
    assert "Invalid key" in delivery.paused(sending.world.store)[NAME].reason
    sending.pass_time(3600)
    taking_back.take_back(around(sending))

    assert sending.by_state("cancelled") == {first, second}


def test_asking_counts_against_the_rate_of_sending(world_of: Callable[..., World]) -> None:
    with FakeTemplates() as fake:
        sending = Sending(world_of(fake.channel, 200), fake)
        sending.run_out()
        started = sending.now

        ask(sending, [*sending.sent()])
        for _ in range(3):
            taking_back.take_back(around(sending))
            sending.pass_time(1)

        assert sending.states() == {"cancelled": 200}
        assert (sending.now - started).total_seconds() >= (200 - 150) / 150


@pytest.mark.parametrize(
    ("scope", "key"),
    [("global", "*"), ("channel", "email"), ("policy", "trial_nba"), ("action", "weekly")],
)
def test_a_kill_switch_takes_back_what_the_provider_still_has(
    sending: Sending, scope: Scope, key: str
) -> None:
    store = sending.world.store
    if scope == "policy":
        key = sending.world.rows("SELECT DISTINCT policy_key FROM fct_messages")[0][0]
    sent_on = min(sending.sent())
    sending.fake.sent_on.add(sent_on)

    kill_switch.kill(store, scope, key, person=get(store, MARA), reason="wrong", now=sending.now)
    assert taking_back.has_work(store, around(sending).providers, now=sending.now)
    taking_back.take_back(around(sending))

    assert sending.states() == {"accepted": 1, "cancelled": 4}
    assert sending.sent().keys() == {sent_on}
    assert (MARA, "take back messages") in acts(sending, f"{scope} {key}")
    assert not taking_back.has_work(store, around(sending).providers, now=sending.now)


def test_a_kill_switch_of_something_else_takes_nothing_back(sending: Sending) -> None:
    store = sending.world.store

    kill_switch.kill(store, "policy", "other", person=get(store, MARA), reason="x", now=sending.now)
    taking_back.take_back(around(sending))

    assert sending.states() == {"accepted": 5}


def test_what_was_taken_long_before_the_switch_is_left_alone(sending: Sending) -> None:
    store = sending.world.store
    sending.pass_time(2 * 3600)

    kill_switch.kill(store, "global", person=get(store, MARA), reason="x", now=sending.now)
    taking_back.take_back(around(sending))

    assert sending.states() == {"accepted": 5}


@pytest.mark.parametrize(("back_to", "gone"), [(1, 5), (2, 0)], ids=["older", "the same"])
def test_a_rollback_takes_back_what_is_not_in_force_again(
    world: World, back_to: int, gone: int
) -> None:
    with FakeTemplates() as fake:
        said = weekly(world, fake.channel)
        for number in range(5):
            looker(world, f"u{number}")
        for name in ("One", "Two"):
            world.publish(said.model_copy(update={"name": name}))
        world.cycle()
        sending = Sending(world, fake)
        sending.run()
        world.publish(said.model_copy(update={"name": "Three"}))
        taking_back.take_back(around(sending))
        assert sending.states() == {"accepted": 5}

        ada = get(world.store, "ada@demo")
        rulebook.rollback(world.store, "next_best", back_to, person=ada, now=sending.now)
        taking_back.take_back(around(sending))

        assert sending.states()["cancelled"] == gone


def test_two_workers_ask_for_a_message_once(sending: Sending) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    store = sending.world.store
    claimed = cancellations.claim(store, [NAME], now=sending.now, limit=10)

    taking_back.take_back(around(sending))

    assert [one.intent_id for one in claimed] == [message]
    assert stands(sending, message).state == "waiting"
    sending.pass_time(121)  # whoever claimed it died
    taking_back.take_back(around(sending))
    assert stands(sending, message).state == "taken_back"


def test_an_answer_that_our_own_reading_stumbles_over_leaves_it_uncertain(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    provider = sending.fake.provider()

    def stumble(*_: object, **__: object) -> list[object]:
        raise KeyError("id")

    monkeypatch.setattr(type(provider), "classify_cancel", stumble)
    taking_back.take_back(around(sending))

    assert stands(sending, message).state == "waiting"
    assert "not understood" in (stands(sending, message).detail or "")


def test_a_worker_that_dies_before_it_tells_the_warehouse_leaves_that_to_the_next(
    sending: Sending,
) -> None:
    message = min(sending.sent())
    ask(sending, [message])
    store = sending.world.store
    (claimed,) = cancellations.claim(store, [NAME], now=sending.now, limit=10)
    told = CancelOutcome(message, "taken_back")
    cancellations.settle(store, [told], {message: claimed}, now=sending.now)
    assert failed(sending)[message] is None

    assert taking_back.has_work(store, around(sending).providers, now=sending.now)
    taking_back.take_back(around(sending))

    assert failed(sending)[message] == "taken back"
    assert not taking_back.has_work(store, around(sending).providers, now=sending.now)


def _receipt(sending: Sending, message: str, kind: Kind) -> None:
    world = sending.world
    fact = Fact(kind, sending.now, f"{message} {kind}", message)
    receipts.keep(world.store, [Batch(NAME, (fact,))], now=sending.now)
    for _ in range(2):
        apply(world.store, world.warehouse, world.catalog, now=sending.now)
        sending.run()
