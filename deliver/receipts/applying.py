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
from deliver.receipts.consent import OptOut, opt_outs
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
    """Of those looked at: receipts of messages and people that are not known here so far."""


class _Found(NamedTuple):
    """The receipts of a page that can be applied now."""

    opt_outs: list[OptOut]
    messages: list[Waiting]
    """Those of messages that the warehouse knows."""

    @property
    def applied(self) -> list[Applied]:
        """Each with whom it was about; an address may be of several people."""
        owners = {one.receipt.key: one.user_id for one in self.opt_outs}
        owners |= {one.key: str(one.owner) for one in self.messages}
        return [Applied(key, user) for key, user in owners.items()]


def apply(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    now: datetime,
    since: datetime | None = None,
) -> Done:
    """Apply everything that waits and can be applied at ``now`` (naive UTC).

    ``since``: only what was received from then on.
    """
    waiting_receipts.name_intents(store, since=since)
    applied = withdrawn = waiting = 0
    for page in _pages(store, since):
        waiting_receipts.settle_uncertain(store, page, now=now)
        found = _found(warehouse, catalog, page)
        done = found.applied
        # Whoever keeps what it read of the warehouse reads it again after every write.
        if done:
            with warehouse.transaction() as cursor:
                withdraw(cursor, catalog, [one.withdrawal for one in found.opt_outs], now=now)
                stands = _told(cursor, store, found.messages)
            waiting_receipts.move(store, stands, done, now=now)
        applied += len(done)
        withdrawn += len(done) - len(found.messages)
        waiting += len(page) - len(done)
    return Done(applied, withdrawn, waiting)


def _pages(store: Store, since: datetime | None) -> Iterator[list[Waiting]]:
    after: Waiting | None = None
    while page := waiting_receipts.page(store, after, since=since, limit=PAGE):
        yield page
        after = page[-1]


def _found(warehouse: DuckDBWarehouse, catalog: Catalog, page: Sequence[Waiting]) -> _Found:
    said_no = [one for one in page if one.kind in OPT_OUTS]
    said = [one for one in page if one.kind not in OPT_OUTS and one.owner]
    with warehouse.cursor(told=False) as cursor:
        opted_out = opt_outs(cursor, catalog, said_no) if said_no else []
        known = _standing(cursor, said) if said else {}
    return _Found(opted_out, [one for one in said if one.intent_id in known])


def _told(
    cursor: duckdb.DuckDBPyConnection, store: Store, messages: Sequence[Waiting]
) -> dict[str, IntentState]:
    """Write what was ever said of these messages; intent → where it stands."""
    if not messages:
        return {}
    said: list[Said] = waiting_receipts.said_of(store, _ids(messages))
    given = {
        "message_ids": [one.intent_id for one in said],
        "kinds": [one.kind for one in said],
        "moments": [one.at for one in said],
        "reasons": [one.reason for one in said],
        "since": _since(messages),
    }
    cursor.execute(_sql("told"), given)
    return _standing(cursor, messages)


def _standing(
    cursor: duckdb.DuckDBPyConnection, messages: Sequence[Waiting]
) -> dict[str, IntentState]:
    """Intent → where its message stands, for those that the warehouse knows."""
    given = {"message_ids": _ids(messages), "since": _since(messages)}
    return {
        str(message): IntentState.BOUNCED if failed else IntentState.DELIVERED
        for message, failed in cursor.execute(_sql("standing"), given).fetchall()
    }


def _ids(messages: Sequence[Waiting]) -> list[str]:
    return sorted({str(one.intent_id) for one in messages})


def _since(messages: Sequence[Waiting]) -> datetime:
    """No message left before it was decided on: what is older need not be looked at."""
    return min(one.decided_at for one in messages if one.decided_at)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
