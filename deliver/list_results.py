"""What became of messages on offline lists, as whoever worked through a list wrote it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
import sqlalchemy as sa
from sqlglot import exp

from control.delivery_tables import dispatches
from control.receipts import Fact, Kind
from control.store import Store
from warehouse.catalog import Column
from warehouse.connect import checking
from warehouse.connect.checking import ACCEPTED, PHYSICAL, TYPED, Reading, Tombstones
from warehouse.connect.declared import Target
from warehouse.connect.matching import match
from warehouse.connect.source import ROW, STAGED, Rejected, Source
from warehouse.connect.writing import count
from warehouse.engines.duckdb import DIALECT

NOTHING = "nothing"
"""Nothing happened that is to be known of the message: nobody was at home."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "delivered": ("sent", "posted", "mailed", "handed over"),
    "opened": ("answered", "reached", "picked up", "read"),
    "clicked": ("responded", "replied", "interested", "converted"),
    "bounced": ("returned", "undeliverable", "failed", "wrong number", "unknown address"),
    "unsubscribed": ("opted out", "opt out", "do not contact", "do not call"),
    "complained": ("complaint",),
    NOTHING: ("no answer", "not reached", "voicemail", "busy", "pending"),
}
"""Result → the words for it, besides its own."""
_AT_ONCE = 5_000


class Read(NamedTuple):
    """What a file of results says."""

    rows: int
    facts: Mapping[str, tuple[Fact, ...]]
    """Destination → what happened to its messages."""
    ignored: int
    """Rows that say that nothing happened."""
    repeated: int
    rejected: tuple[Rejected, ...]


def read_results(
    cursor: duckdb.DuckDBPyConnection,
    store: Store,
    source: Source,
    columns: Mapping[str, str],
    reading: Reading,
    *,
    lists: Sequence[str],
    now: datetime,
) -> Read:
    """Read a source of results. ``columns``: theirs → ours, where the names do not say it.

    ``lists``: the destinations whose messages it may tell of. Refuses a source without a
    reference, a result and a date.
    """
    matched = match(source.names, _TARGET, columns)
    found = list(matched.places)
    checking.prepare(cursor)
    with TemporaryDirectory() as spool:
        broken = source.stage(cursor, matched.places, Path(spool))
        types = {name: PHYSICAL[column.type] for name, column in _TARGET.columns.items()}
        problems = checking.check(cursor, _TARGET, found, types, reading, Tombstones())
    rows = count(cursor, exp.to_table(STAGED)) + len(broken)
    owners = _owners(cursor, store, lists)
    told = _told(cursor, found)
    rejected = [*broken, *problems, *_unlikely(cursor, {one.row for one in problems}, owners, now)]
    facts = [one for one in told if one.intent_id in owners and one.at <= now]
    listed = [one for one in facts if one.kind in WORDS and one.kind != NOTHING]
    return Read(
        rows=rows,
        facts=_by_owner(listed, owners),
        ignored=sum(one.kind == NOTHING for one in facts),
        repeated=rows - len({one.row for one in rejected}) - len(listed)
        - sum(one.kind == NOTHING for one in facts),
        rejected=tuple(sorted(rejected, key=lambda one: (one.row, one.column or ""))),
    )
