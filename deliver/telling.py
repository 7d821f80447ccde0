"""Tell the warehouse what left, and who said no while it did."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.store import Store, utc
from control.tables import outbox
from core.lifecycle import IntentState
from deliver.dispatches import untold
from deliver.withdrawing import Withdrawal, withdraw
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

TELLING = threading.Lock()
"""Held while the warehouse is told: two runs at once would each write what neither sees of the
other, and whoever removes somebody waits for it."""
_SQL = Path(__file__).parent / "sql"


class _Ended(NamedTuple):
    """A message whose end the warehouse does not know of yet."""

    intent_id: str
    user_id: str
    channel: str
    action_key: str
    policy_key: str
    decision_id: str
    destination: str
    outcome: str
    last_at: datetime
    accepted_at: datetime | None
    decided_at: datetime


def tell_warehouse(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    local: Collection[str],
    now: datetime,
) -> None:
    """Write every message that was taken, and every opt-out, into the warehouse: once each.

    ``local``: the destinations on this machine. What they took was delivered; of what others took
    a receipt tells.
    """
    with TELLING:
        ended = _ended(store)
        if not ended:
            return
        taken = [one for one in ended if one.outcome == "accepted"]
        said_no = [one for one in ended if one.outcome == "rejected"]
        with warehouse.transaction() as cursor:
            if taken:
                cursor.execute(_sql("sent"), _messages(taken, local))
            if said_no:
                withdraw(cursor, catalog, [_withdrawal(one) for one in said_no], now=now)
        _note(store, ended, [one for one in taken if one.destination in local], now)


def _ended(store: Store) -> list[_Ended]:
    columns = [(dispatches if name in dispatches.c else outbox).c[name] for name in _Ended._fields]
    query = sa.select(*columns).join(outbox, outbox.c.intent_id == dispatches.c.intent_id)
    with store.read() as connection:
        return [_Ended(*row) for row in connection.execute(query.where(untold()))]


def _messages(taken: list[_Ended], local: Collection[str]) -> dict[str, object]:
    return {
        "message_ids": [one.intent_id for one in taken],
        "user_ids": [one.user_id for one in taken],
        "channels": [one.channel for one in taken],
        "action_keys": [one.action_key for one in taken],
        "policy_keys": [one.policy_key for one in taken],
        "decision_ids": [one.decision_id for one in taken],
        "sent_ats": [one.accepted_at for one in taken],
        "delivered_ats": [one.accepted_at if one.destination in local else None for one in taken],
        # No message left before it was decided on: what is older need not be looked at.
        "since": min(one.decided_at for one in taken),
    }


def _withdrawal(one: _Ended) -> Withdrawal:
    return Withdrawal(one.user_id, one.channel, one.last_at, one.destination)


def _note(store: Store, told: list[_Ended], delivered: list[_Ended], now: datetime) -> None:
    this = dispatches.c.intent_id == sa.bindparam("id")
    arrived = sa.and_(
        outbox.c.intent_id == sa.bindparam("id"), outbox.c.state == IntentState.ACCEPTED.value
    )
    values = {"state": IntentState.DELIVERED.value, "updated_at": utc(now)}
    with store.write() as connection:
        told_ids = [{"id": one.intent_id} for one in told]
        connection.execute(dispatches.update().where(this).values(told_at=utc(now)), told_ids)
        if delivered:
            ids = [{"id": one.intent_id} for one in delivered]
            connection.execute(outbox.update().where(arrived).values(values), ids)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
