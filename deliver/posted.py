"""What became of the messages of one decision: where each stands, and what the provider said."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.receipt_tables import receipts
from control.store import Store
from control.tables import outbox
from core.conditions import Frozen


class Said(Frozen):
    """One thing that a provider told."""

    kind: str
    at: datetime


class Posted(Frozen):
    """One message in the outbox."""

    intent_id: str
    state: str
    reason_code: str | None
    not_before: datetime
    expires_at: datetime
    attempts: int
    destination: str | None
    """None while none was asked to send it."""
    receipts: tuple[Said, ...]
    """In order."""


def posted(store: Store, decision_id: str) -> tuple[Posted, ...]:
    """The messages that a decision put into the outbox."""
    query = (
        sa.select(outbox, dispatches.c.destination)
        .join(dispatches, dispatches.c.intent_id == outbox.c.intent_id, isouter=True)
        .where(outbox.c.decision_id == decision_id)
        .order_by(outbox.c.intent_id)
    )
    with store.read() as connection:
        return tuple(_posted(connection, row) for row in connection.execute(query).all())


def _posted(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Posted:
    told = sa.select(receipts.c.kind, receipts.c.at).order_by(receipts.c.at, receipts.c.kind)
    said = connection.execute(told.where(receipts.c.intent_id == row.intent_id))
    return Posted(
        intent_id=row.intent_id,
        state=row.state,
        reason_code=row.reason,
        not_before=row.not_before,
        expires_at=row.expires_at,
        attempts=row.attempts,
        destination=row.destination,
        receipts=tuple(Said(kind=one.kind, at=one.at) for one in said),
    )
