"""What kill switches and rollbacks stopped while a destination had it: it is asked for, too.

Only for a while after: what a destination took longer ago it has sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.cancellation_tables import cancellations
from control.delivery_tables import dispatches
from control.store import Store, utc
from control.tables import kill_switches, outbox, versions
from deliver import cancellations as asking
from deliver.cancellations import Ask

STILL_THERE = timedelta(hours=1)
"""What was taken longer ago than this, or stopped, is not asked for by itself."""


class _Stop(NamedTuple):
    """Something that stopped messages, and which ones."""

    reason: str
    subject: str
    by: str
    why: str
    stopped: sa.ColumnElement[bool]


def ask_for_stopped(store: Store, destinations: Collection[str], *, now: datetime) -> None:
    """Have everything asked for that was stopped after one of these destinations took it."""
    if not has_stopped(store, destinations, now=now):
        return
    with store.write() as connection:
        for stop in _stops(connection, now):
            found = connection.execute(_theirs(stop, destinations, now)).all()
            if not found:
                continue
            asks = [Ask(row.intent_id, row.destination, stop.reason, stop.by) for row in found]
            asking.ask(connection, asks, now=now)
            note = f"{len(asks):,} that were with their destination: {stop.why}"
            append(connection, Act(now, stop.by, "take back messages", stop.subject, note=note))


def has_stopped(store: Store, destinations: Collection[str], *, now: datetime) -> bool:
    """Whether something was stopped after one of these destinations took it."""
    if not destinations:
        return False
    with store.read() as connection:
        stops = [*_stops(connection, now)]
        queries = [_theirs(stop, destinations, now).limit(1) for stop in stops]
        return any(connection.execute(one).first() is not None for one in queries)


def _stops(connection: sa.Connection, now: datetime) -> Iterator[_Stop]:
    since = utc(now) - STILL_THERE
    for row in connection.execute(sa.select(kill_switches).where(kill_switches.c.at > since)):
        subject = f"{row.scope} {row.key}"
        yield _Stop("KILLED", subject, row.by, row.reason, _killed(row.scope, row.key))
    rolled_back = sa.and_(
        versions.c.change_request_id.is_(None),
        versions.c.version > 1,
        versions.c.published_at > since,
    )
    for row in connection.execute(sa.select(versions).where(rolled_back)):
        why = f"rolled back to an older version as version {row.version}"
        yield _Stop("NOT_LIVE", row.key, row.published_by, why, _superseded(row))


def _killed(scope: str, key: str) -> sa.ColumnElement[bool]:
    if scope == "channel":
        return outbox.c.channel == key
    if scope == "action":
        return outbox.c.action_key == key
    if scope == "policy":
        # A journey's intent names its version too; the switch stops all of them.
        of_journey = outbox.c.policy_key.startswith(f"{key}@", autoescape=True)
        return sa.or_(outbox.c.policy_key == key, of_journey)
    return sa.true()


def _superseded(rollback: sa.Row[Any]) -> sa.ColumnElement[bool]:
    """Messages of what was rolled back; what says the same as is in force again stays."""
    older = sa.exists().where(
        versions.c.key == outbox.c.policy_key,
        versions.c.version == outbox.c.policy_version,
        versions.c.state == "superseded",
        versions.c.content_hash != rollback.content_hash,
    )
    return sa.and_(outbox.c.policy_key == rollback.key, older)


def _theirs(
    stop: _Stop, destinations: Collection[str], now: datetime
) -> sa.Select[tuple[str, str]]:
    asked = sa.exists().where(cancellations.c.intent_id == outbox.c.intent_id)
    return (
        sa.select(outbox.c.intent_id, dispatches.c.destination)
        .join(dispatches, dispatches.c.intent_id == outbox.c.intent_id)
        .where(
            dispatches.c.accepted_at > utc(now) - STILL_THERE,
            dispatches.c.destination.in_(destinations),
            outbox.c.state == asking.ACCEPTED,
            ~asked,
            stop.stopped,
        )
    )
