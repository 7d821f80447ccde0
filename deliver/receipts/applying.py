"""Receipts become what the warehouse knows of messages, where intents stand, and consent.

Every step may be repeated: a crash in between leaves receipts that wait, and applying one again
changes nothing. What belongs to no message and nobody that is known stays and is tried again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from control import waiting_receipts
from control.receipts import OPT_OUTS
from control.store import Store
from control.waiting_receipts import Applied, Said, Waiting
from core.lifecycle import IntentState
from deliver.receipts.consent import opt_outs
from deliver.withdrawing import withdraw
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

PAGE = 5_000
_SQL = Path(__file__).parent / "sql"


class Done(NamedTuple):
    """What one look at the waiting receipts did."""

    applied: int
    """Receipts that did what they do."""
    withdrawn: int
    """Of these the opt-outs."""
    waiting: int
    """Receipts of messages and people that are not known here so far."""


def apply(store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, *, now: datetime) -> Done:
    """Apply everything that waits and can be applied at ``now`` (naive UTC)."""
    waiting_receipts.name_intents(store)
    done = Done(0, 0, 0)
    for page in _pages(store):
        waiting_receipts.settle_uncertain(store, [one.intent_id for one in page], now=now)
        with warehouse.transaction() as cursor:
            found = opt_outs(cursor, catalog, [one for one in page if one.kind in OPT_OUTS])
            withdraw(cursor, catalog, [one.withdrawal for one in found], now=now)
            said = _told(cursor, store, [one for one in page if one.kind not in OPT_OUTS])
        applied = {one.receipt.key: Applied(one.receipt.key, one.user_id) for one in found}
        applied |= {one.key: Applied(one.key, one.owner) for one in page if one.intent_id in said}
        waiting_receipts.move(store, said, [*applied.values()], now=now)
        opted_out = {one.receipt.key for one in found}
        done = Done(
            done.applied + len(applied),
            done.withdrawn + len(opted_out),
            done.waiting + len(page) - len(applied),
        )
    return done


def _pages(store: Store) -> Iterator[list[Waiting]]:
    after: Waiting | None = None
    while page := waiting_receipts.page(store, after, limit=PAGE):
        yield page
        after = page[-1]


def _told(
    cursor: duckdb.DuckDBPyConnection, store: Store, waiting: Sequence[Waiting]
) -> dict[str, IntentState]:
    """Write what is said of messages; intent → where it stands, for those the warehouse knows."""
    ours = [one for one in waiting if one.intent_id and one.decided_at]
    if not ours:
        return {}
    ids = sorted({str(one.intent_id) for one in ours})
    said: list[Said] = waiting_receipts.said_of(store, ids)
    # No message left before it was decided on: what is older is not looked at.
    since = min(one.decided_at for one in ours if one.decided_at)
    given = {
        "message_ids": [one.intent_id for one in said],
        "kinds": [one.kind for one in said],
        "moments": [one.at for one in said],
        "reasons": [one.reason for one in said],
        "since": since,
    }
    cursor.execute(_sql("told"), given)
    found = cursor.execute(_sql("standing"), {"message_ids": ids, "since": since}).fetchall()
    return {
        str(message): IntentState.BOUNCED if failed else IntentState.DELIVERED
        for message, failed in found
    }


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
