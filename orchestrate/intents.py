"""Carry intents from the warehouse, where they were decided, to the outbox, which sends them.

The two stores cannot commit together. The warehouse commits first; copying is
idempotent by intent id, so whatever a crash left out is copied the next time.
"""

from __future__ import annotations

from typing import Any

import duckdb
import sqlalchemy as sa

from control.store import Store
from control.tables import outbox
from core.lifecycle import IntentState
from orchestrate.stages import create_tables
from warehouse.engines.duckdb import DuckDBWarehouse

CHUNK = 2_000
COLUMNS = (
    "intent_id",
    "decision_id",
    "cycle_id",
    "trace_id",
    "policy_key",
    "policy_version",
    "action_key",
    "user_id",
    "channel",
    "decided_at",
    "not_before",
    "expires_at",
)


def enqueue(store: Store, warehouse: DuckDBWarehouse, *, cycle_id: str) -> int:
    """Put a cycle's intents into the outbox; gives how many were not there yet."""
    query = "SELECT * FROM intents WHERE cycle_id = ? ORDER BY intent_id"
    added = 0
    with warehouse.cursor() as cursor:
        cursor.execute(query, (cycle_id,))
        while rows := cursor.fetchmany(CHUNK):
            added += _add(store, rows)
    return added


def reconcile(store: Store, warehouse: DuckDBWarehouse) -> int:
    """Enqueue what was decided but never reached the outbox, as after a crash."""
    with warehouse.cursor() as cursor:
        create_tables(cursor)
        decided = _decided(cursor)
    with store.read() as connection:
        counted = sa.select(outbox.c.cycle_id, sa.func.count()).group_by(outbox.c.cycle_id)
        held = {row[0]: row[1] for row in connection.execute(counted)}
    missing = [cycle for cycle, count in decided.items() if held.get(cycle, 0) < count]
    return sum(enqueue(store, warehouse, cycle_id=cycle) for cycle in missing)


def _decided(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    query = "SELECT cycle_id, COUNT(*) FROM intents GROUP BY cycle_id ORDER BY cycle_id"
    return dict(cursor.execute(query).fetchall())


def _add(store: Store, rows: list[tuple[Any, ...]]) -> int:
    fresh = {"state": IntentState.PENDING.value, "attempts": 0}
    held = sa.select(outbox.c.intent_id).where(outbox.c.intent_id.in_([row[0] for row in rows]))
    with store.write() as connection:
        # Nobody else writes meanwhile: what is not there now is new.
        there = set(connection.execute(held).scalars())
        new = [
            dict(zip(COLUMNS, row, strict=True)) | fresh | {"updated_at": row[9]}
            for row in rows
            if row[0] not in there
        ]
        if new:
            connection.execute(outbox.insert(), new)
    return len(new)
