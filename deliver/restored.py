"""Messages of an outbox that came back from a backup: none of them leaves twice.

What was waiting then may have left since. The warehouse knows of what it was told; of the rest
nobody can tell, so it waits for a receipt or a person, as any uncertain message does.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.store import utc
from control.tables import outbox
from core.lifecycle import IntentState
from warehouse.engines.duckdb import DuckDBWarehouse

WAITED = tuple(
    one.value for one in (IntentState.PENDING, IntentState.LEASED, IntentState.SUBMITTED)
)
_KNOWN = (Path(__file__).parent / "sql" / "known_sent.sql").read_text(encoding="utf-8")
_PAGE = 5_000


class HeldBack(NamedTuple):
    """What became of messages that were waiting."""

    sent: int
    """The warehouse knows that they left."""
    uncertain: int
    """Nobody can tell: they wait for a receipt or a person."""


def hold_back(connection: sa.Connection, warehouse: DuckDBWarehouse, *, now: datetime) -> HeldBack:
    """Let nothing leave that waited when the backup was made, or was decided since; inside a
    write transaction.

    What was on its way then waits as well: it may have left since, under another key than the one
    that its destination would be asked about.
    """
    connection.execute(dispatches.update().values(look_at=None))
    query = sa.select(outbox.c.intent_id).where(outbox.c.state.in_(WAITED))
    ids = list(connection.execute(query).scalars())
    sent = _known_sent(warehouse, ids)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        _set(connection, [one for one in page if one in sent], IntentState.ACCEPTED, None, now)
        unsure = [one for one in page if one not in sent]
        _set(connection, unsure, IntentState.AMBIGUOUS, "PROVIDER_AMBIGUOUS", now)
    return HeldBack(len(sent), len(ids) - len(sent))


def _known_sent(warehouse: DuckDBWarehouse, ids: list[str]) -> frozenset[str]:
    with warehouse.cursor() as cursor:
        return frozenset(row[0] for row in cursor.execute(_KNOWN, {"message_ids": ids}).fetchall())


def _set(
    connection: sa.Connection,
    ids: list[str],
    state: IntentState,
    reason: str | None,
    now: datetime,
) -> None:
    if ids:
        values = {"state": state.value, "reason": reason, "updated_at": utc(now)}
        connection.execute(outbox.update().where(outbox.c.intent_id.in_(ids)).values(values))
