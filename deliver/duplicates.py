"""One address, two users: while a message is valid, the same one does not go there again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlglot import exp

from deliver.outbox import Intent
from deliver.recheck import Rulebook
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse

_SENT = Path(__file__).parent / "sql" / "sent_to.sql"
_Message = tuple[str, str, str]
"""Policy, action and channel."""


def same_address(
    intents: Sequence[Intent],
    rulebook: Rulebook,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    now: datetime,
) -> frozenset[str]:
    """The ids of intents whose message went, or goes right now, to the same address for another
    user: of several the first in the order of the ids leaves.

    Addresses are compared without case and blanks around them.
    """
    again: set[str] = set()
    for channel in sorted({one.channel for one in intents}):
        column = catalog.channels[channel].address
        if column is None:
            continue
        ours = sorted((one for one in intents if one.channel == channel), key=_by_id)
        shared = _shared(warehouse, catalog, column, [one.user_id for one in ours])
        if shared:
            sent = _sent(warehouse, {user for users in shared.values() for user in users})
            ours = [one for one in ours if one.user_id in shared]
            again |= _again(ours, shared, sent, rulebook, now)
    return frozenset(again)


def _again(
    ours: list[Intent],
    shared: dict[str, set[str]],
    sent: dict[tuple[_Message, str], datetime],
    rulebook: Rulebook,
    now: datetime,
) -> set[str]:
    found: set[str] = set()
    for one in ours:
        message = (one.policy_key, one.action_key, one.channel)
        action = rulebook.action(one)
        since = now - timedelta(seconds=action.expires_after_seconds if action else 0)
        if any(sent.get((message, user), datetime.min) > since for user in shared[one.user_id]):
            found.add(one.intent_id)
        else:
            sent[message, one.user_id] = now
    return found


def _by_id(intent: Intent) -> str:
    return intent.intent_id


def _sent(warehouse: DuckDBWarehouse, users: set[str]) -> dict[tuple[_Message, str], datetime]:
    """What left for these users, and when last."""
    rows = warehouse.fetch(_SENT.read_text(encoding="utf-8"), {"users": sorted(users)}).rows
    return {((row[0], row[1], row[2]), row[3]): row[4] for row in rows}


def _shared(
    warehouse: DuckDBWarehouse, catalog: Catalog, column: str, users: list[str]
) -> dict[str, set[str]]:
    """User → the other users who have the same address; nobody who has one of their own."""
    layout = catalog.layout.users
    address = exp.func("lower", exp.func("trim", exp.column(column)))
    people = exp.select(
        exp.alias_(exp.column(layout.key), "user_id"), exp.alias_(address, "address")
    ).from_(exp.to_table(layout.table))
    asked = exp.select(exp.func("unnest", exp.Placeholder(this="users")))
    query = (
        exp.select("mine.user_id", "other.user_id")
        .with_("people", people)
        .from_(exp.to_table("people").as_("mine"))
        .join(
            exp.to_table("people").as_("other"),
            on="other.address = mine.address AND other.user_id <> mine.user_id",
        )
        .where(exp.In(this=exp.column("user_id", "mine"), query=asked.subquery()))
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for user, other in warehouse.fetch(query.sql(DIALECT), {"users": users}).rows:
        found[user].add(other)
    return found
