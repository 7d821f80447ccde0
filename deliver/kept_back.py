"""Messages that did not leave when they were due, by the reason that kept them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.store import Store
from control.tables import outbox


class KeptBack(NamedTuple):
    """A message that waits or has ended, and why."""

    intent_id: str
    user_id: str
    policy_key: str
    action_key: str
    channel: str
    state: str
    reason: str
    not_before: datetime
    """When one that waits is looked at again (naive UTC)."""
    expires_at: datetime


def kept_back(store: Store, reason: str, *, limit: int = 100) -> list[KeptBack]:
    """The messages with a reason code, those that changed last first."""
    columns = [outbox.c[name] for name in KeptBack._fields]
    query = sa.select(*columns).where(outbox.c.reason == reason)
    query = query.order_by(outbox.c.updated_at.desc(), outbox.c.intent_id).limit(limit)
    with store.read() as connection:
        return [KeptBack(*row) for row in connection.execute(query)]
