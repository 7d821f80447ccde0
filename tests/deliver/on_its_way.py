"""An intent whose worker dies right after it was marked as on its way."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control.store import Store
from deliver import dispatches, outbox


def submitted(store: Store, intent_id: str, *, worker: str, now: datetime) -> bool:
    """Mark a claimed intent as on its way to the mailbox; whether it was that worker's to send."""

    def noting(connection: sa.Connection, ours: frozenset[str]) -> None:
        leaving = dispatches.Leaving("mailbox", dict.fromkeys(ours), now)
        dispatches.note(connection, [leaving], now=now)

    return bool(outbox.submit(store, [[intent_id]], worker=worker, now=now, noting=noting))
