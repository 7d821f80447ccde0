"""Receipts as they are kept: each saying of a provider once, on disk before the provider is told.

Whether a saying has done what it does is the column ``applied_at``: what came before its message
was written down waits there, and is never thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.receipt_tables import receipt_counts, receipts
from control.store import Store, utc

Kind = Literal["delivered", "opened", "clicked", "bounced", "unsubscribed", "complained"]
OPT_OUTS: tuple[Kind, ...] = ("unsubscribed", "complained")
"""What a person says against getting more, whatever became of the message."""
_AT_ONCE = 5_000
"""Keys in one statement: PostgreSQL takes 65,535 values, and some builds of SQLite half of that."""


class Fact(NamedTuple):
    """One thing that a provider says happened, to a message or to somebody's consent."""

    kind: Kind
    at: datetime
    """When it happened, naive UTC."""
    told_by: str
    """What is the same whenever the provider says this again, and in nothing else that it says."""
    intent_id: str | None = None
    provider_id: str | None = None
    """The provider's own name for the message."""
    user_id: str | None = None
    address: str | None = None
    """Of somebody who opted out and is named by nothing else."""
    channel: str | None = None
    """Of an opt-out that belongs to no message."""
    reason: str | None = None


class Batch(NamedTuple):
    """What one request said, and what else was in it."""

    destination: str
    facts: tuple[Fact, ...]
    ignored: int = 0
    """Sayings that mean nothing here, such as that a message was queued."""
    malformed: int = 0


class Kept(NamedTuple):
    """What became of a batch."""

    new: int
    duplicate: int


class Told(NamedTuple):
    """The receipts of one destination, in sayings."""

    destination: str
    counts: Mapping[str, int]
    """``new``, ``duplicate``, ``ignored`` and ``malformed``, since the beginning."""
    waiting: int
    """Kept, and of no message or person that is known here so far."""


def keep(store: Store, batches: Sequence[Batch], *, now: datetime) -> list[Kept]:
    """Write batches down in one transaction, which is on disk when this returns."""
    with store.write() as connection:
        kept = [_insert(connection, one, utc(now)) for one in batches]
        for batch, became in zip(batches, kept, strict=True):
            _count(connection, batch, became)
    return kept


def standing(store: Store) -> list[Told]:
    """Every destination that ever said something, by name."""
    waits = sa.select(receipts.c.destination, sa.func.count())
    waits = waits.where(receipts.c.applied_at.is_(None)).group_by(receipts.c.destination)
    with store.read() as connection:
        waiting = {row[0]: row[1] for row in connection.execute(waits)}
        rows = connection.execute(sa.select(receipt_counts)).all()
    counted: dict[str, dict[str, int]] = {name: {} for name in waiting}
    for row in rows:
        counted.setdefault(row.destination, {})[row.outcome] = row.sayings
    return [Told(name, counted[name], waiting.get(name, 0)) for name in sorted(counted)]


def key_of(destination: str, fact: Fact) -> str:
    """Under which a saying is kept once."""
    text = "\n".join((destination, fact.kind, fact.told_by))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _insert(connection: sa.Connection, batch: Batch, now: datetime) -> Kept:
    rows = {
        key_of(batch.destination, one): _row(batch.destination, one, now) for one in batch.facts
    }
    # Nobody else writes meanwhile: what is not there now is new.
    there = _there(connection, [*rows])
    new = [row | {"key": key} for key, row in rows.items() if key not in there]
    if new:
        connection.execute(receipts.insert(), new)
    return Kept(len(new), len(batch.facts) - len(new))


def _there(connection: sa.Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys that are kept already."""
    there: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        asked = keys[start : start + _AT_ONCE]
        query = sa.select(receipts.c.key).where(receipts.c.key.in_(asked))
        there.update(connection.execute(query).scalars())
    return there


def _row(destination: str, fact: Fact, now: datetime) -> dict[str, object]:
    told = fact._asdict()
    del told["told_by"]
    # A provider whose clock runs ahead cannot tell of what is still to come.
    moment = min(utc(fact.at), now)
    return told | {"destination": destination, "at": moment, "received_at": now}


def _count(connection: sa.Connection, batch: Batch, kept: Kept) -> None:
    counted = kept._asdict() | {"ignored": batch.ignored, "malformed": batch.malformed}
    for outcome, items in counted.items():
        if not items:
            continue
        row = {"destination": batch.destination, "outcome": outcome, "sayings": items}
        this = sa.and_(
            receipt_counts.c.destination == batch.destination, receipt_counts.c.outcome == outcome
        )
        more = receipt_counts.update().where(this).values(sayings=receipt_counts.c.sayings + items)
        if not connection.execute(more).rowcount:
            connection.execute(receipt_counts.insert().values(row))
