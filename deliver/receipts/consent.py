"""Who opted out, and the consent that is withdrawn by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from control.waiting_receipts import Waiting
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.people import name_people

_WITHDRAWN = Path(__file__).parent / "sql" / "withdrawn.sql"
_MORE_COLUMNS = ("observed_at", "source")
"""Columns of consent that a warehouse may be without."""


class OptOut(NamedTuple):
    """An opt-out, and whose it is."""

    receipt: Waiting
    user_id: str
    channel: str


def opt_outs(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, waiting: Sequence[Waiting]
) -> list[OptOut]:
    """The opt-outs whose person and channel are known here.

    Of a message it is the message's user; otherwise a user by id, or everybody with the address.
    """
    owned = ((one, one.owner, one.of_channel) for one in waiting)
    known = [OptOut(one, user, channel) for one, user, channel in owned if user and channel]
    by_channel: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if not one.owner and one.channel in catalog.channels:
            by_channel[str(one.channel)].append(one)
    for channel, theirs in by_channel.items():
        receipts = {one.key: one for one in theirs}
        for key, user in _people(cursor, catalog, channel, theirs):
            known.append(OptOut(receipts[key], user, channel))
    return known


def withdraw(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    found: Sequence[OptOut],
    *,
    now: datetime,
) -> None:
    """Withdraw the purpose of each channel from the moment of the opt-out (naive UTC).

    A complaint and an unsubscribe both withdraw all of it. Who sent messages of a channel that
    needs no consent withdraws nothing.
    """
    needing = [one for one in found if _purpose(one, catalog)]
    if not needing:
        return
    name_people(cursor, catalog)
    given = {
        "user_ids": [one.user_id for one in needing],
        "purposes": [_purpose(one, catalog) for one in needing],
        "channels": [one.channel for one in needing],
        "moments": [one.receipt.at for one in needing],
        "sources": [f"{one.receipt.destination}: {one.receipt.kind}" for one in needing],
        "observed_at": now,
    }
    cursor.execute(_into(catalog).sql(DIALECT), given)


def _purpose(one: OptOut, catalog: Catalog) -> str | None:
    channel = catalog.channels.get(one.channel)
    return channel.consent_purpose if channel else None


def _into(catalog: Catalog) -> exp.Insert:
    """The rows of ``withdrawn.sql``, written where consent is recorded."""
    consent = catalog.layout.consent
    named = {"user_id": consent.user, "purpose": consent.purpose, "channel": consent.channel}
    named |= {"status": consent.status, "effective_at": consent.effective_at}
    columns = catalog.tables[consent.table].columns
    named |= {name: name for name in _MORE_COLUMNS if name in columns}
    rows = _query(_WITHDRAWN.read_text(encoding="utf-8"))
    chosen = exp.select(*(exp.column(name) for name in named)).from_(rows.subquery("words"))
    into = [exp.to_identifier(own) for own in named.values()]
    return exp.Insert(
        this=exp.Schema(this=exp.to_table(consent.table), expressions=into), expression=chosen
    )


def _query(sql: str) -> exp.Query:
    found = sqlglot.parse_one(sql, dialect=DIALECT)
    assert isinstance(found, exp.Query), "one of ours"
    return found


def _people(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, channel: str, waiting: Sequence[Waiting]
) -> list[tuple[str, str]]:
    """The key of a receipt and the id of a user, for every user that it is about."""
    users = catalog.layout.users
    key = exp.column(users.key, table="u")
    same: exp.Condition = key.eq(exp.column("user_id", table="g"))
    address = catalog.channels[channel].address
    if address is not None:
        theirs = exp.Lower(this=exp.column(address, table="u"))
        named = exp.Lower(this=exp.column("address", table="g"))
        same = exp.or_(same, theirs.eq(named))
    given = _query(
        "SELECT unnest($keys) AS key, unnest($user_ids) AS user_id, unnest($addresses) AS address"
    )
    query = (
        exp.select(exp.column("key", table="g"), key)
        .from_(given.subquery("g"))
        .join(exp.to_table(users.table).as_("u"), on=same)
    )
    values = {
        "keys": [one.key for one in waiting],
        "user_ids": [one.user_id for one in waiting],
        "addresses": [one.address for one in waiting],
    }
    rows = cursor.execute(query.sql(DIALECT), values).fetchall()
    return [(str(found), str(user)) for found, user in rows]
