"""What became of messages on offline lists, as whoever worked through a list wrote it down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import duckdb
import sqlalchemy as sa
from sqlglot import exp

from control.delivery_tables import dispatches
from control.receipts import Fact
from control.store import Store
from deliver.receipts.calls import LONGEST_TEXT
from warehouse.catalog import Column
from warehouse.connect import checking
from warehouse.connect.checking import ACCEPTED, PHYSICAL, TYPED, Reading, Tombstones
from warehouse.connect.declared import Target
from warehouse.connect.matching import match
from warehouse.connect.source import STAGED, Rejected, Source
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
_SQL = Path(__file__).parent / "sql"


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
    _name_owners(cursor, store, lists)
    problems += _unlikely(cursor, now)
    told = _told(cursor, "reason" in matched.places, now)
    rejected = tuple(sorted((*broken, *problems), key=lambda one: (one.row, one.column or "")))
    happened = [one for one in told if one.result != NOTHING]
    return Read(
        rows=rows,
        facts=_by_list(happened),
        ignored=len(told) - len(happened),
        repeated=rows - len({one.row for one in rejected}) - len(told),
        rejected=rejected,
    )


class _Told(NamedTuple):
    """One row that was taken."""

    destination: str
    reference: str
    result: Any
    """A kind of receipt, or nothing."""
    at: datetime
    reason: str | None


def _name_owners(cursor: duckdb.DuckDBPyConnection, store: Store, lists: Sequence[str]) -> None:
    """Make the table ``owners``: the references of the file that are messages on one of the lists,
    each with its list."""
    cursor.execute(_sql("owners"))
    cursor.execute(_REFERENCES.sql(DIALECT))
    references = [str(row[0]) for row in cursor.fetchall()]
    for start in range(0, len(references), _AT_ONCE):
        asked = references[start : start + _AT_ONCE]
        query = sa.select(dispatches.c.intent_id, dispatches.c.destination).where(
            dispatches.c.intent_id.in_(asked), dispatches.c.destination.in_(lists)
        )
        with store.read() as connection:
            found = connection.execute(query).all()
        given = {"references": [one[0] for one in found], "lists": [one[1] for one in found]}
        cursor.execute(_sql("own"), given)


def _unlikely(cursor: duckdb.DuckDBPyConnection, now: datetime) -> list[Rejected]:
    """Rows that can be read and cannot be true."""
    given = {"known": [*WORDS], "now": now}
    return [Rejected(*row) for row in cursor.execute(_sql("unlikely_results"), given).fetchall()]


def _told(cursor: duckdb.DuckDBPyConnection, reasoned: bool, now: datetime) -> list[_Told]:
    reason = exp.column("reason", "a") if reasoned else exp.null()
    query = (
        exp.select("o.list", "a.reference", "a.result", "a.at", reason)
        .from_(exp.to_table(ACCEPTED).as_("a"))
        .join("owners AS o", on="o.reference = a.reference")
        .where("list_contains($known, a.result)")
        .where("a.at <= $now")
        .order_by("a.reference", "a.at", "a.result")
    )
    rows = cursor.execute(query.sql(DIALECT), {"known": [*WORDS], "now": now}).fetchall()
    return [_Told(*row) for row in rows]


def _by_list(told: Sequence[_Told]) -> dict[str, tuple[Fact, ...]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for one in told:
        fact = Fact(
            kind=one.result,
            at=one.at,
            told_by=f"{one.reference} {one.at.isoformat()}",
            intent_id=one.reference,
            reason=(one.reason or one.result)[:LONGEST_TEXT] if one.result == "bounced" else None,
        )
        found[one.destination].append(fact)
    return {name: tuple(facts) for name, facts in sorted(found.items())}


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _column(kind: Literal["string", "timestamp"], meaning: str) -> Column:
    return Column(type=kind, description=meaning)


_REFERENCES = exp.select("reference").distinct().from_(TYPED).where("reference IS NOT NULL")
_TARGET = Target(
    table="results",
    columns={
        "reference": _column("string", "The name of the message, from the list."),
        "result": _column("string", "What became of it."),
        "at": _column("timestamp", "When."),
        "reason": _column("string", "Why it did not arrive."),
    },
    key=(("reference",), ("result",), ("at",)),
    required=("reference", "result", "at"),
    synonyms={
        "reference": ("intent_id", "message_id", "id", "ref"),
        "result": ("status", "outcome", "disposition", "what"),
        "at": ("date", "day", "time", "when", "happened_at", "result_at"),
        "reason": ("note", "comment", "remark"),
    },
    values={"result": {word: kind for kind, words in WORDS.items() for word in (kind, *words)}},
)
