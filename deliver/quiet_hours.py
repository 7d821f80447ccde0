"""Quiet hours, looked at again right before a message leaves: it may be late, or its user away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlglot import exp

from core.quiet_hours import ready_at, released_at
from core.rules import QuietHours
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.layout import zones

_SQL = Path(__file__).parent / "sql"


class Waiting(NamedTuple):
    """What quiet hours do to claimed intents; those in neither part may leave."""

    until: dict[str, datetime]
    """Intent id → when it may leave instead, before it expires."""
    stopped: dict[str, str]
    """Intent id → reason code: it would expire first, or nobody knows what time it is there."""


def in_quiet_hours(
    intents: Sequence[Intent],
    rulebook: Rulebook,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    now: datetime,
) -> Waiting:
    """Whose message may not leave at ``now`` (naive UTC) by the clock where the user is now.

    Transactional messages leave at any time. A message that waited for the end of quiet hours
    waits for its own moment in the spread after it.
    """
    quiet = catalog.defaults.contact_policy.quiet_hours
    theirs = [one for one in intents if _heeds(one, rulebook)]
    waiting = Waiting({}, {})
    if quiet is None or not theirs:
        return waiting
    where = _zones(warehouse, catalog, sorted({one.user_id for one in theirs}))
    for intent in theirs:
        until = _leaves_at(intent, where.get(intent.user_id), quiet, now)
        if until is None:
            waiting.stopped[intent.intent_id] = "TZ_UNKNOWN"
        elif until >= intent.expires_at:
            waiting.stopped[intent.intent_id] = "QUIET_HOURS"
        elif until > now:
            waiting.until[intent.intent_id] = until
    return waiting


def count_later(warehouse: DuckDBWarehouse, intents: Sequence[Intent], waiting: Waiting) -> None:
    """Let messages that were put off count under the caps from when they leave."""
    moved = [one for one in intents if one.intent_id in waiting.until]
    if not moved:
        return
    given = {
        "decision_ids": [one.decision_id for one in moved],
        "moments": [waiting.until[one.intent_id] for one in moved],
    }
    with warehouse.transaction() as cursor:
        cursor.execute((_SQL / "count_later.sql").read_text(encoding="utf-8"), given)


def _heeds(intent: Intent, rulebook: Rulebook) -> bool:
    action = rulebook.action(intent)
    return action is not None and action.message_class != "transactional"


def _leaves_at(
    intent: Intent, zone: str | None, quiet: QuietHours, now: datetime
) -> datetime | None:
    """The moment at which an intent may leave, ``now`` if that is it; None: it cannot be told."""
    ready = ready_at(now, zone, quiet)
    if ready is None:
        return None
    own = partial(released_at, zone=zone, quiet=quiet, key=intent.intent_id)
    if ready > now:
        return own(ready, before=intent.expires_at)
    # Not quiet now. If it was when the message was decided, it is one of many that waited.
    waited = ready_at(intent.decided_at, zone, quiet)
    if not quiet.spread_seconds or waited is None or waited == intent.decided_at:
        return now
    return max(now, own(waited, before=intent.expires_at))


def _zones(warehouse: DuckDBWarehouse, catalog: Catalog, users: list[str]) -> dict[str, str | None]:
    """User → the time zone that the warehouse has for them now."""
    asked = exp.select(exp.func("unnest", exp.Placeholder(this="users")))
    query = exp.select("user_id", "timezone").from_(zones(catalog.layout).subquery("everybody"))
    query = query.where(exp.In(this=exp.column("user_id"), query=asked.subquery()))
    return dict(warehouse.fetch(query.sql(DIALECT), {"users": users}).rows)
