"""Who opted out: the people and channels of the opt-outs that receipts tell of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from control.waiting_receipts import Waiting
from deliver.withdrawing import Withdrawal
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT


class OptOut(NamedTuple):
    """An opt-out, and whose it is."""

    receipt: Waiting
    user_id: str
    channel: str

    @property
    def withdrawal(self) -> Withdrawal:
        """The consent that ends by it. A complaint and an unsubscribe both end all of it."""
        source = f"{self.receipt.destination}: {self.receipt.kind}"
        return Withdrawal(self.user_id, self.channel, self.receipt.at, source)


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
