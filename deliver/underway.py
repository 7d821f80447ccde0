"""What was handed over and the warehouse does not know of: on its way, taken, or uncertain."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.store import utc
from control.tables import outbox
from core.lifecycle import GAVE_BACK

_BOTH = dispatches.join(outbox, outbox.c.intent_id == dispatches.c.intent_id)
_HANDED_OVER = sa.and_(
    dispatches.c.outcome.in_(["open", "accepted"]),
    dispatches.c.told_at.is_(None),
    outbox.c.state.not_in([state.value for state in GAVE_BACK]),
)


class HandedOver(NamedTuple):
    """A message that its user has, or may have. ``last_at`` is when it left (naive UTC)."""

    intent_id: str
    decision_id: str
    user_id: str
    channel: str
    action_key: str
    last_at: datetime


def underway(connection: sa.Connection, *, since: datetime) -> list[HandedOver]:
    """Every message that was handed over since a moment and of which the warehouse is not told."""
    columns = [(dispatches if name == "last_at" else outbox).c[name] for name in HandedOver._fields]
    query = sa.select(*columns).select_from(_BOTH).where(_since(since))
    return [HandedOver(*row) for row in connection.execute(query)]


def to_whom_by_others(
    connection: sa.Connection, known: Collection[str], *, worker: str, since: datetime
) -> frozenset[str]:
    """The users whom other workers handed messages to that are not among the ``known`` ones.

    ``since`` is the moment from which on the known ones are known.
    """
    query = sa.select(outbox.c.intent_id, outbox.c.user_id).select_from(_BOTH)
    query = query.where(_since(since), outbox.c.lease_owner.is_distinct_from(worker))
    rows = connection.execute(query)
    return frozenset(row.user_id for row in rows if row.intent_id not in known)


def _since(moment: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_HANDED_OVER, dispatches.c.last_at >= utc(moment))
