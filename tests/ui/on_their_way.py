"""Messages in every state of leaving, written down as sending, receipts and the inbox do."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.inbox_tables import inbox
from control.receipt_tables import receipts
from control.store import Store
from control.tables import mailbox, outbox
from deliver.dispatches import Leaving, note
from deliver.messages import Message

NOW = datetime(2026, 6, 29, 12)


def plant_messages(store: Store, user: str, address: str, *, other: str) -> None:
    """One message to somebody, uncertain and everywhere at once, and one to another user that was
    refused in words that name them."""
    messages = {name: _message(name, who, address) for name, who in (("theirs", user),)}
    messages["of-other"] = _message("of-other", other, "other@example.com")
    with store.write() as connection:
        for one in messages.values():
            connection.execute(outbox.insert(), _intent(one))
        note(connection, [Leaving("crm", dict(messages), NOW)], now=NOW)
        said = dispatches.update().where(dispatches.c.intent_id == "of-other")
        connection.execute(said.values(detail=f"It went together with a message to {address}."))
        words = {"intent_id": "theirs", "user_id": user, "subject": "Hi", "body": f"Dear {address}"}
        connection.execute(inbox.insert(), words | {"variables": {}, "arrived_at": NOW})
        letter = words | {"channel": "email", "address": address, "file": "a.eml", "sent_at": NOW}
        connection.execute(mailbox.insert(), letter)
        _tell(connection, "r1", intent_id="theirs", user_id=user)
        _tell(connection, "r2", address=address)


def _message(intent_id: str, user: str, address: str) -> Message:
    return Message(intent_id, "d", "t", user, "email", address, "Hi", f"Dear {address}")


def _intent(message: Message) -> dict[str, object]:
    named = {name: getattr(message, name) for name in ("intent_id", "user_id", "channel")}
    decided = {"decision_id": f"d-{message.intent_id}", "cycle_id": "c", "trace_id": "t"}
    rule = {"policy_key": "p", "policy_version": 1, "action_key": "a"}
    moments = dict.fromkeys(("decided_at", "not_before", "updated_at"), NOW)
    ends = {"expires_at": NOW + timedelta(days=1), "state": "ambiguous", "attempts": 1}
    return named | decided | rule | moments | ends


def _tell(connection: sa.Connection, key: str, **who: str) -> None:
    told = {"key": key, "destination": "crm", "kind": "unsubscribed", "at": NOW}
    connection.execute(receipts.insert(), told | {"received_at": NOW} | who)
