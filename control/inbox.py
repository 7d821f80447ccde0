"""Messages that wait in the inbox for an app or a page to fetch them, and what users did there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control.inbox_tables import inbox
from control.store import Store, insert, utc
from control.tables import outbox

Deed = Literal["seen", "clicked", "dismissed"]
"""What a user does with a message."""
MOST = 100
"""Messages that are given at once, the newest first."""


class InboxMessage(NamedTuple):
    """One message in the inbox."""

    intent_id: str
    user_id: str
    subject: str
    body: str
    html: str | None
    template: str | None
    variables: Mapping[str, Any]
    arrived_at: datetime
    seen_at: datetime | None = None
    clicked_at: datetime | None = None
    dismissed_at: datetime | None = None


class Addressed(NamedTuple):
    """A message, and the intent that it is of: the row of the outbox, by column."""

    message: InboxMessage
    intent: Mapping[str, Any]


def put(store: Store, messages: Sequence[InboxMessage]) -> None:
    """Keep messages; one that is there already stays as it is."""
    rows = [one._asdict() | {"arrived_at": utc(one.arrived_at)} for one in messages]
    if rows:
        with store.write() as connection:
            connection.execute(insert(connection, inbox).on_conflict_do_nothing(), rows)


def held(store: Store, ids: Sequence[str]) -> dict[str, InboxMessage]:
    """Intent id → its message, for those that are here."""
    if not ids:
        return {}
    query = sa.select(inbox).where(inbox.c.intent_id.in_(ids))
    with store.read() as connection:
        return {row.intent_id: InboxMessage._make(row) for row in connection.execute(query)}


def waiting_for(store: Store, user_id: str, *, now: datetime) -> list[Addressed]:
    """What a user did not dismiss and what has not expired at ``now``, the newest first."""
    theirs = sa.and_(inbox.c.user_id == user_id, inbox.c.dismissed_at.is_(None))
    query = (
        sa.select(inbox, outbox)
        .join(outbox, outbox.c.intent_id == inbox.c.intent_id)
        .where(theirs, outbox.c.expires_at > utc(now))
        .order_by(inbox.c.arrived_at.desc(), inbox.c.intent_id)
        .limit(MOST)
    )
    many = len(inbox.c)
    with store.read() as connection:
        return [
            Addressed(
                InboxMessage._make(row[:many]),
                dict(zip(outbox.c.keys(), row[many:], strict=True)),
            )
            for row in connection.execute(query)
        ]


def note(store: Store, intent_id: str, deed: Deed, *, now: datetime) -> None:
    """Write down what its user did with a message: the first time counts; all of it is seeing."""
    moments = {f"{one}_at": inbox.c[f"{one}_at"] for one in ("seen", deed)}
    values = {name: sa.func.coalesce(column, utc(now)) for name, column in moments.items()}
    with store.write() as connection:
        connection.execute(inbox.update().where(inbox.c.intent_id == intent_id).values(values))
