"""What providers say is kept once and counted, and forgotten with whom it is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from control import inbox, redaction
from control.inbox import InboxMessage
from control.receipts import Batch, Fact, Kept, keep, standing
from control.store import Store
from control.tables import metadata, outbox
from control.waiting_receipts import name_intents, page
from core.identifiers import Traces

NOW = datetime(2026, 6, 29, 12)
ZOE = ("u-4711", "zoe@example.com")


def _intent(store: Store, intent_id: str, user_id: str) -> None:
    row = {
        "intent_id": intent_id, "user_id": user_id, "decision_id": "d", "cycle_id": "c",
        "trace_id": "t", "policy_key": "p", "policy_version": 1, "action_key": "a",
        "channel": "email", "decided_at": NOW, "not_before": NOW,
        "expires_at": NOW + timedelta(days=7), "state": "accepted", "attempts": 1,
        "updated_at": NOW,
    }  # fmt: skip
    with store.write() as connection:
        connection.execute(outbox.insert().values(row))


def _message(intent_id: str, user_id: str, **more: Any) -> InboxMessage:
    return InboxMessage(intent_id, user_id, "Hi", "there", None, None, {}, NOW, **more)


def test_several_batches_are_kept_in_one_transaction_and_each_is_counted(store: Store) -> None:
    one, other = Fact("opened", NOW, "a"), Fact("clicked", NOW, "a")

    kept = keep(
        store,
        [Batch("mail", (one, other, one), ignored=2), Batch("text", (one,)), Batch("mail", (one,))],
        now=NOW,
    )

    assert kept == [Kept(2, 1), Kept(1, 0), Kept(0, 1)]
    assert [(here.destination, here.counts) for here in standing(store)] == [
        ("mail", {"new": 2, "duplicate": 2, "ignored": 2}),
        ("text", {"new": 1}),
    ]


def test_a_batch_of_more_than_one_statement_holds_is_kept_whole(store: Store) -> None:
    facts = tuple(Fact("opened", NOW, f"{number}") for number in range(5_001))

    assert keep(store, [Batch("post", facts[:-1])], now=NOW) == [Kept(5_000, 0)]
    assert keep(store, [Batch("post", facts)], now=NOW) == [Kept(1, 5_000)]


def test_nothing_to_keep_is_kept(store: Store) -> None:
    assert keep(store, [], now=NOW) == []
    assert keep(store, [Batch("mail", (), ignored=1)], now=NOW) == [Kept(0, 0)]


def test_receipts_that_wait_are_read_in_pages_in_the_order_they_came(store: Store) -> None:
    for minute in range(5):
        facts = tuple(Fact("opened", NOW, f"{minute}-{number}") for number in range(3))
        keep(store, [Batch("mail", facts)], now=NOW + timedelta(minutes=minute))

    seen, after = [], None
    while found := page(store, after, limit=4):
        seen += found
        after = found[-1]

    assert len({one.key for one in seen}) == len(seen) == 15
    assert [one.received_at for one in seen] == sorted(one.received_at for one in seen)


def test_looking_for_the_messages_of_receipts_writes_nothing_when_there_are_none(
    store: Store,
) -> None:
    keep(store, [Batch("mail", (Fact("opened", NOW, "a", provider_id="theirs"),))], now=NOW)

    name_intents(store)

    assert page(store, None, limit=9)[0].intent_id is None


def test_somebody_who_is_forgotten_leaves_no_receipt_and_no_message(store: Store) -> None:
    for intent_id, user_id in (("i1", "u-4711"), ("i2", "u2")):
        _intent(store, intent_id, user_id)
        inbox.put(store, [_message(intent_id, user_id)])
    facts = (
        Fact("unsubscribed", NOW, "m1", user_id="u-4711", channel="sms"),
        Fact("unsubscribed", NOW, "m2", address="Zoe@example.com", channel="email"),
        Fact("bounced", NOW, "m3", intent_id="i1", reason="550 <zoe@example.com> is full"),
        Fact("bounced", NOW, "m4", intent_id="i2", reason="550 full"),
    )
    keep(store, [Batch("mail", facts)], now=NOW)

    gone = redaction.remove(store, Traces(ZOE), who="ada@demo", now=NOW)

    assert gone["inbox"] == 1
    with store.read() as connection:
        text = "\n".join(
            str(connection.execute(sa.select(table)).all()) for table in metadata.sorted_tables
        )
    assert not Traces(ZOE).are_in(text)
    assert [*inbox.held(store, ["i1", "i2"])] == ["i2"]
    assert "550 full" in text


def test_a_message_of_the_inbox_ends_and_the_newest_comes_first(store: Store) -> None:
    for number in range(3):
        _intent(store, f"i{number}", "u1")
        at = NOW + timedelta(minutes=number)
        inbox.put(store, [_message(f"i{number}", "u1")._replace(arrived_at=at)])
    inbox.note(store, "i1", "dismissed", now=NOW)

    found = inbox.waiting_for(store, "u1", now=NOW)

    assert [one.message.intent_id for one in found] == ["i2", "i0"]
    assert inbox.waiting_for(store, "u2", now=NOW) == []
    assert inbox.waiting_for(store, "u1", now=NOW + timedelta(days=8)) == []


def test_what_a_user_did_first_stays(store: Store) -> None:
    _intent(store, "i1", "u1")
    inbox.put(store, [_message("i1", "u1")])

    for minutes in (1, 2):
        inbox.note(store, "i1", "clicked", now=NOW + timedelta(minutes=minutes))

    first = NOW + timedelta(minutes=1)
    assert inbox.held(store, ["i1"])["i1"] == _message("i1", "u1", seen_at=first, clicked_at=first)
