"""Receipts and the inbox in a team's control store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from control import inbox
from control.delivery_tables import dispatches
from control.inbox import InboxMessage
from control.receipts import Batch, Fact, Kept, keep, standing
from control.store import Store, open_store
from control.tables import outbox
from control.waiting_receipts import Applied, move, name_intents, page, said_of, settle_uncertain
from core.lifecycle import IntentState
from tests.warehouse.connect.postgres_server import programs, running_server

pytestmark = pytest.mark.slow

NOW = datetime(2026, 6, 29, 12)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    with running_server(folder) as url:
        opened = open_store(url.replace("postgresql://", "postgresql+psycopg://"))
        yield opened
        opened.close()


def _sent(store: Store) -> None:
    usual = {
        "decision_id": "d", "cycle_id": "c", "trace_id": "t", "policy_key": "p",
        "policy_version": 1, "action_key": "a", "channel": "email", "decided_at": NOW,
        "not_before": NOW, "expires_at": NOW + timedelta(days=7), "attempts": 1,
        "updated_at": NOW,
    }  # fmt: skip
    handed = {
        "destination": "mail", "request": "i0", "place": 0, "first_at": NOW, "last_at": NOW,
        "provider_id": "theirs", "opted_out": False,
    }  # fmt: skip
    states = (("accepted", "accepted"), ("ambiguous", "open"), ("pending", "clear"))
    with store.write() as connection:
        for number, (state, outcome) in enumerate(states):
            key = {"intent_id": f"i{number}"}
            one = {"user_id": f"u{number}", "state": state}
            connection.execute(outbox.insert().values(usual | key | one))
            connection.execute(dispatches.insert().values(handed | key | {"outcome": outcome}))


def test_what_providers_say_is_kept_found_and_settles_what_was_uncertain(store: Store) -> None:
    _sent(store)
    first = Fact("opened", NOW, "a", intent_id="i0")
    facts = (
        first,
        Fact("opened", NOW, "b", provider_id="theirs", user_id="u1"),
        Fact("delivered", NOW, "c", intent_id="i2"),
        Fact("bounced", NOW, "d", provider_id="theirs"),
        first,
    )

    kept = keep(store, [Batch("mail", facts, ignored=1), Batch("mail", (first,))], now=NOW)
    name_intents(store, since=NOW)
    start = page(store, None, limit=2)
    found = start + page(store, start[-1], since=NOW, limit=5)

    assert kept == [Kept(4, 1), Kept(0, 1)]
    assert standing(store)[0].counts == {"new": 4, "duplicate": 2, "ignored": 1}
    assert {(one.kind, one.intent_id, one.owner) for one in found} == {
        ("opened", "i0", "u0"),
        ("opened", "i1", "u1"),
        ("delivered", "i2", "u2"),
        ("bounced", None, None),
    }
    assert settle_uncertain(store, found, now=NOW) == 2
    assert [one.intent_id for one in said_of(store, ["i1"])] == ["i1"]
    stands = {"i0": IntentState.DELIVERED, "i1": IntentState.BOUNCED}
    move(store, stands, [Applied(one.key, one.owner) for one in found], now=NOW)
    with store.read() as connection:
        rows = connection.execute(sa.select(outbox.c.intent_id, outbox.c.state)).all()
    assert dict(tuple(row) for row in rows) == {
        "i0": "delivered",
        "i1": "bounced",
        "i2": "accepted",
    }
    assert page(store, None, limit=9) == []


def test_messages_of_the_inbox_are_kept_once(store: Store) -> None:
    message = InboxMessage("i0", "u0", "Hi", "there", None, None, {"left": 3}, NOW)

    inbox.put(store, [message])
    inbox.put(store, [message._replace(body="other")])
    inbox.note(store, "i0", "clicked", now=NOW)

    (found,) = inbox.waiting_for(store, "u0", now=NOW)
    assert found.message == message._replace(seen_at=NOW, clicked_at=NOW)
    assert found.intent["action_key"] == "a"


def test_more_results_than_one_statement_takes_are_kept_at_once(store: Store) -> None:
    facts = tuple(Fact("opened", NOW, f"row {number}") for number in range(70_000))

    assert keep(store, [Batch("post", facts)], now=NOW) == [Kept(70_000, 0)]
    assert keep(store, [Batch("post", facts)], now=NOW) == [Kept(0, 70_000)]
